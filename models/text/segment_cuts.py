"""The length of a text when spoken, and the places to cut a segment that is too long."""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections.abc import Sequence

from models.text.languages import HAN, HANGUL, KANA

Spans = Sequence[tuple[int, int]]  # [start, end), ascending and apart

LIMIT = 300  # of one segment, in widths: a Latin letter is 1, Hangul 2, Han, kana, digits 3 (100 characters of Chinese)
CLOSERS = "”’」』）】》〉〕］)\\]\"'»"

_WIDE = re.compile(f"[{HAN}{KANA}]")
_HANGUL = re.compile(f"[{HANGUL}]")
_DIGIT = re.compile(r"\d")
# Where an over-long sentence is cut, best first: sentence ends inside quotes; strong, weak pauses; words.
_CUTS = tuple(
    re.compile(pattern)
    for pattern in (
        f"[.!?]+[{CLOSERS}]*\\s+|[。！？｡…]+[{CLOSERS}]*",
        f"[;:—]+[{CLOSERS}]*\\s+|[；：]+[{CLOSERS}]*|——+|\\s[–—-]\\s",
        f",[{CLOSERS}]*\\s+|[，、､]+[{CLOSERS}]*",
        r"\s+",
    )
)


def width(text: str) -> int:
    """Measure how long a text is to speak, in Latin letters; a digit is a word, or part of a long one."""
    if text.isascii() and not _DIGIT.search(text):
        return len(text)
    return len(text) + 2 * (len(_WIDE.findall(text)) + len(_DIGIT.findall(text))) + len(_HANGUL.findall(text))


def speakable(text: str) -> bool:
    """Tell whether there is a letter or a digit in it."""
    return any(map(str.isalnum, text))


def is_heard(text: str, begin: int, end: int, kept: Spans = ()) -> bool:
    """Tell whether anything in text[begin:end] is heard: a letter, a digit, or a span that has a reading of its own."""
    before = bisect.bisect_left(kept, (end, 0))
    return (before > 0 and kept[before - 1][1] > begin) or speakable(text[begin:end])


def within(place: int, kept: Spans) -> bool:
    """Tell whether a place is in the middle of a span."""
    before = bisect.bisect_left(kept, (place, 0))
    return before > 0 and kept[before - 1][1] > place


def limited(text: str, begin: int, end: int, kept: Spans = ()) -> list[tuple[int, int]]:
    """Cut text[begin:end] so that nothing is wider than LIMIT, and nothing inside the spans, none wider than that."""
    if width(text[begin:end]) <= LIMIT:
        return [(begin, end)]
    cuts, start = [], begin
    while width(text[start:end] if end - start <= LIMIT else text[start : start + LIMIT + 1]) > LIMIT:
        at = _cut(text, start, end, kept)
        cuts.append((start, at))
        start = at
    cuts.append((start, end))
    return _attach_silent(text, cuts, kept)


def _cut(text: str, start: int, end: int, kept: Spans) -> int:
    """The best place to cut after start, within LIMIT: the last of the best kind in the second half of the room."""
    room = _room(text, start, end)
    places: list[int] = []
    for pattern in _CUTS:
        places = [m.end() for m in pattern.finditer(text, start, room) if m.end() < end and not within(m.end(), kept)]
        good = [p for p in places if p >= start + (room - start) // 2]
        if good:
            return good[-1]
    return places[-1] if places else _grapheme_start(text, start, room, kept)


def _room(text: str, start: int, end: int) -> int:
    """The furthest offset whose text is no wider than LIMIT."""
    used = 0
    for at in range(start, end):
        c = text[at]
        used += 3 if c.isdecimal() or _WIDE.match(c) else 2 if _HANGUL.match(c) else 1
        if used > LIMIT:
            return at
    return end


def _grapheme_start(text: str, start: int, at: int, kept: Spans) -> int:
    """The last offset up to ``at`` that does not tear apart what is seen as one character (UAX 29, in short)."""
    for place in range(at, start, -1):
        if not _joined(text, place) and not within(place, kept):
            return place
    return at


def _joined(text: str, at: int) -> bool:
    c, before = text[at], text[at - 1]
    if unicodedata.category(c) in ("Mn", "Me", "Mc") or c in "\u200d\ufe0e\ufe0f" or before == "\u200d":
        return True
    if "\U0001f3fb" <= c <= "\U0001f3ff" or "\U000e0020" <= c <= "\U000e007f":  # skin tones, flag tags
        return True
    if _regional(c) and _regional(before):
        run = at
        while run > 0 and _regional(text[run - 1]):
            run -= 1
        return (at - run) % 2 == 1
    return "\u1160" <= c <= "\u11ff"  # Hangul vowels and finals, written apart


def _regional(c: str) -> bool:
    return "\U0001f1e6" <= c <= "\U0001f1ff"


def _attach_silent(text: str, cuts: list[tuple[int, int]], kept_whole: Spans) -> list[tuple[int, int]]:
    """Join a piece without sound to its neighbour, or leave it out where the two together are far too wide."""
    kept: list[tuple[int, int]] = []
    for start, end in cuts:
        silent = not is_heard(text, start, end, kept_whole)
        before = kept and not is_heard(text, *kept[-1], kept_whole)
        if not kept or not (silent or before):
            kept.append((start, end))
        elif width(text[kept[-1][0] : end]) <= 2 * LIMIT:
            kept[-1] = (kept[-1][0], end)
        elif before:
            kept[-1] = (start, end)
    return kept
