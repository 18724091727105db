"""Explaining: every step from an author's words to tokens, and why a segment would be rendered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from models.catalog import Catalogue
from models.errors import Permanent
from models.family import load_frontend
from producer.cli import main
from producer.lessons.options import NarrationOptions
from producer.plan.planner import plan
from producer.plan.voices import KnownVoices
from producer.tools.explain import explain, explain_text
from tests.conftest import TINY_VOICES
from worker.contract.messages import segment_name
from worker.contract.settings import Settings
from worker.store.directory import DirectoryStore

LESSON = (
    "---\nvoice: tiny/one\n---\n\n# Costs\n\nIt costs $3.50. Buy 2\nor 3.\n\n```\ncode\n```\n\n5 km. 今天2024年。\n"
)


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(voices_dir=TINY_VOICES, store=str(tmp_path / "store"))


@pytest.fixture
def lesson(tmp_path) -> Path:
    path = tmp_path / "costs.md"
    path.write_text(LESSON, encoding="utf-8")
    return path


def test_a_whole_lesson(lesson, settings):
    found = explain(str(lesson), settings=settings)
    assert [(s["where"], s["text"], s["language"], s["normalised"]) for s in found] == [
        (f"{lesson}:5", "Costs.", "en", "Costs."),
        (f"{lesson}:7", "It costs $3.50.", "en", "It costs three dollars and fifty cents."),
        (f"{lesson}:7", "Buy 2 or 3.", "en", "Buy two or three."),
        (f"{lesson}:14", "5 km.", "en", "five kilometers."),
        (f"{lesson}:14", "今天2024年。", "zh", "今天二零二四年。"),
    ]
    assert {s["voice"] for s in found} == {"tiny/one"}
    assert {s["state"] for s in found} == {"new lesson"}
    assert all(s["tokens"] and all(isinstance(t, int) for t in s["tokens"][0]) for s in found)


def test_keys_are_those_of_the_plan(lesson, settings):
    made = plan([lesson], NarrationOptions(), KnownVoices(Catalogue.load(TINY_VOICES), load_frontend), None)
    keys = [entry.key for entry in made.lessons[0].plan.entries]
    assert [s["key"] for s in explain(str(lesson), settings=settings)] == keys


def test_what_is_stored_says_so(lesson, settings):
    first = explain(str(lesson), settings=settings)[0]
    DirectoryStore(Path(settings.store)).put(segment_name(first["key"]), b"wav")
    assert [s["state"] for s in explain(str(lesson), settings=settings)] == ["stored", *["new lesson"] * 4]


def test_one_line(lesson, settings):
    def texts(line: int) -> list[str]:
        return [s["text"] for s in explain(f"{lesson}:{line}", settings=settings)]

    assert texts(7) == ["It costs $3.50.", "Buy 2 or 3."]
    assert texts(8) == texts(7)  # its last words; the segment begins a line earlier
    assert texts(14) == ["5 km.", "今天2024年。"]
    with pytest.raises(Permanent, match="nothing is spoken at or before line 2; the first words are in line 5"):
        texts(2)


def test_a_text(settings):
    found = explain_text(
        "It costs $3.50. 3 apples!", NarrationOptions(language="en", voice="tiny/one"), settings=settings
    )
    assert found["normalised"] == "It costs three dollars and fifty cents. three apples!"
    assert found["segments"] == ["It costs $3.50.", "3 apples!"]
    assert (found["voice"], found["language"]) == ("tiny/one", "en")
    assert "error" not in found


def test_why_a_text_is_read_so(settings):
    korean = NarrationOptions(language="ko", voice="tiny/one")
    found = explain_text("₩3만 or 5 km", korean, why=True, settings=settings)
    assert found["rules"] == [
        {"kind": "money", "rule": "amount of money", "took": "₩3만", "gave": "삼만 원"},
        {"kind": "units", "rule": "quantity", "took": "5 km", "gave": "오 킬로미터"},
    ]
    assert "rules" not in explain_text("₩3만", korean, settings=settings)


def test_why_a_segment_of_a_lesson_is_read_so(lesson, settings):
    assert [s["rules"] for s in explain(f"{lesson}:5", why=True, settings=settings)] == [[]]


def test_the_command_prints_a_rule_a_line():
    done = CliRunner().invoke(main, ["explain", "--text", "5km", "--language", "ko", "--voice", "nobody", "--why"])
    assert "        units  5km -> 오 킬로미터\n" in done.output


def test_a_text_needs_no_voice_to_be_normalised(settings):
    found = explain_text("3개", NarrationOptions(voice="nobody"), settings=settings)
    assert (found["language"], found["normalised"]) == ("ko", "세 개")
    assert "no voice 'nobody'" in found["error"]


def test_the_authors_side_never_loads_an_inference_runtime(lesson, settings):
    code = (
        "import sys; from pathlib import Path; from worker.contract.settings import Settings\n"
        "from producer.tools.explain import explain; from producer.lessons.options import NarrationOptions\n"
        "from producer.plan.planner import plan_with_settings\n"
        f"settings = Settings(voices_dir=Path({str(TINY_VOICES)!r}), store={settings.store!r})\n"
        f"assert explain({str(lesson)!r}, settings=settings)\n"
        f"assert plan_with_settings([Path({str(lesson)!r})], NarrationOptions(), settings).segments == 5\n"
        "print([m for m in ('onnxruntime', 'torch', 'celery', 'boto3') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
