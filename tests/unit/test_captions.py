"""Captions: readable lines, honest times, and files that real parsers read back."""

from __future__ import annotations

import io
import unicodedata
from itertools import pairwise

import pytest
import srt as srt_reader
import webvtt as webvtt_reader
from hypothesis import given
from hypothesis import strategies as st

from worker.assemble.captions import LEAST_MS, MOST_MS, Caption, lesson_captions, srt, webvtt

RATE = 24000
ENGLISH = (
    "When a wave reaches shallow water, its lower part is slowed by the ground, while the crest runs on;"
    " so it grows steeper, leans forward, and breaks. This is why surf stands where the water is about as deep as the"
    " wave is high."
)
CHINESE = (
    "当波浪到达浅水区时，它的下部被海底减慢，而波峰继续前进；于是波浪变得更陡，向前倾斜，最后破碎。"
    "这就是浪花总是出现在水深大约等于浪高的地方的原因。"
)
MIXED = "这个函数叫做 merge_sort，它先把数组分成两半，再用 recursion 处理每一半，时间复杂度是 O(n log n)。"
JAPANESE = (
    "波が浅い水域に達すると、下の部分は海底によって遅くなり、山の部分はそのまま進みます。"
    "だから、波はだんだん急になって、前に傾いて、くだけます。"
)


