"""Whose sounds are whose: written words against what is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text.phonemes.word_alignment import MAX_COMPARED, align_words

SAID = {
    "$3.50": "three dollars and fifty cents",
    "3": "three",
    "50%": "fifty percent",
    "&": "and",
    "km": "km",
    "😀": "",
}


def normal(text: str) -> str:
    return SAID.get(text.strip(",.;"), text)


def pieces(*texts: str) -> list[tuple[str, str]]:
    """Every text with white space after it, its letters as phonemes, and marks as they are."""
    return [(f"{text} ", text) for text in texts]


def said(written: str, spoken: str) -> list[tuple[str, str]]:
    """Words with all that is said for them."""
    given = pieces(*spoken.split())
    return [
        (word, " ".join(text for text, _ in given[a:b]).replace("  ", " ").strip())
        for word, a, b in align_words(written, given, normal)
    ]


@pytest.mark.parametrize(
    ("written", "spoken", "found"),
    [
        ("It is so.", "It is so .", [("It", "It"), ("is", "is"), ("so", "so")]),
        ("It costs $3.50, or so", "It costs three dollars and fifty cents, or so",
         [("It", "It"), ("costs", "costs"), ("$3.50", "three dollars and fifty cents,"), ("or", "or"), ("so", "so")]),
        ("3 km", "three kilometres", [("3", "three"), ("km", "kilometres")]),
        ("in 3 km 50%", "in three kilometres fifty percent",
         [("in", "in"), ("3", "three"), ("km", "kilometres"), ("50%", "fifty percent")]),
        ("a & b", "a and b", [("a", "a"), ("&", "and"), ("b", "b")]),
        ("$3 million", "three million dollars", [("$3", "three"), ("million", "million dollars")]),
        ("“Well,” (he) said", '"Well , " he said', [("Well", '"Well'), ("he", "he"), ("said", "said")]),
        ("so 😀", "so", [("so", "so")]),
        ("call `append()`.", "call append", [("call", "call"), ("append()", "append")]),
        ("xyz", "one two", [("xyz", "one two")]),
        ("a b", "axb", [("a b", "axb")]),
    ],
)  # fmt: skip
def test_words_of_the_author(written: str, spoken: str, found: list[tuple[str, str]]) -> None:
    assert said(written, spoken) == found


def test_chinese_words_are_as_they_were_cut() -> None:
    cut = [("今天", "a"), ("是", "b"), ("二零二四年", "c"), (",", ","), ("学习", "d"), ("Python ", "e")]
    assert align_words("今天是2024年，学习 Python", cut, normal) == [
        ("今天", 0, 1), ("是", 1, 2), ("2024年", 2, 3), ("学习", 4, 5), ("Python", 5, 6),
    ]  # fmt: skip


def test_what_is_too_long_to_compare_falls_back_to_what_is_said() -> None:
    count = int(MAX_COMPARED**0.5) + 1
    found = align_words("a " * count, pieces(*["a"] * count), normal)
    assert found == [("a", n, n + 1) for n in range(count)]


UNITS = st.lists(st.sampled_from(["a", "b", "3", "$3.50", "&", "!", "“", "😀", "好", "—", "x."]), max_size=12)


@given(UNITS, UNITS)
def test_every_sound_has_one_word_in_order(written: list[str], spoken: list[str]) -> None:
    given_pieces = pieces(*spoken)
    audible = {n for n, (_, sounds) in enumerate(given_pieces) if any(c.isalpha() for c in sounds)}
    found = align_words(" ".join(written), given_pieces, normal)
    owned = [n for _, a, b in found for n in range(a, b)]
    assert owned == sorted(set(owned))
    assert audible <= set(owned)
    assert all(text and {a, b - 1} <= audible for text, a, b in found)
