"""Text to CosyVoice's tokens: normalise, end with a mark, cut to what the model speaks well, byte-pair ids.

The model reads all five languages, mixed as they come, and expects whole sentences: up to about 80 characters of
Chinese, or 80 tokens of anything else. Longer text is cut at pauses, near the middle, so that no short tail remains.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache

from models.bundle import Bundle
from models.cosyvoice.tokenizer import IDS, PATTERN, VOCABULARY_FILE, Tokenizer
from models.errors import Unspeakable
from models.text import normalise
from models.text.phonemes import versions
from models.text.segment import punctuated
from models.text.utterance_cuts import cut_at_pause, cut_between_words
from models.voice import IpaReading, PreparedUtterance

VERSION = 1  # a rise renders all that CosyVoice has said again
MOST_CHARACTERS = 80  # of an utterance in Chinese or Cantonese
MOST_TOKENS = 80  # of an utterance in other languages
MAX_TRIED = 2_000  # characters; longer text is cut before it is counted


class CosyVoiceFrontEnd:
    """The front-end of every CosyVoice bundle. The vocabulary is read at first use."""

    def __init__(self, bundle: Bundle) -> None:
        """Take the bundle whose voices will speak."""
        self._bundle = bundle
        vocabulary = bundle.parameters.get("text_vocabulary", IDS)  # fewer only in test checkpoints
        self._ids = vocabulary if isinstance(vocabulary, int) and 0 < vocabulary <= IDS else IDS
        self._loaded: Tokenizer | None = None

    def prepare(self, text: str, language: str, readings: Sequence[IpaReading] = ()) -> list[PreparedUtterance]:
        """Turn a segment into utterances; their texts joined are all of the normalised text.

        Raises Unspeakable where there is nothing to say, a single word is longer than an utterance may be, or there are
        readings: the model reads characters.
        """
        for reading in readings:
            self.symbols(reading.ipa, text[reading.start : reading.end], language)
        spoken = " ".join(normalise.normalise(text, language).split())
        if not any(c.isalnum() for c in spoken):
            raise Unspeakable(f"nothing to say in {text[:60]!r}")
        return self._fit(spoken, language)

    def symbols(self, ipa: str, written: str, language: str) -> str:  # noqa: ARG002
        """Raise Unspeakable: there is no symbol for a sound."""
        raise Unspeakable(f"the voice {self._bundle.id} takes respellings, not phonemes: write how {written!r} is said")

    def guesses(self, *_: object) -> None:
        """Return None: the voice has no list of words."""

    def fingerprint(self, language: str) -> str:
        """Return a digest over rules and libraries. The vocabulary is the bundle's, and in its own fingerprint."""
        return _fingerprint(language)

    def _fit(self, text: str, language: str) -> list[PreparedUtterance]:
        marked = punctuated(text, language)
        if len(text) <= MAX_TRIED:
            ids = [number % self._ids for number in self._tokenizer.encode(marked)]
            if len(ids) <= MOST_TOKENS or (language in ("zh", "yue") and len(text) <= MOST_CHARACTERS):
                return [PreparedUtterance(marked, language, "", tuple(ids))]
        at = cut_at_pause(text) or cut_between_words(text)
        if at is None:
            raise Unspeakable(f"a single word of {len(text)} characters is more than the voice can say: {text[:60]!r}")
        return self._fit(text[:at].rstrip(), language) + self._fit(text[at:].lstrip(), language)

    @property
    def _tokenizer(self) -> Tokenizer:
        if self._loaded is None:
            self._loaded = Tokenizer(self._bundle.path(VOCABULARY_FILE))
        return self._loaded


@lru_cache(maxsize=8)
def _fingerprint(language: str) -> str:
    state = {
        "version": VERSION,
        "language": language,
        "limits": [MOST_CHARACTERS, MOST_TOKENS],
        "normaliser": normalise.VERSION,
        "libraries": versions(*normalise.DISTRIBUTIONS, "tiktoken"),
        "pattern": PATTERN,
    }
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()
