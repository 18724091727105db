"""Captions from the lesson's own timing: WebVTT and SRT from one description.

A cue holds at most two lines of 42 columns (20 Chinese, Japanese or Korean characters), and stands 1 to 7 seconds where
the speech allows. A longer segment is divided at the best place near its middle, again and again: after a sentence,
else after a clause, else between words, and only inside a word where that alone would not fit. Times inside a segment
are shared out by how long its characters take to say; the segment's own start and end are exact.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

COLUMN: Final = 10  # width of a narrow character, so that widths stay whole numbers
WIDE: Final = 21  # of a wide one: 20 of them are as wide as 42 narrow ones
LINE: Final = 42 * COLUMN
LEAST_MS: Final = 1000  # a cue stands at least so long, if the next one leaves it the time
MOST_MS: Final = 7000

# What a break costs, by its kind, against lying off the middle: in shares of the text.
AFTER_SENTENCE: Final = 0.0
AFTER_CLAUSE: Final = 0.1
AFTER_WORD: Final = 0.3
BETWEEN_WIDE: Final = 0.4  # scripts without spaces: perhaps inside a word
INSIDE_WORD: Final = 2.0  # only where a word is wider than a line

_ENDS: Final = frozenset(".!?…。！？")
_CLAUSES: Final = frozenset(",;:，；：、—–")
_CLOSERS: Final = frozenset("\"'”’»)]}）】」』》〉")  # belong to what stands before them
_OPENERS: Final = frozenset("“‘«([{（【「『《〈$€£¥#@")  # belong to what stands after them
_NO_START: Final = frozenset("ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮー々〜～・%％℃°\u2060\u00a0")


@dataclass(frozen=True, slots=True)
class Caption:
    """What is shown from ``start`` to ``end``, in milliseconds of the lesson; one or two lines."""

    start: int
    end: int
    lines: tuple[str, ...]


def lesson_cues(entries: Iterable[tuple[str, int, int]], rate: int, samples: int) -> list[Caption]:
    """Captions of a lesson: entries are (text, start, end) in samples at ``rate``, in order and apart.

    Times are rounded one by one, never added up, so nothing drifts. A cue shorter than LEAST_MS stands on into the
    pause after it, up to the next cue or the lesson's end at ``samples``.
    """
    short = [cue for text, start, end in entries for cue in _segment_cues(text, _ms(start, rate), _ms(end, rate))]
    limits = [*(cue.start for cue in short[1:]), _ms(samples, rate)]
    return [
        Caption(cue.start, max(cue.end, min(cue.start + LEAST_MS, limit)), cue.lines)
        for cue, limit in zip(short, limits, strict=True)
    ]


def webvtt(cues: Iterable[Caption]) -> str:
    """The cues as a WebVTT file. ``&``, ``<`` and ``>`` are escaped, so ``-->`` in a text cannot end it."""
    blocks = ["WEBVTT\n"]
    for cue in cues:
        text = "\n".join(cue.lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{text}\n")
    return "\n".join(blocks)


def srt(cues: Iterable[Caption]) -> str:
    """The cues as an SRT file, UTF-8.

    SRT knows no escapes, but players take ``<b>`` for markup and ``-->`` for a time line: an invisible word joiner
    (U+2060) after ``<`` and within ``-->`` keeps both as they are read.
    """
    blocks = []
    for number, cue in enumerate(cues, 1):
        text = "\n".join(cue.lines).replace("<", "<\u2060").replace("-->", "--\u2060>")
        blocks.append(f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{text}\n")
    return "\n".join(blocks)


def _ms(samples: int, rate: int) -> int:
    return (samples * 2000 + rate) // (2 * rate)


def _clock(ms: int, point: str) -> str:
    seconds, ms = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{ms:03}"


# --- dividing


@dataclass(frozen=True, slots=True)
class _Atom:
    """Text that stays on one line, the space after it included, and what breaking after it costs."""

    text: str
    width: int  # without the space
    space: int  # its width, or 0
    spoken: int
    cost: float


def _segment_cues(text: str, start: int, end: int) -> Iterator[Caption]:
    atoms = _atoms(" ".join(text.split()))
    total = max(sum(atom.spoken for atom in atoms), 1)
    said = 0
    at = start
    for piece in _divide(atoms, end - start):
        said += sum(atom.spoken for atom in piece)
        until = start + (end - start) * said // total
        yield Caption(at, until, tuple(_text(line) for line in _lines(piece)))
        at = until


def _divide(atoms: Sequence[_Atom], duration: float) -> Iterator[Sequence[_Atom]]:
    """Atoms that are said in ``duration`` ms, in pieces that each fit a cue."""
    if not atoms:
        return
    if len(atoms) == 1 or (duration <= MOST_MS and _fits(atoms)):
        yield atoms
        return
    at = _best_break(atoms, range(1, len(atoms)))
    share = sum(atom.spoken for atom in atoms[:at]) / max(sum(atom.spoken for atom in atoms), 1)
    yield from _divide(atoms[:at], duration * share)
    yield from _divide(atoms[at:], duration * (1 - share))


def _lines(atoms: Sequence[_Atom]) -> list[Sequence[_Atom]]:
    """Atoms that fit a cue, on one line where possible, else on two, as even as the places for a break allow."""
    if _width(atoms) <= LINE:
        return [atoms]
    at = _best_break(atoms, _two_line_breaks(atoms))
    return [atoms[:at], atoms[at:]]


def _fits(atoms: Sequence[_Atom]) -> bool:
    return _width(atoms) <= LINE or (_width(atoms) <= 2 * LINE + COLUMN and bool(_two_line_breaks(atoms)))


def _two_line_breaks(atoms: Sequence[_Atom]) -> list[int]:
    return [at for at in range(1, len(atoms)) if _width(atoms[:at]) <= LINE and _width(atoms[at:]) <= LINE]


def _best_break(atoms: Sequence[_Atom], places: Iterable[int]) -> int:
    """Of the places, that with the least cost and distance from the middle together."""
    ends = list(accumulate(atom.width + atom.space for atom in atoms))
    return min(places, key=lambda at: atoms[at - 1].cost + abs(ends[at - 1] / ends[-1] - 0.5))


def _width(atoms: Sequence[_Atom]) -> int:
    return sum(atom.width + atom.space for atom in atoms) - atoms[-1].space


def _text(atoms: Sequence[_Atom]) -> str:
    return "".join(atom.text for atom in atoms).strip()


# --- where text may be broken


def _atoms(text: str) -> list[_Atom]:
    """Text cut at every place where a line may end."""
    cuts = [at for at in range(1, len(text)) if text[at - 1] == " " or _between_wide(text[at - 1], text[at])]
    pieces = (text[start:end] for start, end in pairwise([0, *cuts, len(text)]))
    return [atom for piece in pieces if piece for atom in _bounded(piece)]


def _bounded(piece: str) -> Iterator[_Atom]:
    """A piece as one atom, or as several where it is wider than a line."""
    start = width = 0
    for at, character in enumerate(piece):
        wide = _column(character)
        if width + wide > LINE and character != " " and not _clings(piece[at - 1], character):
            yield _atom(piece[start:at], INSIDE_WORD)
            start, width = at, 0
        width += wide
    bare = piece[start:].rstrip().rstrip("".join(_CLOSERS))
    last = bare[-1:]
    cost = AFTER_WORD if piece.endswith(" ") else BETWEEN_WIDE
    yield _atom(piece[start:], AFTER_SENTENCE if last in _ENDS else AFTER_CLAUSE if last in _CLAUSES else cost)


def _atom(text: str, cost: float) -> _Atom:
    bare = text.rstrip()
    return _Atom(
        text, sum(map(_column, bare)), COLUMN * (len(text) - len(bare)), sum(map(_spoken, bare)), cost if bare else 0.0
    )


def _between_wide(before: str, after: str) -> bool:
    """Whether a line may end between two characters that no space parts: beside a wide one, by the rules of kinsoku."""
    if " " in (before, after) or WIDE not in (_column(before), _column(after)):
        return False
    if before in _OPENERS or _clings(before, after):
        return False
    return not (after in _ENDS or after in _CLAUSES or after in _CLOSERS or after in _NO_START)


def _clings(before: str, after: str) -> bool:
    """Whether two characters are one to the reader: marks, joiners, variation selectors, tones of skin, flags."""
    return (
        unicodedata.category(after)[0] == "M"
        or "\u200d" in (before, after)
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or ("\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff")
    )


def _column(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return WIDE if unicodedata.east_asian_width(character) in "WF" else COLUMN


def _spoken(character: str) -> int:
    """About how long a character takes to say, in English letters; punctuation is a pause."""
    if character in _ENDS:
        return 5
    if character in _CLAUSES or character.isdecimal():
        return 3
    if not character.isalnum():
        return 0
    return 3 if _column(character) == WIDE else 1
