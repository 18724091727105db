"""The text of captions: where it may be broken, how wide it is, and how long it takes to say.

    text -> atoms, which stay on one line, each with the cost of a break after it -> one or two lines

A break costs least after a sentence, more after a clause, between words, and inside a word.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, zip_longest
from typing import Final

COLUMN: Final = 10  # width of a narrow character, so that widths stay whole numbers
WIDE: Final = 21  # of a wide one: 20 of them are as wide as 42 narrow ones
LINE: Final = 42 * COLUMN

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
class Atom:
    """Text that stays on one line, the space after it included, and what breaking after it costs."""

    text: str
    width: int  # without the space
    space: int  # its width, or 0
    spoken: int
    cost: float


def atoms_of(text: str) -> list[Atom]:
    """Cut a text, whose white space is single spaces, at every place where a line may end."""
    atoms: list[Atom] = []
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


def caption_lines(atoms: Sequence[Atom]) -> tuple[str, ...]:
    """Put atoms that fit a caption on one line where possible, else on two, as even as the breaks allow."""
    places = [] if _ends(atoms)[-1] <= LINE else _two_line_breaks(atoms)
    if not places:
        return (_text(atoms),)
    at = best_break(atoms, places)
    return _text(atoms[:at]), _text(atoms[at:])


def fits_caption(atoms: Sequence[Atom]) -> bool:
    """Tell whether atoms fit on two lines."""
    return _ends(atoms)[-1] <= LINE or bool(_two_line_breaks(atoms))


def _two_line_breaks(atoms: Sequence[Atom]) -> list[int]:
    """The places before which a second line may begin, so that neither is too long."""
    ends = _ends(atoms)
    return [
        at
        for at in range(1, len(atoms))
        if ends[at - 1] <= LINE and ends[-1] - ends[at - 1] - atoms[at - 1].space <= LINE
    ]


def best_break(atoms: Sequence[Atom], places: Iterable[int]) -> int:
    """The one of the places with the least cost and distance from the middle together."""
    ends = _ends(atoms)
    return min(places, key=lambda at: atoms[at - 1].cost + abs(ends[at - 1] / max(ends[-1], 1) - 0.5))


def _ends(atoms: Sequence[Atom]) -> list[int]:
    """The end of each atom on one long line, the space after it not counted."""
    return [end - atom.space for atom, end in zip(atoms, accumulate(a.width + a.space for a in atoms), strict=True)]


def _text(atoms: Sequence[Atom]) -> str:
    return "".join(atom.text for atom in atoms).strip()


def _atom(text: str, cost: float) -> Atom:
    bare = text.rstrip(" ")
    width = sum(map(_width, _clusters(bare)))
    return Atom(text, width, COLUMN * (len(text) - len(bare)), spoken_length(bare), cost)


def _cost(clusters: Sequence[str]) -> float:
    """The cost of a break after these: by the last of them that is neither a space nor a closing mark."""
    last = next((c for c in reversed(clusters) if c != " " and c not in _CLOSERS), "")
    if last in _ENDS:
        return AFTER_SENTENCE
    if last in _CLAUSES:
        return AFTER_CLAUSE
    return AFTER_WORD if clusters[-1] == " " else BETWEEN_WIDE


def _clusters(text: str) -> Iterator[str]:
    """The pieces that a reader takes for one character each: a base with its marks, a joined emoji, a flag.

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
    """Tell whether two characters are one to the reader: marks, joiners, variation selectors, tones of skin."""
    if after < "\u0300":  # the first combining mark: a quick way for most of the text
        return before == "\u200d"
    return unicodedata.category(after)[0] == "M" or "\u200d" in (before, after) or "\U0001f3fb" <= after <= "\U0001f3ff"


def _is_indicator(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _between_wide(before: str, after: str) -> bool:
    """Tell whether a line may end between two characters without a space: beside a wide one, by kinsoku's rules."""
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


def spoken_length(text: str) -> int:
    """The time that a text takes to say, roughly, in English letters."""
    return sum(map(_spoken, text))


@lru_cache(maxsize=4096)
def _spoken(character: str) -> int:
    """The time that a character takes to say, roughly, in English letters; punctuation is a pause."""
    if character in _ENDS:
        return 5
    if character in _CLAUSES or character.isdecimal():
        return 3
    if not character.isalnum():
        return 0
    return 3 if _column(character) == WIDE else 1
