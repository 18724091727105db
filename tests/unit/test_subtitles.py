"""SubRip and WebVTT: a cue is a block at its time; tags are not spoken; times that make no sense are errors."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import NarrationError
from producer import readers
from producer.errors import LessonError
from producer.plan.cut import cut_block
from producer.readers.formats import format_of

SRT = """1
00:00:01,000 --> 00:00:02,500
<i>The sea is</i>
wide,

2
00:00:03,000 --> 00:00:04,000 X1:10
{\\an8}and a < b &amp; c > d. It ends.

3
00:00:05,000 --> 00:00:06,000
♪

4
01:00:00,250 --> 01:00:01,000
最后一句
"""
VTT = """WEBVTT - Title
Kind: captions

STYLE
::cue {}

NOTE
this is
no cue

intro
00:01.000 --> 00:02.000 position:10%
<v Anna><b>Hello</b> <c.red>there</c>, <00:01.500>you.

00:00:02.000 --> 00:00:03.000
<ruby>漢字<rt>かんじ</rt></ruby>です。
"""


@pytest.fixture
def body(tmp_path):
    def body(text: str, name: str = "film.srt"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return readers.read_body(readers.read_lessons(path)[0])

    return body


def test_srt(body):
    found = body(SRT)
    assert [(b.text, b.role, b.line, b.at_ms, b.pause_ms, b.id) for b in found.blocks] == [
        ("The sea is wide,", "clause", 3, 1000, 0, "1"),
        ("and a < b & c > d. It ends.", "paragraph", 8, 3000, 0, "2"),
        ("最后一句", "paragraph", 16, 3_600_250, 0, "4"),
    ]
    assert found.notes == ("12: no letter or digit, not spoken",)
    assert [(one.written.text, one.role, one.pause_ms) for one in cut_block(found.blocks[0], "en")] == [
        ("The sea is wide,", "clause", 0)
    ]


def test_vtt(body):
    found = body(VTT, "film.vtt")
    assert [(b.text, b.line, b.at_ms, b.id) for b in found.blocks] == [
        ("Hello there, you.", 13, 1000, "intro"), ("漢字です。", 16, 2000, ""),
    ]  # fmt: skip
    assert found.notes == ("16: ruby 'かんじ', not spoken",)


@pytest.mark.parametrize("change", [lambda s: s.replace("\n", "\r\n"), lambda s: "\ufeff" + s, lambda s: "\n" + s])
def test_line_ends_and_marks(body, change):
    assert [b.text for b in body(change(SRT)).blocks] == [b.text for b in body(SRT).blocks]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SRT.replace("00:00:03,000 -->", "00:00:00,500 -->"), r"film\.srt:7: the times go backward"),
        (SRT.replace("00:00:03,000 -->", "00:00:02,499 -->"), r":7: the cue begins before the one in line 2 ends"),
        (SRT.replace("--> 00:00:04,000", "--> 00:00:03,000"), ":7: the cue ends before it begins"),
        (SRT.replace("00:00:03,000", "00:00:03"), ":7: no times such as"),
        ("1\n", ":1: no times such as"),
        (SRT.replace("wide,\n\n", "wide,\n\nlost words\n\n"), ":6: no times such as"),
        ("", "nothing to speak"),
        ("999:00:00,000 --> 999:00:01,000\na", ":1: .*more than a day"),
    ],
)
def test_times_that_make_no_sense(body, text, message):
    with pytest.raises(LessonError, match=message):
        body(text)


def test_vtt_needs_its_head(body):
    with pytest.raises(LessonError, match=r"film\.vtt:1: a WebVTT file begins with WEBVTT"):
        body(SRT, "film.vtt")


FRAGMENTS = [
    "\n", "\n\n", "00:00:01,000 --> 00:00:02,000\n", "00:01.500 --> 00:02.500", "1", "a", "<i>", "<", "&#1;", "你。",
    "<rt>",
]  # fmt: skip


@pytest.mark.parametrize("suffix", [".srt", ".vtt"])
@settings(max_examples=150, deadline=None)
@given(words=st.lists(st.sampled_from(FRAGMENTS), max_size=30))
def test_only_our_errors_come_out(tmp_path_factory, suffix, words):
    path = tmp_path_factory.getbasetemp() / f"fuzz{suffix}"
    text = ("WEBVTT\n\n" if suffix == ".vtt" else "") + "".join(words)
    try:
        found = readers.read_body(*format_of(path).reader().read(path, text.encode()))
    except NarrationError:
        return
    assert all(1 <= block.line <= text.count("\n") + 1 for block in found.blocks)
