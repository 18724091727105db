"""Readings: from a block to what the voice gets, and from its words back to the author's."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text.segment import fold
from models.text.segment_cuts import LIMIT, width
from producer.errors import LessonError
from producer.lessons.model import Block, Pause, Reading
from producer.plan.cut import cut_block
from producer.plan.readings import SpokenText, check_readings
from worker.assemble.words import as_written
from worker.contract.messages import Pronunciation, Respelling


def block(text: str, *readings: tuple[str, str | None, str | None], **more: object) -> Block:
    """A paragraph; of each reading what is written, its words and its phonemes."""
    found, at = [], 0
    for written, words, ipa in readings:
        start = text.index(written, at)
        at = start + len(written)
        found.append(Reading(start, at, words, ipa))
    return Block(text, "paragraph", 1, readings=tuple(found), **more)  # type: ignore[arg-type]


def said(one: Block, language: str = "en") -> list[SpokenText]:
    return [segment.said for segment in cut_block(one, language)]


def test_words_take_the_place_of_what_is_written_and_phonemes_stand_beside_it() -> None:
    [found] = said(block("I  use kubectl and\tXolotl.", ("kubectl", "cube  control", None), ("Xolotl", None, "ʃɒl")))
    assert found.text == "I use cube control and Xolotl."
    assert found.respelt == (Respelling(start=6, end=18, written="kubectl"),)
    assert found.readings == (Pronunciation(start=23, end=29, ipa="ʃɒl"),)
    assert found.plain == "I use cube control and  ."


def test_no_sentence_ends_inside_a_reading() -> None:
    text = "We met at What Now? Inc. It rained."
    assert len(said(block(text))) == 3
    first, second = said(block(text, ("What Now? Inc", "what now ink", None)))
    assert (first.text, second.text) == ("We met at what now ink.", "It rained.")


def test_a_long_sentence_is_cut_beside_a_reading() -> None:
    name = "量子色动力学与电弱统一理论" * 3
    text = "他" * 80 + name + "很难" * 60
    found = said(block(text, (name, "理论", None)), "zh")
    assert "".join(one.text for one in found) == text.replace(name, "理论")
    assert sum(bool(one.respelt) for one in found) == 1


def test_a_sign_with_a_reading_is_spoken() -> None:
    assert not said(block("👍"))
    [found] = said(block("👍", ("👍", "thumbs up", None)))
    assert (found.text, found.respelt[0].written) == ("thumbs up", "👍")
    [found] = said(block("你好👍。", ("👍", "点赞", None)), "zh")
    assert found.text == "你好点赞。"


def test_the_language_is_that_of_what_is_said() -> None:
    [found] = said(block("北京！", ("北京", "bay jing", None)))
    assert found.language == "en"


TEXTS = st.lists(
    st.tuples(
        st.text(st.sampled_from("ab c。.,!\n\t你かー\u200b👍é"), max_size=12),
        st.text(st.sampled_from("xyz Q.!字"), min_size=1, max_size=8).filter(lambda text: fold(text) == text != ""),
        st.one_of(st.none(), st.text(st.sampled_from("mn o"), min_size=1, max_size=9).filter(str.strip)),
    ),
    max_size=6,
)


@given(TEXTS, st.text(st.sampled_from("ab c.!字"), max_size=300))
def test_nothing_outside_the_readings_changes(made: list[tuple[str, str, str | None]], rest: str) -> None:
    text, readings, expected = "", [], ""
    for before, written, words in made:
        text += before
        readings.append(Reading(len(text), len(text) + len(written), words, None if words else "ə"))
        text += written
        expected += before + (words or written)
    one = Block(text + rest, "paragraph", 1, readings=tuple(readings))
    cut = cut_block(one, "en")
    found = [segment.said for segment in cut]
    squeezed = "".join("".join(fold(part.text).split()) for part in found)
    assert "".join(c for c in squeezed if c.isalnum()) == "".join(c for c in expected + rest if c.isalnum())
    assert sum(len(part.readings) for part in found) == sum(words is None for _, _, words in made)
    for piece, part in ((segment.written, segment.said) for segment in cut):
        assert part.text == fold(part.text)
        back = part.text
        for respelt in reversed(part.respelt):
            back = back[: respelt.start] + respelt.written + back[respelt.end :]
        if all(written[0].isalnum() and written[-1].isalnum() for _, written, _ in made):
            assert back == piece.text
        else:  # words in place of a sign are kept apart from what it touched
            assert back.replace(" ", "") == piece.text.replace(" ", "")
        for sounds in part.readings:
            assert part.text[sounds.start : sounds.end] in {written for _, written, words in made if not words}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Block("ab", "paragraph", 3, readings=(Reading(0, 2, "x"), Reading(1, 2, "y"))), "two readings"),
        (block("a b", ("a b", "x", None), pauses=(Pause(1, 5),)), "pause inside 'a b'"),
        (block("a", ("a", "—", None)), "nothing to say"),
        (block("a", ("a", None, "ə" * 201)), "phonemes for 'a': 1 to 200"),
        (block("a" * (LIMIT + 1), ("a" * (LIMIT + 1), "x", None)), "divide it"),
    ],
)
def test_readings_that_no_segment_can_carry(wrong: Block, message: str) -> None:
    with pytest.raises(LessonError, match=message):
        check_readings(Path("l.md"), wrong)


def test_a_reading_too_wide_to_keep_whole_is_cut_like_any_text() -> None:
    assert all(width(one.written.text) <= LIMIT for one in cut_block(block("a" * 900, ("a" * 900, "x", None)), "en"))


# --- and back


def test_words_are_shown_as_they_are_written() -> None:
    text = "I use cube control and thumbs up (every day)."
    respelt = (Respelling(start=6, end=18, written="kubectl"), Respelling(start=23, end=32, written="👍"))
    spoken_words = [("I", 0, 1), ("use", 2, 3), ("cube", 4, 5), ("control", 6, 7), ("and", 8, 9)]
    spoken_words += [("thumbs", 10, 11), ("up", 12, 13), ("every", 14, 15), ("day", 16, 17)]
    assert as_written(spoken_words, text, respelt) == (
        ("I", 0, 1), ("use", 2, 3), ("kubectl", 4, 7), ("and", 8, 9), ("👍", 10, 13), ("every", 14, 15),
        ("day", 16, 17),
    )  # fmt: skip
    assert as_written(spoken_words, text, ()) == tuple(spoken_words)


def test_a_word_that_is_partly_respelt_is_one_word() -> None:
    respelt = (Respelling(start=0, end=2, written="A"), Respelling(start=5, end=9, written="B"))
    assert as_written([("xy-z", 0, 5), ("and", 5, 6)], "xy-z and", respelt[:1]) == (("A-z", 0, 5), ("and", 5, 6))
    assert as_written([("xy-z.long", 0, 5)], "xy-z.long", respelt) == (("A-z.B", 0, 5),)
    assert as_written([("odd", 0, 5), ("xy", 5, 6)], "xy", respelt[:1]) == (("odd", 0, 5), ("A", 5, 6))