def columns(text: str) -> float:
    return sum(2.1 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def cues_of(text: str, seconds: float) -> list[Caption]:
    return lesson_captions([(text, 0, round(seconds * RATE), ())], RATE, round(seconds * RATE))


def joined(cues: list[Caption]) -> str:
    """All text without its white space."""
    return "".join("".join("".join(cue.lines).split()) for cue in cues)


@pytest.mark.parametrize(
    ("text", "seconds"), [(ENGLISH, 14.0), (CHINESE, 16.0), (MIXED, 12.0), (JAPANESE, 13.0), ("word " * 700, 300.0)]
)
def test_lines_and_durations_are_readable(text: str, seconds: float) -> None:
    cues = cues_of(text, seconds)
    assert joined(cues) == "".join(text.split())
    for cue in cues:
        assert 1 <= len(cue.lines) <= 2
        assert all(line == line.strip() and 0 < columns(line) <= 42.001 for line in cue.lines)
        assert LEAST_MS <= cue.end - cue.start <= MOST_MS
    assert (cues[0].start, cues[-1].end) == (0, seconds * 1000)
    assert all(one.end == two.start for one, two in pairwise(cues))


def test_breaks_fall_after_sentences_and_clauses() -> None:
    assert [
        cue.lines for cue in cues_of("It grows steeper and leans forward. Then it breaks, and the surf runs up.", 9)
    ] == [
        ("It grows steeper and leans forward.",),
        ("Then it breaks, and the surf runs up.",),
    ]
    assert cues_of("When a wave reaches shallow water, its lower part is slowed.", 4)[0].lines == (
        "When a wave reaches shallow water,",
        "its lower part is slowed.",
    )
    assert cues_of("当波浪到达浅水区时，它的下部被海底减慢。", 5)[0].lines == (
        "当波浪到达浅水区时，它的下部被海底减慢。",
    )
    assert cues_of("当波浪到达浅水区域的时候，它的下部被海底减慢。", 5)[0].lines == (
        "当波浪到达浅水区域的时候，",
        "它的下部被海底减慢。",
    )


@pytest.mark.parametrize("text", [CHINESE, JAPANESE, MIXED, "他说：“" + "好的，（真的）" * 20 + "。”"])
def test_no_line_begins_or_ends_against_the_rules(text: str) -> None:
    for cue in cues_of(text, 12):
        for line in cue.lines:
            assert line[0] not in "，。、；：！？”）》」』％ーっゃゅょッャュョ"
            assert line[-1] not in "“（《「『"


def test_a_word_wider_than_a_line_is_broken_and_nothing_is_lost() -> None:
    word = "https://example.org/" + "very-long-path/" * 20
    cues = cues_of(f"See {word} for more.", 20)
    assert joined(cues) == f"See{word}formore."
    assert max(columns(line) for cue in cues for line in cue.lines) <= 42


def test_characters_are_never_taken_apart() -> None:
    family = "👩‍👩‍👧‍👦"
    cues = cues_of(family * 60 + "é" * 100 + "👍🏽" * 60 + "🇨🇳" * 60, 60)
    lines = [line for cue in cues for line in cue.lines]
    assert joined(cues) == family * 60 + "é" * 100 + "👍🏽" * 60 + "🇨🇳" * 60
    assert not any(unicodedata.combining(line[0]) or line[0] in "\u200d🏽" or line[-1] == "\u200d" for line in lines)


def test_times_follow_how_long_the_parts_take_to_say() -> None:
    """40 Chinese characters take longer than 40 letters, though both fill half of the cues' room."""
    chinese, english = cues_of(
        "当波浪到达浅水区时它的下部被海底减慢而波峰继续前进。 When a wave meets shallow water it slows.", 9
    )
    assert english.lines == ("When a wave meets shallow water it slows.",)
    assert chinese.end - chinese.start > 1.5 * (english.end - english.start)


def test_a_cue_begins_with_its_first_word() -> None:
    """Though the text before the pause is the shorter part, the pause was long."""
    text = "One, two. Three “four” five six seven, eight nine ten eleven twelve, thirteen fourteen fifteen."
    starts = {"One": 0, "two": 1.0, "Three": 6.0, "four": 6.2, "eight": 7.5, "thirteen": 8.25, "fifteen": 9.5}
    words = [(word, round(at * RATE), round((at + 0.1) * RATE)) for word, at in starts.items()]
    cues = lesson_captions(
        [(text, 10 * RATE, 20 * RATE, [(w, a + 10 * RATE, b + 10 * RATE) for w, a, b in words])], RATE, 20 * RATE
    )
    begins = {cue.lines[0].split()[0].strip(",.“”"): cue.start for cue in cues}
    assert begins["One"] == 10_000
    assert begins["Three"] == 16_000
    assert all(begins[word] == 10_000 + starts[word] * 1000 for word in begins if word in starts)
    assert joined(cues) == "".join(text.split())
    assert all(one.end == two.start for one, two in pairwise(cues))
    assert cues[-1].end == 20_000


def test_words_that_the_caption_does_not_have_do_no_harm() -> None:
    words = [("Nowhere", 100, 200), ("When", 1000, 2000), ("absent", 3000, 4000)]
    assert lesson_captions([(ENGLISH, 0, 14 * RATE, words)], RATE, 14 * RATE)[0].start == 0
    assert joined(lesson_captions([(ENGLISH, 0, 14 * RATE, words)], RATE, 14 * RATE)) == "".join(ENGLISH.split())


@given(
    st.lists(st.sampled_from(["one", "two.", "三", "&", "“four”", "sixteen,"]), min_size=1, max_size=60),
    st.lists(st.integers(0, 9 * RATE), max_size=60),
)
def test_timed_cues_are_whole_and_in_order(texts: list[str], starts: list[int]) -> None:
    words = [(text.strip("“”.,"), at, at) for text, at in zip(texts, sorted(starts), strict=False)]
    cues = lesson_captions([(" ".join(texts), 0, 9 * RATE, words)], RATE, 9 * RATE)
    assert joined(cues) == "".join(texts)
    assert all(one.start <= one.end <= two.start for one, two in pairwise(cues))
    assert (cues[0].start, cues[-1].end) == (0, 9000)


def test_times_are_rounded_one_by_one_and_never_overlap() -> None:
    rate = 22050
    length, gap = 23153, 7  # neither is a whole number of milliseconds
    entries = [("Word.", at, at + length, ()) for at in range(0, 1000 * (length + gap), length + gap)]
    cues = lesson_captions(entries, rate, entries[-1][2])
    assert len(cues) == 1000
    for cue, (_, start, end, _) in zip(cues, entries, strict=True):
        assert abs(cue.start - start * 1000 / rate) <= 0.5
        assert abs(cue.end - end * 1000 / rate) <= 0.5
    assert all(one.end <= two.start for one, two in pairwise(cues))


def test_a_short_cue_stands_on_into_the_pause() -> None:
    entries = [("Yes.", 0, 7200, ()), ("No.", 12000, 19200, ()), ("So.", 72000, 79200, ())]
    cues = lesson_captions(entries, RATE, 3400 * 24)
    assert [(cue.start, cue.end) for cue in cues] == [(0, 500), (500, 1500), (3000, 3400)]


def test_a_caption_without_text_is_no_cue() -> None:
    assert [cue.lines for cue in lesson_captions([("One.", 0, 24000, ()), (" \n", 24000, 48000, ())], RATE, 48000)] == [
        ("One.",)
    ]


AWKWARD = [
    "if a < b && b > c --> <b>bold</b> &amp; done",
    "--> 00:00:01.000 --> 00:00:02.000",
    "7",
    "NOTE this is not a note",
    "STYLE",
    "WEBVTT",
    "two\n\nparagraphs\r\nand a line",
    "{\\an8} braces",
    "5 > 3 < 4",
]


def test_webvtt_is_read_back() -> None:
    cues = lesson_captions(
        [(text, n * RATE * 4, (n * 4 + 3) * RATE, ()) for n, text in enumerate(AWKWARD)], RATE, RATE * 1000
    )
    read = webvtt_reader.from_buffer(io.StringIO(webvtt(cues)))
    assert [(c.start_in_seconds, c.end_in_seconds) for c in read] == [(c.start // 1000, c.end // 1000) for c in cues]
    raw = [c.raw_text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") for c in read]
    assert raw == ["\n".join(cue.lines) for cue in cues]
    assert [" ".join(text.split()) for text in raw] == [" ".join(text.split()) for text in AWKWARD]


def test_srt_is_read_back() -> None:
    cues = lesson_captions(
        [(text, n * RATE * 4, (n * 4 + 3) * RATE, ()) for n, text in enumerate(AWKWARD)], RATE, RATE * 1000
    )
    read = list(srt_reader.parse(srt(cues)))
    assert [c.index for c in read] == list(range(1, len(AWKWARD) + 1))
    assert [c.start.total_seconds() * 1000 for c in read] == [c.start for c in cues]
    assert [c.content.replace("\u2060", "") for c in read] == ["\n".join(cue.lines) for cue in cues]
    assert not any("<b" in c.content or "-->" in c.content for c in read)


def test_hours_are_written_in_full() -> None:
    cue = Caption(3_723_004, 360_000_000, ("Late.",))
    assert webvtt([cue]) == "WEBVTT\n\n01:02:03.004 --> 100:00:00.000\nLate.\n"
    assert srt([cue]) == "1\n01:02:03,004 --> 100:00:00,000\nLate.\n"


@given(st.text(max_size=300), st.integers(1, 60 * RATE))
def test_any_text_is_whole_and_in_order(text: str, length: int) -> None:
    cues = lesson_captions([(text, 100, 100 + length, ())], RATE, 100 + length)
    assert joined(cues) == "".join(text.split())
    assert all(len(cue.lines) <= 2 and all(columns(line) <= 42.001 for line in cue.lines) for cue in cues)
    assert all(one.end <= two.start for one, two in pairwise(cues))
