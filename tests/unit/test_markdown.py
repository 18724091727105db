"""Markdown lessons: what is spoken and what is not, marks, front matter, and errors with their lines."""
# ruff: noqa: E501

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import NarrationError
from producer import readers
from producer.errors import LessonError
from producer.lessons.model import Body, Lesson, Pause, Voicing
from producer.lessons.options import NO_OPTIONS, NarrationOptions

TOP = "---\ntitle: Leaves\n---\n"


@pytest.fixture
def write(tmp_path):
    def write(text: str | bytes, name: str = "01 Intro.md") -> Path:
        folder = tmp_path / "My Course"
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def head(write):
    return lambda text, name="01 Intro.md": readers.read_lessons(write(text, name))[0]


@pytest.fixture
def body(head):
    return lambda text: readers.read_body(head(text))


def spoken(body: Body) -> list[tuple[str, str, int]]:
    return [(block.role, block.text, block.line) for block in body.blocks]


def test_headings_paragraphs_lists_quotes(body):
    text = "# One *two*\n\nA para\nof two lines.\n\n- first\n- [ ] second\n  goes on\n\n  third\n\n1. four\n\n> quoted\n\n***\n\nSetext\n---\n"
    assert spoken(body(text)) == [
        ("heading", "One two", 1),
        ("paragraph", "A para of two lines.", 3),
        ("list_item", "first", 6),
        ("list_item", "second goes on", 7),
        ("list_item", "third", 10),
        ("list_item", "four", 12),
        ("paragraph", "quoted", 14),
        ("heading", "Setext", 18),
    ]


def test_lines_count_the_front_matter(body):
    found = body(TOP + "\n# A\n\none\ntwo. three\nfour.\n")
    assert [(b.text, b.line) for b in found.blocks] == [("A", 5), ("one two. three four.", 7)]
    block = found.blocks[1]
    assert [block.line_at(block.text.index(word)) for word in ("one", "two", "three", "four")] == [7, 8, 8, 9]


def test_inline_content(body):
    text = "Use `x = 1` and [the *docs*](https://example.com) or <https://a.org>, ~~old~~ <b>bold</b><!-- no -->.[^1]\n\n[^1]: Foot.\n"
    found = body(text)
    assert spoken(found) == [("paragraph", "Use x = 1 and the docs or https://a.org, old bold.", 1)]
    assert found.notes == ("3: footnote, not spoken",)


def test_words_behind_a_comment_at_the_head_of_a_line_are_noted(body):
    found = body("One.\n\n<!-- a -->\n<!-- b\n-->\n\n<!-- c --> Two.\n")
    assert [b.text for b in found.blocks] == ["One."]
    assert found.notes == ("7: HTML block, not spoken",)


def test_what_is_not_spoken_is_noted(body):
    text = "Words.\n\n```py\ncode\n```\n\n    indented\n\n<div>\nhtml\n</div>\n\n<!-- comment -->\n\n![picture](x.png)\n\n🎉\n"
    found = body(text)
    assert spoken(found) == [("paragraph", "Words.", 1)]
    assert found.notes == (
        "3: code block, not spoken",
        "7: code block, not spoken",
        "9: HTML block, not spoken",
        "15: picture, not spoken",
        "17: no letter or digit, not spoken",
    )


def test_admonitions_speak_what_their_author_wrote(body):
    text = (
        '!!! note "A *title*"\n    Inside.\n\n!!! tip\n    Untitled.\n\n::: warning My title\nWords.\n:::\n\n'
        ":::note\nMore.\n:::\n\n> [!NOTE]\n> Alert.\n"
    )
    assert spoken(body(text)) == [
        ("paragraph", "A title", 1), ("paragraph", "Inside.", 2), ("paragraph", "Untitled.", 5),
        ("paragraph", "My title", 7), ("paragraph", "Words.", 8), ("paragraph", "More.", 12),
        ("paragraph", "Alert.", 16),
    ]  # fmt: skip


def test_definitions_and_heading_ids(body):
    assert spoken(body("Term\n: First.\n: Second.\n\n# Head {#id .x}\n")) == [
        ("paragraph", "Term", 1), ("list_item", "First.", 2), ("list_item", "Second.", 3), ("heading", "Head", 5),
    ]  # fmt: skip


def test_formulas(body):
    found = body("So $a + b$ and $\\frac{a}{b}$ for $3 to $5, or US$3-$4.\n\n$$\nx^2\n$$\n")
    assert spoken(found) == [("paragraph", "So a + b and  for $3 to $5, or US$3-$4.", 1)]
    assert found.notes == (r"1: formula '\\frac{a}{b}', not spoken", "3: formula, not spoken")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A :$<!-- comment -->$ b.", "A :$$ b."),
        ("For US$[5](https://example.com) or A$6.", "For US$5 or A$6."),
        ("A $[$](http://x.org/a$b) and [$5](b).", "A $$ and $5."),
        ("From A$ [pause 1s] to B$.", "From A$  to B$."),
        ("So $a$ and $<b>b</b>$.", "So a and $b$."),
        ("So $a <\nb$ holds.", "So a < b holds."),
    ],
)
def test_dollars_around_markup_are_no_formula(body, text, said):
    assert spoken(body(text)) == [("paragraph", said, 1)]


