"""Captions from the lesson's own timing: WebVTT and SRT from one description.

A cue holds at most two lines of 42 columns (20 Chinese, Japanese or Korean characters), and stands 1 to 7 seconds where
the speech allows. A longer segment is divided at the best place near its middle, again and again: after a sentence,
else after a clause, else between words, and only inside a word where that alone would not fit. Where words are
timed, a cue begins with its first word; between timed words, and where there are none, time is shared out by how long
the characters take to say. The segment's own start and end are exact.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, zip_longest
from typing import Final

from worker.contract.manifest import WordTime

COLUMN: Final = 10  # width of a narrow character, so that widths stay whole numbers
WIDE: Final = 21  # of a wide one: 20 of them are as wide as 42 narrow ones
LINE: Final = 42 * COLUMN
LEAST_MS: Final = 1000  # a cue stands at least so long, if the next one leaves it the time
MOST_MS: Final = 7000
REACH: Final = 40  # characters of the text that may lie between a word and the one before it

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


def lesson_cues(entries: Iterable[tuple[str, int, int, Sequence[WordTime]]], rate: int, samples: int) -> list[Caption]:
    """Captions of a lesson: entries are (text, start, end, words) in samples at ``rate``, in order and apart.

    Words that the text does not have, and an entry without any, do no harm.
    Times are rounded one by one, never added up, so nothing drifts. A cue shorter than LEAST_MS stands on into the
    pause after it, up to the next cue or the lesson's end at ``samples``.
    """
    cues = [
        cue
        for text, start, end, words in entries
        for cue in _segment_cues(
            " ".join(text.split()),
            to_milliseconds(start, rate),
            to_milliseconds(end, rate),
            [(word, to_milliseconds(at, rate)) for word, at, _ in words],
        )
    ]
    limits = [*(cue.start for cue in cues), to_milliseconds(samples, rate)][1:]
    return [
        Caption(cue.start, max(cue.end, min(cue.start + LEAST_MS, limit)), cue.lines)
        for cue, limit in zip(cues, limits, strict=False)  # without cues the lesson's end is nobody's limit
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


def spoken_length(text: str) -> int:
    """About how long a text takes to say, in English letters."""
    return sum(map(_spoken, text))


def to_milliseconds(samples: int, rate: int) -> int:
    """Samples to the nearest millisecond."""
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


def _segment_cues(text: str, start: int, end: int, words: Sequence[tuple[str, int]]) -> Iterator[Caption]:
    """Cues of a text said from ``start`` to ``end``, in ms; ``words`` and when each begins."""
    atoms = _atoms(text)
    yield from _divide(atoms, _times(atoms, start, end, list(_anchors(text, words))))


def _divide(atoms: Sequence[_Atom], times: Sequence[int]) -> Iterator[Caption]:
    """Atoms in pieces that each fit a cue; ``times`` are when each of them begins and the last one ends, in ms."""
    if not atoms:
        return
    if len(atoms) == 1 or (times[-1] - times[0] <= MOST_MS and _fits(atoms)):
        yield Caption(times[0], times[-1], tuple(_text(line) for line in _lines(atoms)))
        return
    at = _best_break(atoms, range(1, len(atoms)))
    yield from _divide(atoms[:at], times[: at + 1])
    yield from _divide(atoms[at:], times[at:])


def _anchors(text: str, words: Sequence[tuple[str, int]]) -> Iterator[tuple[int, int]]:
    """What is said of the text before each word that is found in it, and when the word begins, both ascending."""
    said = at = 0
    for word, start in words:
        found = text.find(word, at, at + REACH + len(word))
        if found >= 0:
            said += spoken_length(text[at:found])
            yield said, start
            said += spoken_length(word)
            at = found + len(word)


def _times(atoms: Sequence[_Atom], start: int, end: int, anchors: Sequence[tuple[int, int]]) -> list[int]:
    """When each atom begins and the last one ends, in ms: at an anchor exactly, shared out between anchors."""
    places = list(accumulate((atom.spoken for atom in atoms), initial=0))
    said, times = zip((0, start), *anchors, (places[-1], end), strict=True)
    out = []
    for place in places[:-1]:
        n = bisect_left(said, place)
        if said[n] == place:
            out.append(times[n])
        else:
            share = (place - said[n - 1]) / (said[n] - said[n - 1])
            out.append(times[n - 1] + int((times[n] - times[n - 1]) * share))
    return [*out, end]


def _lines(atoms: Sequence[_Atom]) -> list[Sequence[_Atom]]:
    """Atoms that fit a cue, on one line where possible, else on two, as even as the places for a break allow."""
    places = [] if _ends(atoms)[-1] <= LINE else _two_line_breaks(atoms)
    if not places:
        return [atoms]
    at = _best_break(atoms, places)
    return [atoms[:at], atoms[at:]]


def _fits(atoms: Sequence[_Atom]) -> bool:
    return _ends(atoms)[-1] <= LINE or bool(_two_line_breaks(atoms))


def _two_line_breaks(atoms: Sequence[_Atom]) -> list[int]:
    """Before which atoms a second line may begin, so that neither is too long."""
    ends = _ends(atoms)
    return [
        at
        for at in range(1, len(atoms))
        if ends[at - 1] <= LINE and ends[-1] - ends[at - 1] - atoms[at - 1].space <= LINE
    ]


def _best_break(atoms: Sequence[_Atom], places: Iterable[int]) -> int:
    """Of the places, that with the least cost and distance from the middle together."""
    ends = _ends(atoms)
    return min(places, key=lambda at: atoms[at - 1].cost + abs(ends[at - 1] / max(ends[-1], 1) - 0.5))


def _ends(atoms: Sequence[_Atom]) -> list[int]:
    """Where each atom ends on one long line, the space after it not counted."""
    return [end - atom.space for atom, end in zip(atoms, accumulate(a.width + a.space for a in atoms), strict=True)]


def _text(atoms: Sequence[_Atom]) -> str:
    return "".join(atom.text for atom in atoms).strip()


# --- where text may be broken


def _atoms(text: str) -> list[_Atom]:
    """Text cut at every place where a line may end; its white space is single spaces."""
    atoms: list[_Atom] = []
    pending: list[str] = []
    width = 0
    clusters = list(_clusters(text))
    for cluster, after in zip_longest(clusters, clusters[1:], fillvalue=""):
        pending.append(cluster)
        width += _width(cluster)
        if not after or cluster == " " or _between_wide(cluster[0], after[0]):
            atoms.append(_atom("".join(pending), _cost(pending)))
        elif after != " " and width + _width(after) > LINE:
            atoms.append(_atom("".join(pending), INSIDE_WORD))
        else:
            continue
        pending, width = [], 0
    return atoms


def _atom(text: str, cost: float) -> _Atom:
    bare = text.rstrip(" ")
    width = sum(map(_width, _clusters(bare)))
    return _Atom(text, width, COLUMN * (len(text) - len(bare)), spoken_length(bare), cost)


def _cost(clusters: Sequence[str]) -> float:
    """What it costs to break after these: by the last of them that is neither a space nor a closing mark."""
    last = next((c for c in reversed(clusters) if c != " " and c not in _CLOSERS), "")
    if last in _ENDS:
        return AFTER_SENTENCE
    if last in _CLAUSES:
        return AFTER_CLAUSE
    return AFTER_WORD if clusters[-1] == " " else BETWEEN_WIDE


def _clusters(text: str) -> Iterator[str]:
    """What a reader takes for one character each: a base with its marks, a joined emoji, a flag.

    A simple cut of Unicode's rules (UAX 29) that errs on the side of keeping together.
    """
    start = 0
    flag = False  # the cluster so far is half a flag
    for at in range(1, len(text)):
        before, after = text[at - 1], text[at]
        indicators = _is_indicator(before) and _is_indicator(after)
        flag = indicators and not flag
        if not flag and not _clings(before, after):
            yield text[start:at]
            start = at
    if text:
        yield text[start:]


def _clings(before: str, after: str) -> bool:
    """Whether two characters are one to the reader: marks, joiners, variation selectors, tones of skin."""
    if after < "\u0300":  # the first combining mark: a quick way for most of the text
        return before == "\u200d"
    return unicodedata.category(after)[0] == "M" or "\u200d" in (before, after) or "\U0001f3fb" <= after <= "\U0001f3ff"


def _is_indicator(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _between_wide(before: str, after: str) -> bool:
    """Whether a line may end between two characters that no space parts: beside a wide one, by the rules of kinsoku."""
    if " " in (before, after) or WIDE not in (_column(before), _column(after)) or before in _OPENERS:
        return False
    return not (after in _ENDS or after in _CLAUSES or after in _CLOSERS or after in _NO_START)


def _width(cluster: str) -> int:
    return max(map(_column, cluster), default=0)


@lru_cache(maxsize=4096)
def _column(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return WIDE if unicodedata.east_asian_width(character) in "WF" else COLUMN


@lru_cache(maxsize=4096)
def _spoken(character: str) -> int:
    """About how long a character takes to say, in English letters; punctuation is a pause."""
    if character in _ENDS:
        return 5
    if character in _CLAUSES or character.isdecimal():
        return 3
    if not character.isalnum():
        return 0
    return 3 if _column(character) == WIDE else 1
