"""What the voice gets to say for what the author wrote: the readings of a block brought into its segments.

written     I use kubectl      and Xiuhtecuhtli.
readings          cube control     ʃiːwˈtekʷt͡ɬi
spoken      I use cube control and Xiuhtecuhtli.    with the phonemes of [23, 35) beside it
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from models.text.languages import HAN, KANA, dominant
from models.text.segment import SegmentText, fold
from models.text.segment_cuts import LIMIT, speakable, width
from producer.errors import LessonError
from producer.lessons.model import Block, Reading
from worker.contract.messages import MAX_TEXT, Pronunciation, Respelling

_SPACED = re.compile(f"[^\\W_{HAN}{KANA}]")  # a letter or digit of a script that has spaces
# Letters or digits without a break. The longest words that anybody says have 189; one of 300 is data, and a voice
# spells its digits for two minutes.
MAX_WORD = 300
_TOO_LONG = re.compile(f"(?:[^\\W_{HAN}{KANA}][\u0300-\u036f]*){{{MAX_WORD + 1}}}")
MAX_SOUNDS = 100  # readings in phonemes of one segment, worker.contract.messages.Segment
MAX_IPA = 200  # characters of one, worker.contract.messages.Pronunciation


@dataclass(frozen=True, slots=True)
class SpokenText:
    """A segment's text as it is said: other words stand in it already, phonemes beside it.

    ``respelt`` says what the author wrote for the words that took the place of others. ``plain`` is the text without
    what is said in phonemes, which any voice that takes them can say, whatever its language.
    """

    text: str
    language: str
    readings: tuple[Pronunciation, ...] = ()
    respelt: tuple[Respelling, ...] = ()

    @property
    def plain(self) -> str:
        """The text without what is said in phonemes."""
        return "".join(self._apart())

    def _apart(self) -> Iterator[str]:
        at = 0
        for reading in self.readings:
            yield self.text[at : reading.start] + " "
            at = reading.end
        yield self.text[at:]


def spoken(block: Block, piece: SegmentText, language: str) -> SpokenText:
    """A piece of a block with the readings that lie in it; ``language`` is the block's."""
    own = readings_within(block, piece)
    if not own:
        return SpokenText(piece.text, piece.language)
    text = ""
    sounds: list[Pronunciation] = []
    respelt: list[Respelling] = []
    sign = False  # what was written last is one, so words in its place must not touch the next ones
    for written, reading in _stretches(block.text[piece.start : piece.end], piece.start, own):
        if reading is None:
            inside = _folded(written)
            text += _gap(text, inside) * sign + (inside.lstrip() if not text or text.endswith(" ") else inside)
            sign = sign and not written
            continue
        said = fold(written if reading.words is None or reading.ipa else reading.words)
        text += _gap(text, said) * (sign or not written[0].isalnum())
        sign = not written[-1].isalnum()
        start = len(text)
        text += said
        if reading.ipa is not None:
            sounds.append(Pronunciation(start=start, end=len(text), ipa=reading.ipa))
        elif said != fold(written):
            respelt.append(Respelling(start=start, end=len(text), written=fold(written)))
    text = text.rstrip()
    changed = SpokenText(text, piece.language, tuple(sounds), tuple(respelt))
    return SpokenText(text, dominant(changed.plain, language), changed.readings, changed.respelt)


def check_readings(path: Path, block: Block) -> None:
    """Raise LessonError, at its line, for a reading that no segment could carry."""
    at = 0
    for reading in block.readings:
        written = block.text[reading.start : reading.end]
        line = block.line_at(reading.start)
        if reading.start < at or not written.strip():
            raise LessonError(path, line, f"two readings for the same words: {written!r}")
        at = reading.end
        if width(written) > LIMIT:
            raise LessonError(path, line, f"a reading for a text of this length: {written[:40]!r}…: divide it")
        if any(reading.start < pause.offset < reading.end for pause in block.pauses):
            raise LessonError(path, line, f"a pause inside {written!r}, which has a reading: move it out")
        if reading.ipa is not None and not 0 < len(reading.ipa) <= MAX_IPA:
            raise LessonError(path, line, f"phonemes for {written!r}: 1 to {MAX_IPA} characters")
        if reading.words is not None and not speakable(reading.words):
            raise LessonError(path, line, f"{written!r} is to be said as {reading.words!r}: nothing to say")


def check_words(path: Path, text: str, line_at: Callable[[int], int]) -> None:
    """Raise LessonError, at its line, for a word that nobody would listen to and that would hold a voice."""
    if found := _TOO_LONG.search(text):
        raise LessonError(
            path, line_at(found.start()), f"a word of more than {MAX_WORD} letters or digits, {found[0][:20]!r}…: "
            "nobody would listen to it; leave it out, put it into a code block, or give it other words to say"
        )  # fmt: skip


def check_size(path: Path, line: int, said: SpokenText) -> None:
    """Raise LessonError where readings made a segment too large, or a word of it too long."""
    check_words(path, said.text, lambda _: line)
    if len(said.text) > MAX_TEXT - 1:
        raise LessonError(path, line, f"with its readings this sentence has {len(said.text)} characters")
    if len(said.readings) > MAX_SOUNDS:
        raise LessonError(path, line, f"{len(said.readings)} words in phonemes in one sentence")


def readings_within(block: Block, piece: SegmentText) -> tuple[Reading, ...]:
    """The readings in a piece: it cuts none."""
    first, end = (bisect_left(block.readings, place, key=lambda one: one.start) for place in (piece.start, piece.end))
    return block.readings[first:end]


def _gap(before: str, after: str) -> str:
    """A space where letters of a script with spaces would touch."""
    return " " if _SPACED.fullmatch(before[-1:]) and _SPACED.fullmatch(after[:1]) else ""


def _folded(text: str) -> str:
    """Folded, with one space at an end that has white space: what touches it is folded by itself."""
    return fold(f"0{text}0")[1:-1]


def _stretches(text: str, start: int, readings: Iterable[Reading]) -> Iterator[tuple[str, Reading | None]]:
    """The text in stretches, each with its reading; ``start`` is where it begins in the block."""
    at = 0
    for reading in readings:
        yield text[at : reading.start - start], None
        at = reading.end - start
        yield text[reading.start - start : at], reading
    yield text[at:], None
