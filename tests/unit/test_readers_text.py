"""Plain text lessons: paragraphs, hard-wrapped lines, marks and their lines."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import NarrationError
from producer import readers
from producer.errors import LessonError
from producer.lessons.model import Lesson, Pause, Voicing


@pytest.fixture
def body(tmp_path):
    def body(text: str):
        path = tmp_path / "lesson.txt"
        path.write_text(text, encoding="utf-8")
        return readers.read_body(readers.read_lessons(path)[0])

    return body


def test_paragraphs_and_hard_wrapped_lines(body):
    found = body("One line\nwraps\n  here.\n\n\n植物需要\n阳光。 # *stays*\n").blocks
    assert [(b.role, b.text, b.line) for b in found] == [
        ("paragraph", "One line wraps here.", 1), ("paragraph", "植物需要阳光。 # *stays*", 6),
    ]  # fmt: skip
    assert [found[0].line_at(found[0].text.index(word)) for word in ("One", "wraps", "here")] == [1, 2, 3]


def test_front_matter_and_marks(body):
    found = body(
        "---\ntitle: T\nlanguage: en\n---\nOne. [pause 1s] Two\n[pause 2s]\nthree.\n\n[voice zf_xiaobei]\n"
        "[language zh]\n你好。\n[voice default]\n再见。 \\[pause 1s] [pause here]"
    ).blocks
    assert [(b.text, b.line, b.voicing) for b in found] == [
        ("One.  Two three.", 5, Voicing()),
        ("你好。", 11, Voicing("zf_xiaobei", 9, "zh")),
        ("再见。 [pause 1s] [pause here]", 13, Voicing(None, 12, "zh")),
    ]
    assert found[0].pauses == (Pause(5, 1000), Pause(9, 2000))
    assert found[0].line_at(found[0].text.index("three")) == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n\nb [pause 5] c", r"lesson\.txt:3: \[pause 5\] is no pause"),
        ("a\nSay [voice af_heart] b", r"lesson\.txt:2: \[voice af_heart\] must stand on a line of its own"),
        ("[pause 1s]\n\na", r":1: .*before the first words"),
        ("\n\n \n", "nothing to speak"),
    ],
)
def test_errors_name_file_and_line(body, text, message):
    with pytest.raises(LessonError, match=message):
        body(text)


def test_what_cannot_be_spoken_is_noted(body):
    found = body("Words.\n\n🎉\n\n* * *\n")
    assert found.notes == ("3: no letter or digit, not spoken", "5: no letter or digit, not spoken")


WORDS = st.text(st.sampled_from("ab你1. \n\t[]\\pause voice 5ms:_/🎉"), max_size=200)


@settings(max_examples=150, deadline=None)
@given(WORDS)
def test_only_our_errors_come_out(tmp_path_factory, text):
    from producer.readers import text as reader

    lesson = Lesson(course="c", id="l", path=tmp_path_factory.getbasetemp() / "x.txt", digest="", text=text)
    try:
        found = reader.body(lesson)
    except NarrationError:
        return
    for block in found.blocks:
        assert 1 <= block.line <= text.count("\n") + 1
        assert block.line_at(len(block.text)) <= text.count("\n") + 1
