"""Text to Kokoro's tokens: normalise, split by language, phonemes, token ids; cut to what one pass takes.

Kokoro-82M v1.0 knows American English, Mandarin and Japanese phonemes in one alphabet (``vocab.json``, from the
model's own configuration, Apache-2.0), so a lesson may mix the three in one sentence. Between 100 and 400 tokens it
speaks best; beyond, it hurries.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from models.bundle import Bundle
from models.text import languages, normalise
from models.text.phonemes import chinese, english, japanese, parts, versions
from models.voice import Unspeakable, Utterance

VERSION = 1  # of the rules here and in models/text/phonemes; a rise renders all that Kokoro has said again
MAX_TOKENS = 510  # the model takes 512 with its two boundaries
GOOD_TOKENS = 400  # longer text is cut at a pause, where it has one
MAX_TRIED = 2_000  # characters; longer text is cut before anything else
VOCABULARY = Path(__file__).with_name("vocab.json")

_ENDS = ".!?…"
_PAUSES = ",;:—"
_CLOSERS = '”")'
_NO_SPACE = re.compile(r"\s+(?=[,.!?:;…”)])|(?<=[“(])\s+")


class _Phonemes(Protocol):
    def phonemes(self, text: str) -> str: ...


LANGUAGES: Mapping[str, Callable[[], _Phonemes]] = {
    "en": english.English,
    "zh": chinese.Chinese,
    "ja": japanese.Japanese,
}
_DISTRIBUTIONS = {"zh": chinese.DISTRIBUTIONS, "ja": japanese.DISTRIBUTIONS}


class KokoroFrontEnd:
    """Of every Kokoro bundle: they differ in weights, not in language. A language's libraries load at first use."""

    def __init__(self, bundle: Bundle) -> None:
        """Take the bundle whose voices will speak."""
        self._bundle = bundle
        self._vocabulary = _vocabulary()

    def prepare(self, text: str, language: str) -> list[Utterance]:
        """Turn a segment into utterances of at most 510 tokens; their texts joined are all of the normalised text.

        Raises Unspeakable, quoting what has no sound; VoiceNotInstalled where a language's libraries are absent.
        """
        spoken = " ".join(normalise.normalise(text, language).split())
        if not any(c.isalnum() for c in spoken):
            raise Unspeakable(f"nothing to say in {text[:60]!r}")
        pieces = self._fit(spoken, language)
        last = len(pieces) - 1
        return [self._utterance(*piece, language, final=i == last) for i, piece in enumerate(pieces)]

    def fingerprint(self, language: str) -> str:
        """A digest over rules, libraries and data of this language, and of English, which may turn up in any."""
        return _fingerprint(language)

    def _fit(self, text: str, language: str) -> list[tuple[str, str]]:
        """Text and phonemes of each utterance. Halving keeps utterances of one segment about as long as each other."""
        phonemes = self._phonemes(text, language) if len(text) <= MAX_TRIED else ""
        if phonemes and len(phonemes) < GOOD_TOKENS:  # one token is kept for the mark that may be added at the end
            return [(text, phonemes)]
        at = parts.pause(text)
        if at is None and phonemes and len(phonemes) < MAX_TOKENS:
            return [(text, phonemes)]
        at = at or parts.gap(text)
        if at is None:
            raise Unspeakable(f"a single word of {len(text)} characters is more than the voice can say: {text[:60]!r}")
        return self._fit(text[:at].rstrip(), language) + self._fit(text[at:].lstrip(), language)

    def _phonemes(self, text: str, language: str) -> str:
        """Phonemes of text in one or several languages, every symbol of them in the vocabulary."""
        out = []
        for span in languages.spans(text, language):
            if span.language not in LANGUAGES:
                raise Unspeakable(
                    f"Kokoro speaks English, Chinese and Japanese, not {span.language}: {span.text[:60]!r}"
                )
            sounds = _language(span.language).phonemes(span.text) if span.text.strip() else ""
            if unknown := set(sounds) - self._vocabulary.keys():
                raise Unspeakable(f"voice {self._bundle.id}: no token for {sorted(unknown)} in {span.text[:60]!r}")
            out.append(sounds)
        return _NO_SPACE.sub("", " ".join(" ".join(out).split()))

    def _utterance(self, text: str, phonemes: str, language: str, *, final: bool) -> Utterance:
        phonemes = _terminated(phonemes, final=final)
        return Utterance(text, language, phonemes, tuple(self._vocabulary[symbol] for symbol in phonemes))


def _terminated(phonemes: str, *, final: bool) -> str:
    """Phonemes that end as the voice expects: it swallows the last word of text without a closing mark.

    An utterance that goes on in the next one may end with the mark of a pause, so that it sounds unfinished.
    """
    phonemes = phonemes.lstrip(_ENDS + _PAUSES + " ").rstrip()
    body = phonemes.rstrip(_CLOSERS + " ")
    if body.endswith(tuple(_ENDS)) or (body.endswith(tuple(_PAUSES)) and not final):
        return phonemes
    if body.endswith(tuple(_PAUSES)):
        return body.rstrip(_PAUSES + " ") + "." + phonemes[len(body) :].strip()
    return phonemes + "."


@lru_cache(maxsize=len(LANGUAGES))
def _language(language: str) -> _Phonemes:
    """Loaded once a process, whichever bundle asks."""
    return LANGUAGES[language]()


@lru_cache(maxsize=1)
def _vocabulary() -> Mapping[str, int]:
    vocabulary: dict[str, int] = json.loads(VOCABULARY.read_text("utf-8"))
    return vocabulary


@lru_cache(maxsize=8)
def _fingerprint(language: str) -> str:
    state = {
        "version": VERSION,
        "language": language,
        "tokens": [MAX_TOKENS, GOOD_TOKENS],
        "normaliser": normalise.VERSION,
        "libraries": versions(*normalise.DISTRIBUTIONS, *english.DISTRIBUTIONS, *_DISTRIBUTIONS.get(language, ())),
        "data": [hashlib.sha256(path.read_bytes()).hexdigest() for path in (VOCABULARY, *english.DATA)],
    }
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()
