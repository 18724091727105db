"""Words that are said in phonemes of their own, kept out of the hands of normalisers.

In place of each stands one letter of a script that no language here is written in, so that normalisers and splitters
see a word and leave it alone; afterwards the text is parted at these letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from models.errors import Unspeakable
from models.voice import IpaReading

_LETTERS = range(0xA500, 0xA60C)  # syllables of Vai


@dataclass(frozen=True, slots=True)
class HeldWord:
    """A word as it is written, and how it is said."""

    written: str
    ipa: str
    possessive: bool = False  # written with 's


@dataclass(frozen=True, slots=True)
class Held:
    """A text with a letter in place of each word that has a reading, and which letter stands for which."""

    text: str
    words: Mapping[str, HeldWord]

    def parted(self, text: str) -> Iterator[str | HeldWord]:
        """Part what became of the text, or of a stretch of it: words with readings, and what lies between them."""
        if not self.words:
            yield text
            return
        for stretch in re.split(rf"([{''.join(self.words)}](?:['’]s\b)?)", text):
            word = self.words.get(stretch[:1])
            if word:
                yield HeldWord(word.written + stretch[1:], word.ipa, len(stretch) > 1)
            elif stretch:
                yield stretch

    def restored(self, text: str) -> str:
        """Return a text with the words as they are written."""
        return "".join(one if isinstance(one, str) else one.written for one in self.parted(text))

    def check(self, text: str) -> None:
        """Raise Unspeakable where not every word is in what became of the text, in its order."""
        if [c for c in text if c in self.words] != list(self.words):
            written = self.restored(self.text)[:60]
            raise Unspeakable(f"a word with phonemes cannot be told from what is around it: {written!r}")


def hold(text: str, readings: Sequence[IpaReading]) -> Held:
    """Take the words with readings out of a text; readings are ascending and apart. Raises Unspeakable for too many."""
    if not readings:
        return Held(text, {})
    letters = list(islice((letter for letter in map(chr, _LETTERS) if letter not in text), len(readings)))
    if len(letters) < len(readings):
        raise Unspeakable(f"{len(readings)} words with phonemes in one segment are too many")
    out, at = "", 0
    for letter, reading in zip(letters, readings, strict=True):
        out += text[at : reading.start] + letter
        at = reading.end
    words = {
        letter: HeldWord(text[one.start : one.end], one.ipa) for letter, one in zip(letters, readings, strict=True)
    }
    return Held(out + text[at:], words)
