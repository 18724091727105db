"""Takes: chosen by line, kept by text and voice, heard side by side, spoken by the next run."""

from __future__ import annotations

import json
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import producer
from models.errors import Permanent
from producer import readers
from producer.cli import main
from producer.errors import LessonError
from producer.lessons import takes
from producer.tools.retake import Which, chosen, listen, retake
from tests.conftest import TINY_VOICES
from worker.contract.messages import segment_name
from worker.contract.settings import Settings, load_settings

HEAD = "---\nvoice: tiny/one\nlanguage: en\n---\n"
TEXT = "# The sea\n\nThe sea is wide. Its water is salt.\n\nFish live there.\n"


@pytest.fixture
def here() -> Settings:
    return Settings(voices_dir=TINY_VOICES, sweep_seconds=0.3)


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    path = tmp_path / "physics" / "sea.md"
    path.parent.mkdir()
    path.write_text(HEAD + TEXT)
    return path


def test_a_take_is_spoken_by_the_next_run_and_survives_edits_elsewhere(
    lesson: Path, tmp_path: Path, here: Settings
) -> None:
    out = tmp_path / "out"

    def run() -> tuple[dict[str, int], dict[str, int]]:
        report = producer.make([lesson], out, processes=1, settings=here)
        assert report.exit_code == 0, report.failures
        cues = json.loads((out / "physics" / "sea" / "manifest.json").read_text())["cues"]
        return {cue["caption"]: cue["segment"]["take"] for cue in cues}, dict(report.reasons)

    assert set(run()[0].values()) == {0}
    first = (out / "physics" / "sea" / "sea.wav").read_bytes()
    taken = retake(Which(f"{lesson}:9"), settings=here)
    assert (taken.take, taken.text, taken.where) == (1, "Fish live there.", f"{lesson}:9")
    found, reasons = run()
    assert found == {"The sea": 0, "The sea is wide.": 0, "Its water is salt.": 0, "Fish live there.": 1}
    assert reasons == {"another take": 1}
    assert (out / "physics" / "sea" / "sea.wav").read_bytes() != first

    lesson.write_text(HEAD + "# The sea\n\nA new beginning.\n\nThe sea is wide.\n\nFish   live\nthere.\n")
    assert run()[0]["Fish live there."] == 1
    assert retake(Which(f"{lesson}:11"), settings=here).take == 2
    assert run()[0]["Fish live there."] == 2
    assert retake(Which(f"{lesson}:11"), 0, settings=here).take == 0
    assert not takes.takes_file(lesson).exists()
    assert run() == ({"The sea": 0, "A new beginning.": 0, "The sea is wide.": 0, "Fish live there.": 0}, {})

    retake(Which(f"{lesson}:11"), settings=here)
    lesson.write_text(HEAD + TEXT.replace("Fish", "Whales"))
    report = producer.make([lesson], out, processes=1, settings=here)
    assert [trouble.where for trouble in report.stale_takes] == [str(takes.takes_file(lesson))]
    assert "Fish live there." in report.stale_takes[0].reason
    assert report.exit_code == 0
    assert takes.read(lesson) == {("Fish live there.", "tiny/one"): 1}


def test_several_sentences_in_a_line_must_be_told_apart(lesson: Path, here: Settings) -> None:
    with pytest.raises(Permanent, match=r"2 sentences; say which.*\n  .*:7:1  The sea is wide\.\n  .*:7:2  "):
        retake(Which(f"{lesson}:7"), settings=here)
    assert retake(Which(f"{lesson}:7:2"), settings=here).text == "Its water is salt."
    assert retake(Which(f"{lesson}:7", text="wide"), 7, settings=here).take == 7
    assert retake(Which(str(lesson), text="Fish"), settings=here).take == 1
    for which in (Which(f"{lesson}:7:3"), Which(f"{lesson}:7:0"), Which(f"{lesson}:7", text="whale")):
        with pytest.raises(Permanent, match="no such sentence"):
            retake(which, settings=here)
    with pytest.raises(Permanent, match="say which sentence"):
        retake(Which(str(lesson)), settings=here)
    with pytest.raises(Permanent, match="nothing is spoken at or before line 2"):
        retake(Which(f"{lesson}:2"), settings=here)
    with pytest.raises(Permanent, match="1001 is not between 0 and 1000"):
        retake(Which(f"{lesson}:9"), 1001, settings=here)
    listed = [(one.where.rpartition(":")[2], one.take, one.used) for one in chosen(Which(str(lesson)), settings=here)]
    assert listed == [("7", 1, True), ("7", 7, True), ("9", 1, True)]


