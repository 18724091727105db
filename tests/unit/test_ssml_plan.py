"""SSML as it is planned: speed, volume, marks, pauses and voices of segments, and what --lenient forgives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from models.catalog import Catalogue
from models.family import load_frontend
from producer.cli import main
from producer.lessons.options import NarrationOptions
from producer.plan.planner import plan
from producer.plan.result import Plan
from producer.plan.voices import KnownVoices
from tests.conftest import TINY_VOICES
from worker.contract.messages import CaptionMark, LessonEntry

TINY = NarrationOptions(voice="tiny/one")


@pytest.fixture
def planned(tmp_path: Path):
    def planned(inside: str, options: NarrationOptions = TINY) -> Plan:
        path = tmp_path / "lesson.ssml"
        path.write_text(f'<speak xml:lang="en">{inside}</speak>', encoding="utf-8")
        return plan([path], options, KnownVoices(Catalogue.load(TINY_VOICES), load_frontend), None)

    return planned


@pytest.fixture
def entries(planned):
    def entries(inside: str, options: NarrationOptions = TINY) -> tuple[LessonEntry, ...]:
        made = planned(inside, options)
        assert not made.failures, made.failures
        return made.lessons[0].plan.entries

    return entries


def test_a_change_of_speed_cuts_the_sentence_without_a_pause(entries):
    found = entries('I <emphasis level="strong">really</emphasis>, <prosody volume="-3dB">mean</prosody> it. Yes.')
    assert [(e.caption, e.segment.text, e.role, e.pause_ms, e.segment.speed, e.gain) for e in found] == [
        ("I", "I,", "clause", 0, 1000, 0),
        ("really,", "really,", "clause", 120, 880, 200),
        ("mean", "mean,", "clause", 0, 1000, -300),
        ("it.", "it.", "sentence", 250, 1000, 0),
        ("Yes.", "Yes.", "paragraph", 500, 1000, 0),
    ]


def test_a_sentence_is_one_segment_and_a_paragraph_ends(entries):
    found = entries("<p><s>Dr. Lee came. He sat</s><s>Two.</s></p>Three. Four.")
    assert [(e.caption, e.role) for e in found] == [
        ("Dr. Lee came. He sat", "sentence"), ("Two.", "paragraph"), ("Three.", "sentence"), ("Four.", "paragraph"),
    ]  # fmt: skip
    long = entries("<s>" + "so many words, " * 60 + "end</s>")
    assert len(long) > 1
    assert {e.role for e in long[:-1]} == {"clause"}


def test_speeds_multiply_and_are_bounded(entries, planned):
    (entry,) = entries('<prosody rate="50%">One.</prosody>', NarrationOptions(voice="tiny/one", speed=1.5))
    assert entry.segment.speed == 750
    made = planned('\n<prosody rate="50%">One.</prosody>', NarrationOptions(voice="tiny/one", speed=0.4))
    assert str(made.failures[0]).endswith(":2: a rate of 0.5 times the lesson's speed is 0.2, not from 0.25 to 4")


def test_a_volume_is_in_no_segments_key(entries):
    (plain,), (loud,) = entries("One."), entries('<prosody volume="loud">One.</prosody>')
    assert plain.key == loud.key
    assert (plain.gain, loud.gain) == (0, 300)


def test_marks_go_to_the_words_that_follow(entries):
    found = entries('<mark name="a"/>One, <mark name="b"/>two. <mark name="c"/> Three <break/><mark name="d"/> four.'
                    '<p>Five <mark name="e"/></p>')  # fmt: skip
    assert [[(m.name, m.offset) for m in e.marks] for e in found] == [
        [("a", 0), ("b", 4)], [("c", 0)], [("d", 0)], [("e", 4)],
    ]  # fmt: skip
    assert found[0].marks[0] == CaptionMark(name="a", offset=0)


def test_breaks_are_added(entries):
    found = entries('One.<break time="1s"/> Two. <emphasis>Three</emphasis><break time="1s"/> four')
    assert [e.pause_ms for e in found] == [1250, 250, 1000, 500]


def test_what_cannot_be_done_fails_or_is_noted(planned):
    inside = '\nOne <audio src="x">two</audio> <prosody pitch="high">three</prosody>.'
    made = planned(inside)
    assert made.failures[0].line == 2
    assert made.failures[0].message.startswith("column 5: unknown tag <audio>")
    made = planned(inside, NarrationOptions(voice="tiny/one", lenient=True))
    (lesson,) = made.lessons
    assert [e.caption for e in lesson.plan.entries] == ["One two three."]
    assert [note[:30] for note in lesson.notes] == ["2: column 5: unknown tag <audi", "2: column 32: pitch of <prosod"]
    assert planned('<say-as interpret-as="date">x</say-as>', NarrationOptions(voice="tiny/one", lenient=True)).failures


def test_what_is_said_instead_stands_in_the_segment_and_the_caption_keeps_the_word(entries):
    (entry,) = entries('The <sub alias="World Wide Web Consortium">W3C</sub> met.')
    assert (entry.segment.text, entry.caption) == ("The World Wide Web Consortium met.", "The W3C met.")
    (entry,) = entries('Row <say-as interpret-as="digits">12</say-as>.')
    assert (entry.segment.text, entry.caption) == ("Row one two.", "Row 12.")


def test_the_command_line(tmp_path, monkeypatch):
    monkeypatch.setenv("NARRATOR_VOICES_DIR", str(TINY_VOICES))
    path = tmp_path / "lesson.ssml"
    path.write_text("<speak>One <odd>two</odd></speak>", encoding="utf-8")
    arguments = ["plan", str(path), "--voice", "tiny/one", "--json"]
    strict, lenient = (CliRunner().invoke(main, [*arguments, *more]) for more in ([], ["--lenient"]))
    assert (strict.exit_code, lenient.exit_code) == (1, 0)
    assert "column 12: unknown tag <odd>" in json.loads(strict.stdout)["failures"][0]["reason"]
    assert "column 12: unknown tag <odd>" in json.loads(lenient.stdout)["details"][0]["notes"][0]
    for more, code in (([], 2), (["--lenient"], 0)):
        explained = CliRunner().invoke(main, ["explain", f"{path}:1", "--voice", "tiny/one", "--json", *more])
        assert explained.exit_code == code
