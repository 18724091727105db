"""From text to segments there is one way, whoever asks: a lesson's file, ``say``, ``explain --text``, HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.catalog import Catalogue
from models.errors import Permanent
from models.family import load_frontend
from models.text.segment import punctuated
from producer import readers
from producer.errors import LessonError
from producer.lessons.options import NarrationOptions
from producer.plan.cut import cut
from producer.plan.keyed import keyed
from producer.plan.narration import Narration
from producer.plan.pronounced import pronounced
from producer.plan.segments import segment_lesson
from producer.plan.text import lesson_of_text, no_place, paragraph
from producer.plan.voiced import voiced
from producer.plan.voices import KnownVoices
from producer.tools.explain import explain_text
from producer.tools.say import segment_of
from tests.conftest import TINY_VOICES
from worker.contract.messages import Segment
from worker.contract.settings import Settings

SENTENCE = "The kubectl tool runs in 2026"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    lexicon = tmp_path / "all.toml"
    lexicon.write_text('[words]\nkubectl = "cube control"\n', encoding="utf-8")
    return Settings(voices_dir=TINY_VOICES, lexicon=lexicon)


@pytest.fixture
def voices() -> KnownVoices:
    return KnownVoices(Catalogue.load(TINY_VOICES), load_frontend)


def of_a_file(folder: Path, text: str, options: NarrationOptions, settings: Settings) -> list[Segment]:
    path = folder / "course" / "lesson.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    [lesson] = readers.read_lessons(path)
    made = segment_lesson(lesson, options.with_settings(settings), KnownVoices.of(settings))
    return [entry.segment for entry in made.plan.entries]


@pytest.mark.parametrize("options", [{}, {"speed": 1.5}, {"language": "en"}])
def test_a_sentence_has_one_key_whoever_asks(tmp_path: Path, settings: Settings, options: dict[str, object]) -> None:
    asked = NarrationOptions(voice="tiny/one", **options)
    [segment] = of_a_file(tmp_path, SENTENCE, asked, settings)
    assert segment.text == "The cube control tool runs in 2026."
    assert segment_of(SENTENCE, asked.with_settings(settings), settings) == segment
    explained = explain_text(SENTENCE, asked, settings=settings)
    assert (explained["segments"], explained["voice"]) == ([segment.text], segment.voice)
    script = pytest.importorskip("producer.http.text_segments").Script(Catalogue.load(TINY_VOICES), {}, settings)
    assert [entry.key for entry in script.segments(SENTENCE, asked)] == [segment.key()]


def test_each_step_takes_a_list_and_gives_one(voices: KnownVoices) -> None:
    blocks = [paragraph("It rains. It pours.", None), paragraph("Take an umbrella", "tiny/two")]
    narration = Narration.of(lesson_of_text(), NarrationOptions(voice="tiny/one", speed=2.0, take=3), blocks)
    assert (narration.language, narration.speed) == ("en", 2000)
    assert pronounced(blocks, narration) == blocks
    segments = cut(blocks, narration)
    assert [(one.written.text, one.role, one.pause_ms, one.first) for one in segments] == [
        ("It rains.", "sentence", 250, True),
        ("It pours.", "paragraph", 500, False),
        ("Take an umbrella", "paragraph", 500, True),
    ]
    said = voiced(segments, narration, voices)
    assert [one.voice.id for one in said] == ["tiny/one", "tiny/one", "tiny/two"]
    entries = keyed(said, narration, voices)
    assert [entry.segment.text for entry in entries] == [punctuated(one.written.text, "en") for one in segments]
    assert {(entry.segment.speed, entry.segment.take) for entry in entries} == {(2000, 3)}
    assert [entry.key for entry in entries] == [entry.segment.key() for entry in entries]


def test_what_is_wrong_with_a_text_names_no_file(voices: KnownVoices) -> None:
    narration = Narration.of(lesson_of_text(), NarrationOptions(), blocks := [paragraph("Hello.", "nobody")])
    with pytest.raises(LessonError, match=r"text\.txt: no voice 'nobody'"):
        voiced(cut(blocks, narration), narration, voices)
    with pytest.raises(Permanent, match=r"^no voice 'nobody'"), no_place():
        voiced(cut(blocks, narration), narration, voices)


def test_what_is_wrong_with_a_lexicon_names_its_line(tmp_path: Path) -> None:
    lexicon = tmp_path / "all.toml"
    lexicon.write_text("[words]\nkubectl = 3\n", encoding="utf-8")
    options = NarrationOptions(lexicon=lexicon)
    with pytest.raises(LessonError, match=r"all\.toml:2: 'kubectl'"), no_place():
        pronounced([], Narration.of(lesson_of_text(), options, []))
