"""Cut a block of text into segments: one sentence each, none too long, nothing lost.

    pieces("Dr. Lee came. “走吧。”", "en")  ->  "Dr. Lee came." | "“走吧。”"

sentencex (Wikimedia's, multilingual, rule based) finds sentences; a thin layer mends where it splits a sentence from
its number ("1. First"), a Japanese quotation from its と, or misses 。 before a digit. What is wider than LIMIT is cut
at clauses, then between words, and only then between characters, never inside one that a reader sees as one (an emoji
with its modifiers, a letter with its accents). A newline in the text is a forced break.

A fragment without a letter or digit ("— —", an emoji) cannot be spoken: it stays with its neighbour in the same block,
and a block that has nothing else is silent. Thousands of emoji in a row are left out: they say nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from models.text.languages import HAN, HANGUL, KANA, dominant

VERSION = 1  # a rise cuts every lesson anew; only sentences that come out different are rendered
LIMIT = 300  # of one segment, in widths: a Latin letter is 1, Hangul 2, Han and kana 3 (100 characters of Chinese)
WINDOW = 2_000  # characters given to sentencex at once: its time grows with the square of East Asian text

Boundary = Literal["sentence", "clause"]

_CLOSERS = "”’」』）】》〉〕］)\\]\"'»"
_OPENERS = "“「『（【《〈〔［([«"
_PAIRS = dict(zip("“「『（【《〈〔［([«", "”」』）】》〉〕］)]»", strict=True))
_END_WIDE = re.compile(f"[。！？｡]+[。！？!?｡…]*[{_CLOSERS}]*")
_END_CLOSED = re.compile(r"[.!?]+[)\]]+\s+")  # (It works.) Next
_ENUMERATOR = re.compile(r"\s*[(（]?(?:\d{1,3}|[A-Za-z])[.)）．]\s*$")  # 1.  a)  (2)
_QUOTED_ON = re.compile(r"\s*(?:と|って|という|といった|など|の|は|が|を|に|で|も|や|、|，|,|。|；|;)")
_CLOSED_QUOTE = re.compile(r"[」』”’）)]\s*$")
_TERMINAL = re.compile(f"[.!?。！？｡…]+[{_CLOSERS}\\s]*$")
_PAUSING = re.compile(f"[,;:、，；：—–-]+[{_CLOSERS}\\s]*$")
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")  # no sound, no width
_WIDE = re.compile(f"[{HAN}{KANA}]")
_HANGUL = re.compile(f"[{HANGUL}]")
# Where an over-long sentence is cut, best first: sentence ends inside quotes; strong, weak pauses; words.
_CUTS = tuple(
    re.compile(pattern)
    for pattern in (
        f"[.!?]+[{_CLOSERS}]*\\s+|[。！？｡…]+[{_CLOSERS}]*",
        f"[;:—]+[{_CLOSERS}]*\\s+|[；：]+[{_CLOSERS}]*|——+|\\s[–—-]\\s",
        f",[{_CLOSERS}]*\\s+|[，、､]+[{_CLOSERS}]*",
        r"\s+",
    )
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One segment's text as written, white space folded; what kind of boundary follows it; where it starts."""

    text: str
    language: str
    boundary: Boundary  # within the block; the last piece's is "sentence"
    start: int  # offset into the block's text


def pieces(text: str, language: str) -> list[Piece]:
    """Cut a block into segments. Joined, they are the text up to white space and invisible characters.

    Empty when nothing in the block can be spoken. ``language`` is the block's; each sentence gets its own.
    """
    found = []
    for begin, end in _merged(text, list(_sentences(text, language))):
        sentence = text[begin:end]
        sentence_language = dominant(sentence, language)
        cuts = _limited(text, begin, end)
        for a, b in cuts:
            boundary: Boundary = "sentence" if b == end else "clause"
            found.append(Piece(fold(text[a:b]), sentence_language, boundary, _first_visible(text, a, b)))
    return found


def fold(text: str) -> str:
    """NFC, runs of white space as one space, without characters that are neither seen nor heard."""
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFC", text)).split())


def speakable(text: str) -> bool:
    """Whether there is a letter or a digit in it."""
    return any(map(str.isalnum, text))


def punctuated(text: str, language: str, boundary: str = "sentence") -> str:
    """The segment's text as the voice gets it: a heading or list item without terminal punctuation gets some.

    Without it, voices trail off or swallow the last word. What ends in a comma or colon is left alone.
    """
    if _TERMINAL.search(text) or _PAUSING.search(text):
        return text
    wide = language in ("zh", "ja", "yue")
    if boundary == "clause":
        return text + ("、" if language == "ja" else "，" if wide else ",")
    return text + ("。" if wide else ".")


def width(text: str) -> int:
    """How long a text is to speak, in Latin letters."""
    if text.isascii():
        return len(text)
    return len(text) + 2 * len(_WIDE.findall(text)) + len(_HANGUL.findall(text))


def _first_visible(text: str, begin: int, end: int) -> int:
    return end - len(text[begin:end].lstrip()) if text[begin].isspace() else begin


