"""The author's words beside the sounds that belong to each: "$3.50" is one word, with all the sounds of its reading.

    written     It  costs   $3.50                           a lot.
    pieces      It  costs   three dollars and fifty cents   a lot .
    words       It  costs   $3.50                           a lot

The written text and what was said are cut into units (what white space parts, and every East Asian character) and
compared. Where both agree, or a written unit's own normal form is what was said, a word may end; what lies between two
such places is one word. So words stand in order and apart, and every sound belongs to one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher

from models.text.languages import HAN, KANA
from models.text.phonemes import PhonemePiece

MAX_COMPARED = 250_000  # written units times spoken ones: beyond that the pieces themselves are the words

_UNIT = re.compile(rf"[{HAN}{KANA}]|[^\s{HAN}{KANA}]+")
_BRACKETS = dict(zip(")]}）」』》〉】〕”’»›", "([{（「『《〈【〔“‘«‹", strict=True))
_MARKS = " \"'`—–…。，、；：！？¿¡" + "".join(_BRACKETS) + "".join(_BRACKETS.values())  # around words, never of them
_AFTER = _MARKS + ".,;:!?"  # of words where they come first: .NET


def align_words(
    written: str, pieces: Sequence[PhonemePiece], normal: Callable[[str], str]
) -> list[tuple[str, int, int]]:
    """Return the author's words in order, as (text, first piece, end piece); first and last piece of each are heard.

    ``pieces`` are those of the whole text, in order; ``normal`` gives the spoken form of some written text.
    """
    sounding = [n for n, (_, sounds) in enumerate(pieces) if audible(sounds)]
    found: list[tuple[str, int, int]] = []
    began = taken = 0  # characters of the text, and audible pieces, that have their word
    for at, end in _cuts(written, pieces, normal):
        upto = next((n for n in range(taken, len(sounding)) if sounding[n] >= end), len(sounding))
        if upto > taken and (text := _bare(written[began:at])):
            found.append((text, sounding[taken], sounding[upto - 1] + 1))
            began, taken = at, upto
    if taken == len(sounding):  # what is written after it has no sound
        return found
    return [(_bare(text), n, n + 1) for n, (text, _) in enumerate(pieces) if n in sounding]


def audible(sounds: str) -> bool:
    """Tell whether phonemes are more than a pause."""
    return any(c.isalpha() for c in sounds)


def _bare(text: str) -> str:
    """A word without the marks around it; brackets that it opens itself are its own: ``append()``."""
    bare = text.lstrip(_MARKS)
    while bare and bare[-1] in _AFTER:
        opener = _BRACKETS.get(bare[-1])
        if opener and bare.count(bare[-1]) <= bare.count(opener):
            break
        bare = bare[:-1]
    return bare or text.strip()


def _cuts(written: str, pieces: Sequence[PhonemePiece], normal: Callable[[str], str]) -> Iterator[tuple[int, int]]:
    """Yield where a word may end, in order: a place in the written text and the piece before which it is."""
    spoken = "".join(text for text, _ in pieces)
    ours, theirs = list(_UNIT.finditer(written)), list(_UNIT.finditer(spoken))
    if len(ours) * len(theirs) > MAX_COMPARED:
        return
    ends: dict[int, int] = {}
    at = 0
    for n, (text, _) in enumerate(pieces, 1):
        ends[at + len(text.rstrip())] = n
        at += len(text)
    pairs = {0: 0}
    for i, j in _agreements([_key(m[0]) for m in ours], [_key(m[0]) for m in theirs], [m[0] for m in ours], normal):
        if not j or theirs[j - 1].end() in ends:
            pairs[i] = j  # of several places with the same text before them the last: sounds go with what they follow
    pairs[len(ours)] = len(theirs)
    for i, j in pairs.items():
        if i == len(ours):
            yield len(written), len(pieces)
        elif i and j:
            yield ours[i - 1].end(), ends[theirs[j - 1].end()]


def _agreements(
    ours: Sequence[str], theirs: Sequence[str], texts: Sequence[str], normal: Callable[[str], str]
) -> Iterator[tuple[int, int]]:
    """Yield how many units of either side stand before each place where both sides are at the same point."""
    for tag, i, last, j, end in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from zip(range(i + 1, last + 1), range(j + 1, end + 1), strict=True)
            continue
        while i < last and (said := _keys(normal(texts[i]))) and theirs[j:end][: len(said)] == said:
            i, j = i + 1, j + len(said)  # noqa: PLW2901
            yield i, j
        back = []
        while i < last and (said := _keys(normal(texts[last - 1]))) and theirs[j:end][-len(said) :] == said:
            back.append((last, end))
            last, end = last - 1, end - len(said)  # noqa: PLW2901
        yield last, end
        yield from reversed(back)


def _keys(text: str) -> list[str]:
    return [_key(unit) for unit in _UNIT.findall(text)]


def _key(unit: str) -> str:
    """A unit as it is compared: its letters and digits, or its signs where it has none."""
    plain = unicodedata.normalize("NFKC", unit).casefold()
    return "".join(c for c in plain if c.isalnum()) or plain
