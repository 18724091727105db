"""The catalogue: which voices exist, which of them a name means, which is a language's default."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from models.catalog import BUILT_IN, Catalogue
from models.errors import Permanent, UnknownVoice, VoiceNotInstalled
from tests.make_tiny_voice import make
from worker.contract.messages import VoiceId

DATA = Path(__file__).parents[1] / "data"
PINNED = {
    "kokoro/af_heart": "42b942d34d8d5d9d",
    "kokoro/zf_xiaobei": "6e84dcfcc2c97b4a",
    "kokoro/jf_alpha": "8a1ff536463cb08e",
    "piper-joe/joe": "0ad19fb69602622d",
    "tiny/one": "858cada935053fee",
}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load(DATA)


def test_every_id_may_cross_the_queue(catalogue: Catalogue) -> None:
    ids = [voice.id for voice in catalogue.voices]
    assert len(ids) == len(set(ids)) == 16
    for name in ids:
        TypeAdapter(VoiceId).validate_python(name)


def test_a_voice_says_what_it_is(catalogue: Catalogue) -> None:
    voice = catalogue.find("kokoro/zf_xiaobei")
    assert (voice.bundle, voice.speaker, voice.family) == ("kokoro", "zf_xiaobei", "kokoro")
    assert (voice.languages, voice.sample_rate, voice.licence) == (("zh", "en"), 24000, "Apache-2.0")
    assert (voice.precision, voice.backend, voice.title) == ("int8", "onnxruntime", "Kokoro-82M, Mandarin woman")


def test_fingerprints_differ_and_need_no_files(catalogue: Catalogue) -> None:
    fingerprints = {voice.fingerprint for voice in catalogue.voices}
    assert len(fingerprints) == len(catalogue.voices)


def test_fingerprints_of_published_voices_are_pinned(catalogue: Catalogue) -> None:
    """Another value here renders every lesson of that voice again, on every installation."""
    pinned = {name: catalogue.find(name).fingerprint[:16] for name in PINNED}
    assert pinned == PINNED


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("kokoro/af_heart", "kokoro/af_heart"),
        ("af_heart", "kokoro/af_heart"),
        ("piper-joe", "piper-joe/joe"),
        ("tiny/two", "tiny/two"),
    ],
)
def test_a_voice_has_several_names(catalogue: Catalogue, name: str, found: str) -> None:
    assert catalogue.find(name).id == found


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("kokoro/af_hart", "did you mean kokoro/af_heart"),
        ("af_hart", "af_heart"),
        ("tiny", "choose one of: tiny/one, tiny/two"),
        ("", "no voice ''"),
        ("zzzzzzzz", "`narrator voices` lists"),
    ],
)
def test_an_unknown_name_is_an_error_that_helps(catalogue: Catalogue, name: str, words: str) -> None:
    with pytest.raises(UnknownVoice) as error:
        catalogue.find(name)
    assert words in str(error.value)


def test_an_unknown_bundle_is_an_error_that_helps(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownVoice, match="did you mean kokoro"):
        catalogue.bundle("kokorro")


def test_the_default_is_the_first_that_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make(tmp_path / "tiny")
    catalogue = Catalogue.load(tmp_path)
    monkeypatch.setattr("models.bundle_file.PackagedFile.locate", lambda part: None)  # as if no extra were installed
    assert [voice.id for voice in catalogue.voices if catalogue.installed(voice)] == ["tiny/one", "tiny/two"]
    assert catalogue.default("en").id == "tiny/one"
    assert catalogue.default("zh").id == "tiny/two"  # the first speaks it, but it is not its own language
    (folder / "model.onnx").write_bytes(b"cut off")
    with pytest.raises(VoiceNotInstalled, match=r"narrator\[kokoro\].* or .*narrator\[piper\]"):
        catalogue.default("en")
    with pytest.raises(VoiceNotInstalled, match="no installed voice speaks 'ko'"):
        catalogue.default("ko")


def test_built_in_voices_come_before_the_user_s(catalogue: Catalogue) -> None:
    assert list(dict.fromkeys(voice.bundle for voice in catalogue.voices)) == ["kokoro", "piper-joe", "tiny"]


def test_the_committed_voices_are_whole() -> None:
    bundle = Catalogue.load().bundle("kokoro")
    own = [file for file in bundle.files if not file.parts]
    assert len(own) == 8
    for file in own:
        assert bundle.path(file.name).stat().st_size == file.size < 300_000
    assert {path.stem for path in (BUILT_IN / "kokoro").iterdir()} == {Path(file.name).stem for file in own}


def test_a_bundle_is_described_once(tmp_path: Path) -> None:
    make(tmp_path / "a")
    make(tmp_path / "b")
    with pytest.raises(Permanent, match=r"'tiny' is described in .*a/voice.toml already"):
        Catalogue.load(tmp_path)


def test_a_half_copied_bundle_is_not_seen(tmp_path: Path) -> None:
    make(tmp_path / ".tiny.x7")
    assert "tiny" not in {voice.bundle for voice in Catalogue.load(tmp_path).voices}


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert Catalogue.load(tmp_path / "none").voices == Catalogue.load().voices


def test_the_catalogue_is_light() -> None:
    code = (
        "import sys; from models.catalog import Catalogue; from models.family import load_frontend; "
        "from models.install import install_bundle; from models.cores import available_cores; Catalogue.load(); "
        "print(*sorted({'onnxruntime', 'onnx', 'scipy', 'spacy', 'celery', 'redis'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
