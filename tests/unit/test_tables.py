"""CSV and JSONL: many lessons a file, rows in order, and errors at the line of the file."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import NarrationError
from producer import readers
from producer.errors import LessonError
from producer.lessons.model import Pause, Voicing
from producer.plan.cut import cut_block
from producer.readers.formats import format_of

HEAD = "lesson_id,segment_id,text,voice,language,pause_after_ms\n"


@pytest.fixture
def lessons(tmp_path):
    def lessons(data: str | bytes, name: str = "course.csv"):
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return readers.read_lessons(path)

    return lessons


def test_lessons_in_order_with_their_rows(lessons):
    first, second = lessons(HEAD + "l1,a,One.,af_heart,,\nl2,x,你好。,,zh,0\nl1,b,Two.,,,1500\n")
    assert (first.id, second.id) == ("l1", "l2")
    one, two = readers.read_body(first).blocks
    assert (one.text, one.id, one.line, one.voicing) == ("One.", "a", 2, Voicing("af_heart", 2, None))
    assert (two.text, two.id, two.line, two.voicing, two.pause_ms) == ("Two.", "b", 4, Voicing(None, 4, None), 1500)
    (hello,) = readers.read_body(second).blocks
    assert (hello.voicing.language, hello.pause_ms) == ("zh", 0)
    assert [(one.role, one.pause_ms) for one in cut_block(two, "en")] == [("paragraph", 1500)]


def test_the_other_lessons_go_on_and_keep_their_digest(lessons):
    text = HEAD + "l1,a,One.,,,\nl2,b,Two.,,klingon,\n"
    first, second = lessons(text)
    assert readers.read_body(first).blocks
    with pytest.raises(LessonError, match=r"course\.csv:3: unknown language 'klingon'"):
        readers.read_body(second)
    assert lessons(text.replace("Two", "Three"))[0].digest == first.digest
    assert lessons(text.replace("One", "Three"))[0].digest != first.digest


def test_lines_below_cells_of_several_lines(lessons):
    (lesson,) = lessons('segment_id,text,voice\n"a\nb","First\nline.\n\nSecond ""one"".",\n\nc,[pause x],\nd,Last,\n')
    assert [(b.text, b.line) for b in readers.read_body(lesson).blocks] == [
        ("First line.", 3), ('Second "one".', 6), ("[pause x]", 8), ("Last", 9),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        "lesson_id;text;note;\nl1;Hello, you.;;\n;;;\n",
        "sep=;\nlesson_id;text;;\nl1;Hello, you.;;;;\n",
        "Lesson ID\tText\nl1\tHello, you.\n",
        "\ufefflesson-id\tTEXT\r\nl1\tHello, you.\r\n\r\n",
        '"text","lesson_id"\r"Hello, you.","l1"\r',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_spreadsheets_write(lessons, data, encoding):
    (lesson,) = lessons(data.removeprefix("\ufeff" if encoding == "utf-16" else "").encode(encoding))
    assert (lesson.id, [b.text for b in readers.read_body(lesson).blocks]) == ("l1", ["Hello, you."])


def test_without_lesson_ids_the_file_is_one_lesson(lessons):
    (lesson,) = lessons("text\nOne [pause 1s]\nTwo\n")
    assert lesson.id == "course"
    assert readers.read_body(lesson).blocks[0].pauses == (Pause(3, 1000),)


def test_columns_that_are_not_read_are_noted(lessons):
    (lesson,) = lessons("text,reviewer\nOne,Anna\n")
    assert lesson.notes == (
        "column 'reviewer' is not read: known are lesson_id, segment_id, text, voice, language, pause_after_ms",
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "the file is empty"),
        (HEAD, "there are no rows"),
        ("lesson_id,txt\n", ":1: unknown column 'txt': did you mean 'text'"),
        ("id,words\nx,y\n", ":1: no column 'text' among 'id', 'words'"),
        ("text,TEXT\n", ":1: column 'text' is there twice"),
        ('text\nok\n"a\nb', ":3: broken row: unexpected end of data"),
        ('text\n"a"b\n', ":2: broken row"),
        ("text\na,b\n", ":2: cell 2 belongs to no column: 'b'"),
        (HEAD + "l1,,a,,,\n,,b,,,\n", ":3: this row has no lesson_id"),
        (HEAD + "Lesson 1,,a,,,\n", ":2: lesson_id: 'Lesson 1' is no id"),
        (HEAD + "l1,,a,,,\nL1,,b,,,\n", ":3: lesson_id 'L1' differs from 'l1' in line 2 in case alone"),
        (HEAD + "l1,s,a,,,\nl1,s,b,,,\n", ":3: segment_id 's' is that of line 2 already"),
        (HEAD + "l1,,a,,,soon\n", ":2: pause_after_ms 'soon' is no whole number"),
        (HEAD + "l1,,a,,,-5\n", ":2: pause_after_ms"),
        (HEAD + "l1,,a,,,999999\n", ":2: pause_after_ms"),
        (HEAD + "l1,,a [pause 5],,,\n", r":2: \[pause 5\] is no pause"),
        (HEAD + "l1,,🎉,,,\n", "nothing to speak"),
    ],
)
def test_errors_name_the_line(lessons, data, message):
    with pytest.raises(LessonError, match=message):
        [readers.read_body(lesson) for lesson in lessons(data)]


def test_rows_without_words_are_noted(lessons):
    (lesson,) = lessons("segment_id,text\na,One\nb,\n")
    assert readers.read_body(lesson).notes == ("3: row without words, not spoken",)


def test_jsonl(lessons):
    rows = [
        {"lesson_id": "l1", "text": "One.\n\nTwo.", "pause_after_ms": 500, "mood": 1},
        {"lesson_id": 2, "text": "B"},
    ]
    first, second = lessons("\n".join(map(json.dumps, rows)) + "\n\n", "course.jsonl")
    assert [(b.text, b.line, b.pause_ms) for b in readers.read_body(first).blocks] == [
        ("One.", 1, None),
        ("Two.", 1, 500),
    ]
    assert (second.id, second.rows[0].line) == ("2", 2)
    assert "column 'mood' is not read" in first.notes[0]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", ":2: no JSON: "),
        ("[1]", ":2: must be an object"),
        ('{"lesson_id": "a"}', ":2: there is no 'text'"),
        ('{"text": 5}', ":2: 'text' must be a text"),
        ('{"text": "a", "voice": true}', ":2: 'voice' must be a text"),
        ('{"text": "a", "text": "b"}', ":2: 'text' is there twice"),
        ('{"text": "a", "vioce": "b"}', ":2: unknown column 'vioce': did you mean 'voice'"),
        ('{"text": "a\\u0000b"}', r":2: control character U\+0000"),
        ('{"text": "a\\ud800b"}', ":2: .*lone surrogate"),
        ("[" * 100_000, ":2: no JSON that can be read"),
        ('{"text": ' + "9" * 5_000 + "}", ":2: no JSON that can be read"),
    ],
)
def test_broken_jsonl(lessons, line, message):
    with pytest.raises(LessonError, match=message):
        lessons('{"text": "One."}\n' + line, "course.jsonl")


FRAGMENTS = [*'ab1,;\t\n"{}[]: \\u你🎉', "text", '"text"', '{"text":', "voice\n"]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
@settings(max_examples=150, deadline=None)
@given(words=st.lists(st.sampled_from(FRAGMENTS), max_size=60))
def test_only_our_errors_come_out(tmp_path_factory, suffix, words):
    text = "".join(words)
    path = tmp_path_factory.getbasetemp() / f"fuzz{suffix}"
    try:
        found = [readers.read_body(lesson) for lesson in format_of(path).reader().read(path, text.encode())]
    except NarrationError:
        return
    assert all(1 <= block.line <= text.count("\n") + 1 for body in found for block in body.blocks)
