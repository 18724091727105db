"""Words that are said in a way of their own, found in a text.

    Lexicon([LexiconEntry("kubectl", say="cube control")]).find("Use kubectl.", ...)  ->  (4, 11, that entry)

An entry is a word, a phrase or a sign. In scripts with spaces a word is matched whole: no letter or digit touches it,
nor does an apostrophe or a dot with one behind ("kubectl's" and "node.js" are words of their own). Chinese, Japanese
and Korean have no such limits, nor have entries made of signs alone ("℃") or those marked ``part``. An entry without a
capital letter matches in any case; one with a capital ("US", "Polish") as it is written, unless it says otherwise.
The first match in the text wins, of several at one place the longest.

One look at each word of the text, in a table by first words: thousands of entries cost no more than a few.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from models.text.languages import HAN, HANGUL, KANA

_WIDE = f"{HAN}{KANA}{HANGUL}"
_LETTER = f"(?:[^\\W_{_WIDE}]|[\u0300-\u036f])"  # of a script with spaces, digits among them
_SPACELESS = re.compile(f"[{_WIDE}]")
_FIRST = re.compile(f"[{_WIDE}]|(?:{_LETTER}|_)+|[^\\w\\s]")
_TOUCHED = re.compile(f"(?:{_LETTER}|_|{_LETTER}['’.@])$")
_TOUCHING = re.compile(f"{_LETTER}|_|['’.@]{_LETTER}")
_SPACES = r"[^\S\n]+"
_ALIKE = str.maketrans("’‘‐‑\u00a0", "''-- ")


@dataclass(frozen=True, slots=True)
class LexiconEntry:
    """A word and how it is said: in other words, in phonemes (IPA), or in phonemes where a voice takes them.

    ``case`` None leaves it to the rule above. ``source`` is file and line.
    """

    written: str
    say: str | None = None
    ipa: str | None = None
    case: bool | None = None  # whether it matters
    language: str | None = None  # of the sentences in which it holds; None is all
    part: bool = False  # also inside a longer word
    source: str = field(default="", compare=False)

    @property
    def exact(self) -> bool:
        """True where it matches only as it is written."""
        return self.written != self.written.lower() if self.case is None else self.case

    @property
    def place(self) -> tuple[str, bool, str | None]:
        """Identity: no two entries of one lexicon have the same."""
        return _plain(self.written) if self.exact else _lower(_plain(self.written)), self.exact, self.language


@dataclass(frozen=True, slots=True)
class _Pattern:
    entry: LexiconEntry
    text: str  # plain, in lower case unless its case matters
    phrase: re.Pattern[str] | None  # of an entry with white space
    bound: bool  # must not touch letters or digits


class Lexicon:
    """Entries to be found in texts. Of two for the same words, the later replaces the earlier."""

    def __init__(self, entries: Iterable[LexiconEntry] = ()) -> None:
        self._entries = {entry.place: entry for entry in entries}
        self._by_first: dict[str, list[_Pattern]] = {}
        self._parts: dict[str, list[_Pattern]] = {}  # by first character
        for entry in self._entries.values():
            for form in {unicodedata.normalize(form, entry.written) for form in ("NFC", "NFD")}:
                self._add(entry, _plain(form))
        for table in (self._by_first, self._parts):
            for patterns in table.values():
                patterns.sort(key=lambda one: (-len(one.text), not one.entry.exact, one.entry.language is None))
        self._part_starts = re.compile(f"[{re.escape(''.join(self._parts))}]") if self._parts else None

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> tuple[LexiconEntry, ...]:
        """All entries."""
        return tuple(self._entries.values())

    @cached_property
    def digest(self) -> str:
        """A digest over what the entries say, wherever it is written; empty without any."""
        said = sorted(
            json.dumps([e.written, e.say, e.ipa, e.exact, e.language, e.part]) for e in self._entries.values()
        )
        return hashlib.sha256("\n".join(said).encode()).hexdigest() if said else ""

    def find(
        self, text: str, language_at: Callable[[int], str], free: Callable[[int, int], bool] = lambda *_: True
    ) -> Iterator[tuple[int, int, LexiconEntry]]:
        """Yield where entries stand in a text: [start, end), ascending and apart.

        ``language_at`` gives the language of the sentence at an offset, ``free`` whether a span may have a reading.
        """
        if not self._entries:
            return
        plain = _plain(text)
        lower = _lower(plain)
        after = 0
        for start, patterns in self._places(lower):
            if start < after:
                continue
            for pattern in patterns:
                end = _end(pattern, plain if pattern.entry.exact else lower, start)
                if end is None or not free(start, end):
                    continue
                if pattern.entry.language in (None, language_at(start) if pattern.entry.language else None):
                    yield start, end, pattern.entry
                    after = end
                    break

    def _add(self, entry: LexiconEntry, text: str) -> None:
        spoken = any(map(str.isalnum, text))
        first = _FIRST.match(_lower(text))
        table, key = (self._by_first, first[0]) if first and not entry.part else (self._parts, _lower(text[0]))
        if not entry.exact:
            text = _lower(text)
        phrase = re.compile(_SPACES.join(map(re.escape, text.split(" ")))) if " " in text else None
        table.setdefault(key, []).append(_Pattern(entry, text, phrase, spoken and not entry.part))

    def _places(self, lower: str) -> Iterator[tuple[int, list[_Pattern]]]:
        """Yield where something may begin, in order."""
        by_first = self._by_first
        if self._part_starts is None:
            for match in _FIRST.finditer(lower):
                if patterns := by_first.get(match[0]):
                    yield match.start(), patterns
            return
        found = [(m.start(), by_first[m[0]]) for m in _FIRST.finditer(lower) if m[0] in by_first]
        found += [(m.start(), self._parts[m[0]]) for m in self._part_starts.finditer(lower)]
        yield from sorted(found, key=lambda one: one[0])


def _end(pattern: _Pattern, text: str, start: int) -> int | None:
    """Return where the pattern ends in the text, None where it does not stand at ``start``."""
    if pattern.phrase:
        match = pattern.phrase.match(text, start)
        end = match.end() if match else None
    else:
        end = start + len(pattern.text) if text.startswith(pattern.text, start) else None
    if end is None or not pattern.bound:
        return end
    touched = not _SPACELESS.match(text, start) and _TOUCHED.search(text[max(0, start - 2) : start])
    touching = not _SPACELESS.match(text, end - 1) and _TOUCHING.match(text, end)
    return None if touched or touching else end


def _plain(text: str) -> str:
    """Apostrophes and hyphens of one kind; every character keeps its place."""
    return text.translate(_ALIKE)


def _lower(text: str) -> str:
    """Lower case; every character keeps its place."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c if len(c.lower()) > 1 else c.lower() for c in text)
