"""Adding a voice to the user's bundles: all of it or nothing, with a clear word where it does not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.catalog import Catalogue
from models.errors import Permanent, VoiceNotInstalled
from models.family import load_engine
from models.install import install_bundle
from models.voice import Speech, SpeechRequest, Utterance
from tests.make_tiny_voice import config, graph, make


def published(
    folder: Path, stem: str = "en_US-ann-low", card: str | None = "* License: CC BY 4.0\n", **more: Any
) -> Path:
    """A voice as Piper publishes them: X.onnx, X.onnx.json, MODEL_CARD."""
    folder.mkdir(exist_ok=True)
    (folder / f"{stem}.onnx").write_bytes(graph().SerializeToString())
    content = {**config(), "language": {"code": "en_US", "family": "en"}, "espeak": {"voice": "en-us"}, **more}
    (folder / f"{stem}.onnx.json").write_text(json.dumps(content))
    if card is not None:
        (folder / "MODEL_CARD").write_text(card)
    return folder


def test_a_published_voice_is_installed_and_speaks(tmp_path: Path) -> None:
    bundle = install_bundle(published(tmp_path / "in"), tmp_path / "voices")
    assert (bundle.id, bundle.licence, bundle.sample_rate) == ("en_us-ann-low", "CC BY 4.0", 8000)
    catalogue = Catalogue.load(tmp_path / "voices")
    voice = catalogue.find("en_us-ann-low/two")
    assert catalogue.installed(voice)
    assert voice.languages == ("en",)
    request = SpeechRequest((Utterance((1, 9, 2)),), "two", 1)
    ((_, speech),) = load_engine(catalogue.bundle(voice.bundle)).speak([request])
    assert isinstance(speech, Speech)
    assert sorted(path.name for path in (tmp_path / "voices").iterdir()) == ["en_us-ann-low"]


def test_installing_twice_changes_nothing(tmp_path: Path) -> None:
    first = install_bundle(published(tmp_path / "in"), tmp_path / "voices")
    inode = first.origin.stat().st_ino
    assert install_bundle(tmp_path / "in", tmp_path / "voices") == first
    assert first.origin.stat().st_ino == inode


def test_another_voice_of_the_same_name_is_refused(tmp_path: Path) -> None:
    install_bundle(published(tmp_path / "in"), tmp_path / "voices")
    published(tmp_path / "in", inference={"noise_scale": 0.1})
    with pytest.raises(Permanent, match="another voice is installed under this id"):
        install_bundle(tmp_path / "in", tmp_path / "voices")


def test_a_bundle_is_installed_as_it_is(tmp_path: Path) -> None:
    source = make(tmp_path / "in", seed=3, bundle="copied")
    install_bundle(source, tmp_path / "voices")
    before, after = Catalogue.load(tmp_path).find("copied/two"), Catalogue.load(tmp_path / "voices").find("copied/two")
    assert before == after


def test_a_damaged_bundle_is_not_installed(tmp_path: Path) -> None:
    source = make(tmp_path / "in")
    (source / "model.onnx.json").write_text("{}")
    with pytest.raises(VoiceNotInstalled, match=r"model.onnx.json"):
        install_bundle(source, tmp_path / "voices")
    assert not (tmp_path / "voices").exists()


def test_one_speaker_has_the_voice_s_name(tmp_path: Path) -> None:
    bundle = install_bundle(published(tmp_path / "in", card=None, num_speakers=1, speaker_id_map={}), tmp_path / "v")
    assert [(voice.name, voice.parameters) for voice in bundle.voices] == [("ann", {})]
    assert bundle.licence == "unknown"


def test_speakers_names_are_made_plain(tmp_path: Path) -> None:
    speakers = {"Ann Lee": 0, "../": 1, "Ann/Lee": 2, "李": 3}
    bundle = install_bundle(
        published(tmp_path / "in", "x y", num_speakers=4, speaker_id_map=speakers), tmp_path / "voices"
    )
    assert bundle.id == "x-y"
    assert [(voice.name, voice.parameters["speaker_id"]) for voice in bundle.voices] == [
        ("Ann-Lee", 0),
        ("speaker1", 1),
        ("speaker2", 2),
        ("李", 3),
    ]


@pytest.mark.parametrize(
    ("language", "espeak", "code"),
    [
        ({"code": "zh_CN", "family": "zh"}, "cmn", "zh"),
        ({}, "cmn", "zh"),
        ({}, "en-gb-x-rp", "en"),
        ({"code": "ko_KR"}, "ko", "ko"),
    ],
)
def test_the_language_is_the_voice_s(tmp_path: Path, language: dict[str, str], espeak: str, code: str) -> None:
    bundle = install_bundle(published(tmp_path / "in", language=language, espeak={"voice": espeak}), tmp_path / "v")
    assert bundle.voices[0].languages == (code,)


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    def refused(words: str) -> None:
        with pytest.raises(Permanent, match=words):
            install_bundle(folder, tmp_path / "voices")
        assert not (tmp_path / "voices").exists()

    folder = tmp_path / "none"
    refused("expected one voice")
    folder = published(tmp_path / "two")
    published(folder, "en_US-bo-low")
    refused("found 2 .onnx")
    folder = published(tmp_path / "german", language={"code": "de_DE", "family": "de"})
    refused("speaks 'de'; lessons are narrated in en, zh, ja, yue, ko")
    folder = published(tmp_path / "bare")
    (folder / "en_US-ann-low.onnx.json").unlink()
    refused("en_US-ann-low.onnx.json: missing")
    folder = published(tmp_path / "text")
    (folder / "en_US-ann-low.onnx").write_text("not a model")
    refused(r"en_US-ann-low.onnx: not an ONNX file")
    folder = published(tmp_path / "json", audio={})
    refused("audio.sample_rate: Field required")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "voices").touch()
    with pytest.raises(Permanent, match="cannot be installed"):
        install_bundle(published(tmp_path / "in"), tmp_path / "voices")