def test_a_voice_without_chance_says_so(tmp_path: Path) -> None:
    path = tmp_path / "sea.md"
    path.write_text("---\nvoice: kokoro/af_heart\n---\nThe sea is wide.\n")
    for attempt in (lambda: retake(Which(f"{path}:4")), lambda: listen(Which(f"{path}:4"), tmp_path / "takes")):
        with pytest.raises(Permanent, match=r"kokoro speaks the same text the same way every time.*change the text"):
            attempt()
    assert retake(Which(f"{path}:4"), 0).take == 0  # going back is always right
    assert not (tmp_path / "takes").exists()


def test_takes_side_by_side_are_what_a_run_stores(lesson: Path, tmp_path: Path, here: Settings) -> None:
    page = listen(Which(f"{lesson}:9"), tmp_path / "takes", 2, settings=here)
    sounds = [(tmp_path / "takes" / f"take-{n}.wav").read_bytes() for n in (0, 1)]
    assert sounds[0] != sounds[1]
    text = page.read_text()
    assert "Fish live there." in text
    assert f"narrator retake {lesson}:9 --take 1" in text
    assert "Take 0, the one chosen" in text
    retake(Which(f"{lesson}:9"), settings=here)
    producer.make([lesson], tmp_path / "out", processes=1, settings=here)
    cues = json.loads((tmp_path / "out" / "physics" / "sea" / "manifest.json").read_text())["cues"]
    stored = (tmp_path / "out" / ".narrator" / segment_name(cues[-1]["key"])).read_bytes()
    with wave.open(str(tmp_path / "takes" / "take-1.wav")) as take:
        assert stored.endswith(take.readframes(take.getnframes()))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[[take]]\ntext = 'x'\n", r"take\.0\.voice: Field required"),
        ("[[take]\n", "line 1"),
        ("[[take]]\ntext = 'x'\nvoice = 'a/b'\ntake = 2000\n", "less than or equal to 1000"),
        ("taken = 1\n", "taken: Extra inputs"),
    ],
)
def test_a_broken_takes_file_is_named(lesson: Path, content: str, message: str) -> None:
    takes.takes_file(lesson).write_text(content)
    with pytest.raises(LessonError, match=rf"sea\.md\.takes\.toml: .*{message}"):
        readers.read_lessons(lesson)


def test_any_text_can_be_written_and_read_again(lesson: Path) -> None:
    texts = ['She said "no".', "Back\\slash", "鲸鱼。", "Bell \x07 and \x7f.", "emoji 👩\u200d🔬"]
    found = {(text, "tiny/one"): number for number, text in enumerate(texts, 1)}
    takes.write(lesson, found)
    assert takes.read(lesson) == found


@pytest.fixture
def tiny_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process whose own settings know the tiny voice."""
    monkeypatch.setenv("NARRATOR_VOICES_DIR", str(TINY_VOICES))
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


@pytest.mark.usefixtures("tiny_only")
def test_the_commands(lesson: Path) -> None:
    run = CliRunner()
    done = run.invoke(main, ["retake", f"{lesson}:9"])
    assert (done.exit_code, done.output) == (0, f"{lesson}:9: take 1, tiny/one: Fish live there.\n")
    lesson.write_text(HEAD + "Other words.\n")
    done = run.invoke(main, ["takes", str(lesson), "--json"])
    (listed,) = json.loads(done.output)
    assert (done.exit_code, listed["used"], listed["take"]) == (1, False, 1)
