"""Text to a Piper voice's tokens: eSpeak NG's phonemes, or the characters themselves, by the voice's own table.

They stand as in Piper's own: ``^ _ h _ ə _ l _ ... . _ $``, a pad after every symbol but the last, phonemes decomposed
(NFD), pauses as punctuation marks. Unlike there, a phoneme that the voice does not know is an error and not left out.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from functools import cached_property

from models.bundle import Bundle
from models.errors import Unspeakable
from models.piper.voice_config import END, PAD, START, Symbols, read_symbols
from models.text import languages, normalise
from models.text.phonemes import espeak, versions
from models.text.phonemes.ipa import plain_ipa, possessive
from models.text.placeholders import Held, HeldWord, hold
from models.text.utterance_cuts import cut_at_pause, cut_between_words
from models.voice import IpaReading, PreparedUtterance

VERSION = 1  # of the rules here; a rise renders all that Piper voices have said again
CONFIG = "model.onnx.json"
GOOD_CHARACTERS = 400  # longer text is cut at a pause, where it has one: the model's cost grows with the square
MAX_CHARACTERS = 1_000

_ENDS = ".!?…。！？"
_CLOSERS = "”’\"')」』）"
# Marks that pause at most, and are heard as nothing where the voice has no token for them.
_SILENT = frozenset("'’‘\"“”„«»()[]{}-–—‑_/…·「」『』（）《》【】") | {"\u00ad"}
_TYPOGRAPHY = {"…": ".", "—": ",", "“": '"', "”": '"', "[": "(", "]": ")", "{": "(", "}": ")", "«": '"', "»": '"'}


class PiperFrontEnd:
    """The front-end of a Piper voice; its JSON is read, and eSpeak NG loaded, at first use."""

    def __init__(self, bundle: Bundle) -> None:
        """Take the bundle whose voice will speak."""
        self._bundle = bundle

    @cached_property
    def _symbols(self) -> Symbols:
        return read_symbols(self._bundle.path(CONFIG))

    def prepare(self, text: str, language: str, readings: Sequence[IpaReading] = ()) -> list[PreparedUtterance]:
        """Turn a segment into utterances; their texts joined are all of the normalised text.

        Raises Unspeakable, quoting what has no sound; VoiceNotInstalled where eSpeak NG or the voice is absent.
        """
        held = hold(text, readings)
        spoken = " ".join(normalise.normalise(held.text, language).split())
        if not any(c.isalnum() for c in spoken):
            raise Unspeakable(f"nothing to say in {text[:60]!r}")
        held.check(spoken)
        return [self._utterance(part, language, held) for part in _fit(spoken)]

    def symbols(self, ipa: str, written: str, language: str) -> str:
        """Return the phonemes in the voice's table. Raises Unspeakable, naming those that are not in it."""
        if self._symbols.phoneme_type == "text":
            raise Unspeakable(
                f"the voice {self._bundle.id} takes respellings, not phonemes: write how {written!r} is said"
            )
        sounds = plain_ipa(ipa).replace("r", "ɹ") if language == "en" else plain_ipa(ipa)
        if unknown := sorted(set(sounds) - self._symbols.phoneme_id_map.keys()):
            names = ", ".join(f"{symbol!r} (U+{ord(symbol):04X})" for symbol in unknown)
            raise Unspeakable(f"the voice {self._bundle.id} has no sound for {names}")
        return sounds

    def guesses(self, *_: object) -> None:
        """Return None: the voice has no list of words."""

    def fingerprint(self, language: str) -> str:
        """Return a digest over the rules, eSpeak NG's version and the voice's table. Reads no file of the voice."""
        state = {
            "version": VERSION,
            "language": language,
            "normaliser": normalise.VERSION,
            "libraries": versions(*normalise.DISTRIBUTIONS, espeak.DISTRIBUTION),
            "table": [file.sha256 for file in self._bundle.files if file.name == CONFIG],
        }
        return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()

    def _utterance(self, text: str, language: str, held: Held) -> PreparedUtterance:
        sounds = "".join(self._sounds(stretch, language) for stretch in held.parted(text))
        text = held.restored(text)
        if self._symbols.phoneme_type == "text":
            symbols, phonemes = _terminated(text), ""
        else:
            symbols = phonemes = _terminated(sounds)
        tokens = [*self._ids(START, text), *self._ids(PAD, text)]
        for symbol in symbols:
            tokens += [*self._ids(symbol, text), *self._ids(PAD, text)]
        return PreparedUtterance(text, language, phonemes, (*tokens, *self._ids(END, text)))

    def _sounds(self, stretch: str | HeldWord, language: str) -> str:
        if isinstance(stretch, HeldWord):
            sounds = self.symbols(stretch.ipa, stretch.written, language)
            return possessive(sounds) if stretch.possessive else sounds
        if self._symbols.phoneme_type == "text" or not stretch.strip():
            return stretch
        before, after = stretch[0].isspace(), stretch[-1].isspace()
        return " " * before + self._from_espeak(stretch, language).strip() + " " * after

    def _from_espeak(self, text: str, language: str) -> str:
        """IPA of text in the voice's language; English words in it are eSpeak NG's to read."""
        for span in languages.spans(text, language):
            if span.language not in {language, "en"}:
                raise Unspeakable(f"voice {self._bundle.id} does not speak {span.language}: {span.text[:60]!r}")
        voice = self._symbols.espeak.voice
        for mark in dict.fromkeys(c for c in text if not (c.isalnum() or c.isspace() or unicodedata.combining(c))):
            if mark not in _SILENT and mark not in self._symbols.phoneme_id_map and not espeak.ipa(mark, voice).strip():
                raise Unspeakable(f"no sound for {mark!r} (U+{ord(mark):04X}) in {text[:60]!r}: write it in words")
        return unicodedata.normalize("NFD", espeak.ipa(text, voice))

    def _ids(self, symbol: str, text: str) -> list[int]:
        """The token or tokens of one symbol. Raises Unspeakable where the voice has none."""
        known = self._symbols.phoneme_id_map
        if symbol in known:
            return known[symbol]
        if self._symbols.codepoint_modulus:
            return [1 + ord(symbol) % self._symbols.codepoint_modulus]
        if symbol in _TYPOGRAPHY and _TYPOGRAPHY[symbol] in known:
            return known[_TYPOGRAPHY[symbol]]
        if symbol in _SILENT:
            return []
        raise Unspeakable(f"voice {self._bundle.id} has no token for {symbol!r} (U+{ord(symbol):04X}) in {text[:60]!r}")


def _fit(text: str) -> list[str]:
    """Cut at pauses beyond GOOD_CHARACTERS, between words beyond MAX_CHARACTERS."""
    at = cut_at_pause(text) if len(text) > GOOD_CHARACTERS else None
    if at is None and len(text) > MAX_CHARACTERS:
        at = cut_between_words(text)
    if at is None:
        if len(text) > MAX_CHARACTERS:
            raise Unspeakable(f"a single word of {len(text)} characters is more than the voice can say: {text[:60]!r}")
        return [text]
    return _fit(text[:at].rstrip()) + _fit(text[at:].lstrip())


def _terminated(symbols: str) -> str:
    """Symbols that end with a mark of some kind: the voice swallows the last word without one."""
    symbols = symbols.strip()
    body = symbols.rstrip(_CLOSERS + " ")
    return symbols if body.endswith((*_ENDS, ",", ";", ":", "—", "，", "；", "：", "、")) else symbols + "."
