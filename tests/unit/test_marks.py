"""When a mark comes: at a timed word, at a segment's edge, or by its share of the characters."""

from __future__ import annotations

import pytest

from worker.assemble.marks import moment

CAPTION = "Open the W3C page now."
WORDS = (("Open", 100, 200), ("the", 200, 300), ("World", 310, 400), ("Web", 400, 500), ("page", 600, 700),
         ("now", 800, 900))  # fmt: skip


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("", (0, "segment")),
        ("Open", (200, "word")),
        ("Open ", (200, "word")),
        ("Open the ", (310, "word")),  # what is written W3C begins there
        ("Open the W3C ", (600, "word")),
        ("Open the W3C page", (800, "word")),
        ("Open the W3C page now", (1000, "segment")),
        (CAPTION, (1000, "segment")),
        ("Open the W3C pa", (650, "share")),
        ("Op", (150, "share")),
    ],
)
def test_with_words(before, expected):
    assert moment(CAPTION, len(before), (0, 1000), WORDS) == expected


def test_inside_what_is_said_otherwise():
    at, timing = moment(CAPTION, len("Open the W3"), (0, 1000), WORDS)
    assert timing == "share"
    assert 310 < at < 600


@pytest.mark.parametrize(("offset", "expected"), [(0, (500, "segment")), (4, (900, "share")), (8, (1300, "segment"))])
def test_without_words(offset, expected):
    assert moment("abcdefgh", offset, (500, 1300), None) == expected


def test_marks_are_in_order_whatever_the_words():
    for words in (None, (), WORDS, WORDS[3:], (("else", 10, 20),)):
        times = [moment(CAPTION, at, (0, 1000), words)[0] for at in range(len(CAPTION) + 1)]
        assert times == sorted(times), words