def _sentences(text: str, language: str) -> Iterator[tuple[int, int]]:
    """Sentence candidates as (start, end), covering the text."""
    begin = 0
    for line in text.splitlines(keepends=True):
        start, finish = begin, begin + len(line)
        looked = start  # sentencex has seen the line up to here
        while looked < finish:
            until = min(looked + WINDOW, finish)
            ends = [looked + at for at in _ends(text[looked:until], language)]
            if until < finish:
                ends.pop()  # the window's end is no sentence's
            for end in ends:
                yield start, end
                start = end
            looked = start if ends else until
        begin = finish


def _ends(text: str, language: str) -> list[int]:
    """Where sentences end in one line of at most WINDOW characters; the last is its length."""
    from sentencex import get_sentence_boundaries

    found = {int(boundary["end_index"]) for boundary in get_sentence_boundaries(language, text)} | {len(text)}
    start = 0
    for end in sorted(found):
        if end - start > 1:
            found.update(start + at for at in _missed(text[start:end]))
        start = end
    return sorted(found)


def _missed(sentence: str) -> Iterator[int]:
    """Ends that sentencex overlooks: 。 before a digit or after a bracket, and "(Whole sentence.) Next"."""
    for match in _END_WIDE.finditer(sentence):
        if match.end() < len(sentence) and _balanced(sentence[: match.end()]):
            yield match.end()
    if sentence[0] in "([":
        for match in _END_CLOSED.finditer(sentence):
            if match.end() < len(sentence) and sentence[match.end()].isupper() and _balanced(sentence[: match.end()]):
                yield match.end()


def _balanced(text: str) -> bool:
    """Whether no quotation or bracket is open at the end."""
    waiting: list[str] = []
    for c in text:
        if c in _PAIRS:
            waiting.append(_PAIRS[c])
        elif c in waiting:
            del waiting[waiting.index(c) :]
    return not waiting


def _merged(text: str, candidates: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join what is no sentence of its own: enumerators, quotations that go on, fragments without sound."""
    held: list[int] = []  # [start, end] of the sentence so far
    for start, end in candidates:
        if held and _belongs(text, held[0], start, end):
            held[1] = end
        elif held:
            yield held[0], held[1]
            held = [start, end]
        else:
            held = [start, end]
    if held and speakable(text[held[0] : held[1]]):
        yield held[0], held[1]


def _belongs(text: str, begin: int, start: int, end: int) -> bool:
    """Whether text[start:end] belongs to the sentence text[begin:start] before it."""
    before, after = text[begin:start], text[start:end]
    if not speakable(before) or not speakable(after):
        return True
    if before.endswith("\n"):
        return False
    if len(before) <= 8 and _ENUMERATOR.match(before):
        return True
    return bool(_CLOSED_QUOTE.search(before) and _QUOTED_ON.match(after))


def _limited(text: str, begin: int, end: int) -> list[tuple[int, int]]:
    """Cut text[begin:end] so that nothing is wider than LIMIT."""
    if width(text[begin:end]) <= LIMIT:
        return [(begin, end)]
    cuts, start = [], begin
    while width(text[start:end] if end - start <= LIMIT else text[start : start + LIMIT + 1]) > LIMIT:
        at = _cut(text, start, end)
        cuts.append((start, at))
        start = at
    cuts.append((start, end))
    return _attach_silent(text, cuts)


def _cut(text: str, start: int, end: int) -> int:
    """The best place to cut after start, within LIMIT: the last of the best kind in the second half of the room."""
    room = _room(text, start, end)
    for pattern in _CUTS:
        places = [m.end() for m in pattern.finditer(text, start, room)]
        good = [p for p in places if p >= start + (room - start) // 2 and p < end]
        if good:
            return good[-1]
    words = [m.end() for m in _CUTS[-1].finditer(text, start, room) if m.end() < end]
    return words[-1] if words else _grapheme_start(text, start, room)


def _room(text: str, start: int, end: int) -> int:
    """The furthest offset whose text is no wider than LIMIT."""
    used = 0
    for at in range(start, end):
        c = text[at]
        used += 1 if c < "\u1100" else 3 if _WIDE.match(c) else 2 if _HANGUL.match(c) else 1
        if used > LIMIT:
            return at
    return end


def _grapheme_start(text: str, start: int, at: int) -> int:
    """The last offset up to ``at`` that does not tear apart what is seen as one character (UAX 29, in short)."""
    for place in range(at, start, -1):
        if not _joined(text, place):
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


def _attach_silent(text: str, cuts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """A piece without sound goes with its neighbour, or is left out where the two together are far too wide."""
    kept: list[tuple[int, int]] = []
    for start, end in cuts:
        silent, before = not speakable(text[start:end]), kept and not speakable(text[kept[-1][0] : kept[-1][1]])
        if not kept or not (silent or before):
            kept.append((start, end))
        elif width(text[kept[-1][0] : end]) <= 2 * LIMIT:
            kept[-1] = (kept[-1][0], end)
        elif before:
            kept[-1] = (start, end)
    return kept
