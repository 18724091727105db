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

from models.text.languages import dominant
from models.text.segment_cuts import CLOSERS, LIMIT, Spans, is_heard, limited, width, within

VERSION = 2  # a rise cuts every lesson anew; only sentences that come out different are rendered
WINDOW = 2_000  # characters given to sentencex at once: its time grows with the square of East Asian text

Boundary = Literal["sentence", "clause"]

_PAIRS = dict(zip("“「『（【《〈〔［([«", "”」』）】》〉〕］)]»", strict=True))
_END_WIDE = re.compile(f"[。！？｡]+[。！？!?｡…]*[{CLOSERS}]*")
_END_CLOSED = re.compile(r"[.!?]+[)\]]+\s+")  # (It works.) Next
_ENUMERATOR = re.compile(r"\s*[(（]?(?:\d{1,3}|[A-Za-z])[.)）．]\s*$")  # 1.  a)  (2)
_QUOTED_ON = re.compile(r"\s*(?:と|って|という|といった|など|の|は|が|を|に|で|も|や|、|，|,|。|；|;)")
_CLOSED_QUOTE = re.compile(r"[」』”’）)]\s*$")
_TERMINAL = re.compile(f"[.!?。！？｡…]+[{CLOSERS}\\s]*$")
_PAUSING = re.compile(f"[,;:、，；：—–-]+[{CLOSERS}\\s]*$")
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")  # no sound, no width


@dataclass(frozen=True, slots=True)
class SegmentText:
    """A segment's text as written, white space folded; what kind of boundary follows it; where it starts."""

    text: str
    language: str
    boundary: Boundary  # within the block; the last piece's is "sentence"
    start: int  # offset into the block's text
    end: int  # where its text ends there, the white space after it not counted


def pieces(text: str, language: str, *, whole: bool = False, kept: Spans = ()) -> list[SegmentText]:
    """Cut a block into segments. Joined, they are the text up to white space and invisible characters.

    Empty when nothing in the block can be spoken. ``language`` is the block's; each sentence gets its own. What is
    ``whole`` is one sentence, whatever it looks like. The spans ``kept`` are never cut, and always spoken: they have
    readings of their own. What is wider than LIMIT among them is text like any other.
    """
    found = []
    kept = [(a, b) for a, b in kept if width(text[a:b]) <= LIMIT]
    candidates = [(0, len(text))] if whole else _unbroken(_sentences(text, language), kept)
    for begin, end in _merged(text, candidates, kept):
        sentence = text[begin:end]
        sentence_language = dominant(sentence, language)
        cuts = limited(text, begin, end, kept)
        for a, b in cuts:
            boundary: Boundary = "sentence" if b == end else "clause"
            visible = _first_visible(text, a, b)
            found.append(
                SegmentText(
                    fold(text[a:b]), sentence_language, boundary, visible, visible + len(text[visible:b].rstrip())
                )
            )
    return found


def fold(text: str) -> str:
    """Return the text in NFC, runs of white space as one space, without characters that are neither seen nor heard."""
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFC", text)).split())


def punctuated(text: str, language: str, boundary: str = "sentence") -> str:
    """Return the segment's text as the voice gets it: a heading or list item without terminal punctuation gets some.

    Without it, voices trail off or swallow the last word. What ends in a comma or colon is left alone.
    """
    if ends(text):
        return text
    wide = language in ("zh", "ja", "yue")
    if boundary == "clause":
        return text + ("、" if language == "ja" else "，" if wide else ",")
    return text + ("。" if wide else ".")


def ends(text: str) -> Literal["sentence", "pause", ""]:
    """Return what the punctuation at the end of a text says."""
    return "sentence" if _TERMINAL.search(text) else "pause" if _PAUSING.search(text) else ""


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
    """Return where sentences end in one line of at most WINDOW characters; the last is its length."""
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
    """Tell whether no quotation or bracket is open at the end."""
    waiting: list[str] = []
    for c in text:
        if c in _PAIRS:
            waiting.append(_PAIRS[c])
        elif c in waiting:
            del waiting[waiting.index(c) :]
    return not waiting


def _unbroken(candidates: Iterator[tuple[int, int]], kept: Spans) -> list[tuple[int, int]]:
    """Sentence candidates without those ends that lie inside a span."""
    found: list[tuple[int, int]] = []
    for start, end in candidates:
        if found and within(start, kept):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _merged(text: str, candidates: list[tuple[int, int]], kept: Spans) -> Iterator[tuple[int, int]]:
    """Join what is no sentence of its own: enumerators, quotations that go on, fragments without sound."""
    held: list[int] = []  # [start, end] of the sentence so far
    for start, end in candidates:
        if held and _belongs(text, held[0], start, end, kept):
            held[1] = end
        elif held:
            yield held[0], held[1]
            held = [start, end]
        else:
            held = [start, end]
    if held and is_heard(text, held[0], held[1], kept):
        yield held[0], held[1]


def _belongs(text: str, begin: int, start: int, end: int, kept: Spans) -> bool:
    """Tell whether text[start:end] belongs to the sentence text[begin:start] before it."""
    before, after = text[begin:start], text[start:end]
    if not is_heard(text, begin, start, kept) or not is_heard(text, start, end, kept):
        return True
    if before.endswith("\n"):
        return False
    if len(before) <= 8 and _ENUMERATOR.match(before):
        return True
    return bool(_CLOSED_QUOTE.search(before) and _QUOTED_ON.match(after))