def test_table_rows_are_read_cell_by_cell(body):
    found = body("| Part | Task |\n|---|---|\n| root | drinks |\n| 叶 | 吸收光 |\n|  | alone |\n")
    assert [(b.text, b.line) for b in found.blocks] == [
        ("Part, Task", 1), ("root, drinks", 3), ("叶，吸收光", 4), ("alone", 5),
    ]  # fmt: skip


def test_line_breaks(body):
    found = body("植物需要水、\n空气和\nlight and\n阳光。\n\nOne  \ntwo\\\nthree<br>four\n")
    assert [b.text for b in found.blocks] == ["植物需要水、空气和 light and 阳光。", "One\ntwo\nthree\nfour"]
    assert found.blocks[1].line_at(found.blocks[1].text.index("three")) == 8


def test_pauses(body):
    found = body("One. [pause 500ms] Two [pause 1.5 s]\n\n[pause 2s]\n\nThree.\n")
    first, second = found.blocks
    assert first.text == "One.  Two"
    assert first.pauses == (Pause(5, 500), Pause(9, 1500), Pause(9, 2000))
    assert second.pauses == ()


@pytest.mark.parametrize(
    "text",
    ["[pause here]", "a [pausing] b", r"\[pause 500ms]", "`[pause 500ms]`", "[pause 500ms](https://a.b)",
     "[voice of reason]", r"\[voice af_heart]", "the [voice recording] ends", "[language barrier] is high"],
)  # fmt: skip
def test_words_in_brackets_are_words(body, text):
    block = body(f"Say {text} now.").blocks[0]
    assert not block.pauses
    assert block.voicing == Voicing()
    assert text.strip("\\`").split("]")[0].lstrip("[") in block.text


@pytest.mark.parametrize(
    "mark", ["[pause 5 minuts]", "[pause]", "[pause 5]", "[pause -1s]", "[pause 0ms]", "[pause: 1s x]", "[pause 9999s]"]
)
def test_malformed_pauses_are_errors_with_their_line(body, mark):
    with pytest.raises(LessonError, match=r"01 Intro\.md:6: \[pause.*is no pause: write \[pause 500ms\]"):
        body(TOP + f"\nOne\ntwo {mark} three.")


def test_a_pause_before_the_first_words_is_an_error(body):
    with pytest.raises(LessonError, match=r":1: .*before the first words"):
        body("[pause 1s]\n\nHello.")


def test_voice_and_language_marks_last_until_the_next(body):
    found = body(
        "One.\n\n[voice zf_xiaobei]\n\n[language zh]\n\n你好。\n\n# 标题\n\n[voice default]\n二。\n[language default]\n\nThree."
    )
    assert [(b.text, b.line, b.voicing) for b in found.blocks] == [
        ("One.", 1, Voicing()),
        ("你好。", 7, Voicing("zf_xiaobei", 3, "zh")),
        ("标题", 9, Voicing("zf_xiaobei", 3, "zh")),
        ("二。", 12, Voicing(None, 11, "zh")),
        ("Three.", 15, Voicing(None, 11, None)),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Hi.\n\nSay [voice af_heart] this.", r":3: \[voice af_heart\] must stand on a line of its own"),
        ("Hi.\n\n[language klingon]\n\nQapla.", ":3: unknown language 'klingon': known are en, zh"),
        ("Hi [language zh] 你好", "must stand on a line of its own"),
    ],
)
def test_misplaced_and_unknown_marks(body, text, message):
    with pytest.raises(LessonError, match=message):
        body(text)


def test_front_matter(head):
    lesson = head(
        "---\ncourse: Science\nlesson: l-01\ntitle: 光合作用\nlanguage: zh\nvoice: zf_xiaobei\nvoices:\n  en: af_heart\n"
        "speed: 1.25\nloudness: -19\noutputs: [wav, mp3]\n---\nHello"
    )
    assert (lesson.course, lesson.id, lesson.title) == ("Science", "l-01", "光合作用")
    assert lesson.options == NarrationOptions(
        language="zh",
        voice="zf_xiaobei",
        voices={"en": "af_heart"},
        speed=1.25,
        loudness="-19",
        outputs=("wav", "mp3"),
    )
    assert (lesson.lines["voice"], lesson.lines["outputs"], lesson.first_line) == (6, 11, 13)


def test_defaults_come_from_folder_and_file(head):
    lesson = head("Hello")
    assert (lesson.course, lesson.id) == ("my-course", "01-intro")
    assert head("Hello", "第一课：光.md").id == "第一课-光"
    assert lesson.options == NO_OPTIONS


