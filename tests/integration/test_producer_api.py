"""The Python API as a pipeline uses it, without the command line."""

from __future__ import annotations

import subprocess
import sys
import wave
from pathlib import Path

import pytest

import producer
from models.errors import Permanent
from producer.lessons.options import NarrationOptions
from producer.local.stack import EmbeddedStack
from producer.tools.say import say
from tests.conftest import TINY_VOICES
from tests.make_tiny_voice import SAMPLE_RATE
from worker.contract.settings import Settings
from worker.store import open_store

LESSON = "---\nvoice: tiny/one\nlanguage: en\n---\n# The sea\n\nThe sea is wide. Its water is salt.\n"


def test_a_pipeline_submits_waits_and_fetches(tmp_path: Path) -> None:
    """Lessons are made, submitted and fetched from the store: all in Python, against workers that run elsewhere."""
    lessons = tmp_path / "geography"
    lessons.mkdir()
    (lessons / "sea.md").write_text(LESSON)
    settings = Settings(store=str(tmp_path / "store"), voices_dir=TINY_VOICES, sweep_seconds=0.3)
    with EmbeddedStack(settings, ["tiny"], processes=1) as elsewhere:
        run = producer.submit([lessons], speed=1.25, outputs=("wav",), settings=elsewhere.settings)
        progress = run.progress()
        assert progress is not None
        assert progress.lessons == 1
        for _ in run.watch():
            elsewhere.tend()
        report = run.wait()
    assert report.exit_code == 0
    assert report.as_json()["rendered"] == 3
    (folder,) = report.results
    names = [entry.name for entry in open_store(settings).list(folder)]
    assert f"{folder}manifest.json" in names
    assert any(name.endswith(".wav") for name in names)


def test_one_path_in_place_of_several_is_an_error_and_not_a_list_of_letters(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="list of paths"):
        producer.submit("lessons")
    with pytest.raises(TypeError, match="list of paths"):
        producer.make(tmp_path, tmp_path)


def test_importing_it_is_light() -> None:
    heavy = "{'celery', 'redis', 'boto3', 'numpy', 'onnxruntime', 'pydantic', 'markdown_it'}"
    code = f"import sys, producer; sys.exit(', '.join({heavy} & set(sys.modules)) or 0)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_planning_and_submitting_load_no_inference_runtime(tmp_path: Path) -> None:
    (tmp_path / "sea.md").write_text(LESSON)
    code = (
        "import sys, producer\nfrom producer.tools.say import say\nfrom producer.tools.doctor import doctor\n"
        "from worker.contract.settings import Settings\nfrom pathlib import Path\nfrom models.errors import Transient\n"
        f"settings = Settings(store={str(tmp_path / 'store')!r}, voices_dir=Path({str(TINY_VOICES)!r}),"
        f" redis_url='unix://{tmp_path}/none.sock')\n"
        f"try:\n    producer.submit([{str(tmp_path / 'sea.md')!r}], settings=settings)\n"
        "except Transient as error:\n    assert 'none.sock' in str(error)\n"
        "else:\n    sys.exit('no broker, and yet submitted')\n"
        "sys.exit(', '.join({'onnxruntime', 'torch', 'boto3', 'scipy', 'spacy'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_say_writes_one_segment(tmp_path: Path) -> None:
    settings = Settings(voices_dir=TINY_VOICES)
    out = tmp_path / "sea.wav"
    seconds = say("The sea is wide", out, NarrationOptions(voice="tiny/one"), settings=settings)
    with wave.open(str(out)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, SAMPLE_RATE)
        assert sound.getnframes() / SAMPLE_RATE == pytest.approx(seconds)
    assert 0.3 < seconds < 5
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("…", {}, "nothing to say"),
        ("The sea. " * 500, {}, "make a lesson"),
        ("The sea", {"voice": "nobody"}, "no voice 'nobody'"),
        ("The sea", {"language": "xx"}, "language: 'xx' is none of en, zh"),
        ("The sea", {"speed": 9.0}, "speed: 9.0 is no number from 0.25 to 4"),
    ],
)
def test_say_refuses_what_it_cannot_say(text: str, options: dict[str, str], message: str, tmp_path: Path) -> None:
    chosen = {"voice": "tiny/one", **options}
    with pytest.raises(Permanent, match=message):
        say(text, tmp_path / "out.wav", NarrationOptions(**chosen), settings=Settings(voices_dir=TINY_VOICES))
    assert not list(tmp_path.iterdir())


def test_say_names_the_file_it_cannot_write(tmp_path: Path) -> None:
    out = tmp_path / "nowhere" / "out.wav"
    with pytest.raises(Permanent, match=r"nowhere/out\.wav: No such file"):
        say("The sea", out, NarrationOptions(voice="tiny/one"), settings=Settings(voices_dir=TINY_VOICES))