@pytest.mark.parametrize(
    ("front", "message"),
    [
        ("title: a\nvioce: x", ":3: unknown setting 'vioce': did you mean 'voice'?"),
        ("title: a\ntitle: b", ":3: setting 'title' is given twice"),
        ("title: [", ":.*broken front matter"),
        ("title: a\n\tvoice: b", ":.*broken front matter"),
        ("- a", ":2: front matter must be settings"),
        ("lesson: ../x", ":2: lesson: '../x' is no id"),
        ("course: a/b", ":2: course: 'a/b' is no id"),
        ("speed: fast", ":2: speed: 'fast' is no number from 0.25 to 4"),
        ("speed: nan", ":2: speed"),
        ("speed: 9", ":2: speed"),
        ("voice: []", ":2: voice: must be a text"),
        ("voice:", ":2: voice: must be a text"),
        ("voices: zf", ":2: voices: must be languages with voices"),
        ("voices:\n  xx: zf", ":3: unknown language 'xx'"),
        ("language: klingon", ":2: language: 'klingon' is none of en, zh"),
        ("loudness: loud", ":2: loudness"),
        ("outputs: [wav, avi]", ":2: outputs: 'avi' is none of"),
        ("title: !!python/object:os.system x\nspeed: {}", ":3: speed"),
        ("title: " + "[" * 5_000, ":2: front matter nested"),
        ("a: &a [x]\nb: [*a, *a]", ":2: unknown setting 'a'"),
    ],
)
def test_broken_front_matter(head, front, message):
    with pytest.raises(LessonError, match=message.replace("?", r"\?")):
        head(f"---\n{front}\n---\nHello")


def test_front_matter_that_is_not_closed(head):
    with pytest.raises(LessonError, match=":1: the front matter is not closed"):
        head("---\ntitle: x\n\nHello")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"ok\n\nb\xff", ":3: byte FF is not UTF-8"),
        (b"a\n\nb\x00c", r":3: control character U\+0000"),
        (b"a\x1bb", r":1: control character U\+001B"),
        (b"x" * ((16 << 20) + 1), "larger than 16 MB: split it, or raise NARRATOR_LESSON_MEGABYTES"),
    ],
)
def test_files_that_are_no_text(head, data, message):
    with pytest.raises(LessonError, match=message):
        head(data)


@pytest.mark.parametrize("text", ["", "\n\n", TOP, "```\ncode\n```", "🎉" * 10_000, "---", "<div>x</div>", "![x](y)"])
def test_nothing_to_speak(write, text):
    with pytest.raises(LessonError):
        [readers.read_body(lesson) for lesson in readers.read_lessons(write(text))]


def test_encodings_and_line_ends(body):
    plain = "One\ntwo.\n\nThree [pause 1s] four.\n"
    expected = body(plain)
    for data in (
        plain.replace("\n", "\r\n"),
        plain.replace("\n", "\r"),
        "\ufeff" + plain,
        plain.encode("utf-16"),
    ):
        assert body(data) == expected
    assert body("a\fb\vc\u2028d").blocks[0].text.split() == ["a", "b", "c", "d"]


def test_deep_nesting_is_an_error_and_not_a_loss(body):
    for text in ("> " * 100 + "deep", "- " * 100 + "deep"):
        with pytest.raises(LessonError, match="nested more than"):
            body(text)
    assert body("> " * 20 + "deep").blocks[0].text == "deep"


def test_a_megabyte_in_one_paragraph(body):
    assert len(body("word " * 200_000).blocks[0].text) == 999_999


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("ab1 \n\n#*_-+>|[]()`~<!&\\:.{}pausevoice 5ms你。🎉\t^"), max_size=200))
def test_only_our_errors_come_out(text):
    lesson = Lesson(course="c", id="l", path=Path("fuzz.md"), digest="", text=text)
    try:
        found = readers.read_body(lesson)
    except NarrationError:
        return
    assert all(block.text.strip() == block.text.strip("\n") for block in found.blocks)
    assert all(1 <= block.line <= text.count("\n") + 1 for block in found.blocks)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.sampled_from("abcde"), min_size=1, max_size=6), min_size=1, max_size=30), st.randoms())
def test_every_word_is_spoken(words, random):
    joints = (" ", "\n", "\n\n", "\n\n# ", "\n\n- ", "\n\n> ", "\n\n1. ", " *x* ", "  \n", " [pause 1s] ")
    text = "w" + "".join(random.choice(joints) + word for word in words)
    lesson = Lesson(course="c", id="l", path=Path("words.md"), digest="", text=text)
    heard = " ".join(block.text for block in readers.read_body(lesson).blocks).split()
    assert [word for word in heard if word not in ("w", "x")] == [word for word in words if word not in ("w", "x")]
