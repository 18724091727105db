"""Text to Kokoro's tokens: normalise, split by language, phonemes, token ids; cut to what one pass takes.

Kokoro-82M v1.0 knows American English, Mandarin and Japanese phonemes in one alphabet (``vocab.json``, from the
model's own configuration, Apache-2.0), so a lesson may mix the three in one sentence. Between 100 and 400 tokens it
speaks best; beyond, it hurries.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

from models.bundle import Bundle
from models.errors import Unspeakable
from models.kokoro.alphabet import spelt, symbols
from models.kokoro.guest_voices import guests, native
from models.kokoro.vocabulary import FILE, MAX_TOKENS, vocabulary
from models.text import languages, normalise
from models.text.phonemes import PhonemePiece, chinese, english, japanese, versions
from models.text.phonemes.ipa import possessive
from models.text.phonemes.word_alignment import align_words, audible
from models.text.placeholders import Held, HeldWord, hold
from models.text.utterance_cuts import cut_at_pause, cut_between_words
from models.voice import IpaReading, PreparedUtterance

VERSION = 2  # of the rules here and in models/text/phonemes; a rise renders all that Kokoro has said again
GOOD_TOKENS = 400  # longer text is cut at a pause, where it has one
PASSAGE_LETTERS = 3  # of English: fewer, as in A 组, are said by the voice of the sentence
MAX_TRIED = 2_000  # characters; longer text is cut before anything else

_ENDS = ".!?…"
_PAUSES = ",;:—"
_CLOSERS = '”")'
_LEADING = _ENDS + _PAUSES + " "  # said of nothing
_OPENING = "“( "
_MARKS = _ENDS + _PAUSES + _CLOSERS + _OPENING
_CLOSED_QUOTE = re.compile(r'^([,.!?]*)"')
_NO_SPACE = re.compile(r"\s+(?=[,.!?:;…”)])|(?<=[“(])\s+")
_TONE = re.compile("[→↗↓↘]")
# English p, t and k are aspirated at a word's head and before a stressed vowel, but not after s, and a Mandarin voice
# has to be told: it learnt p as the sound of 八, and its Python is "bison".
_ASPIRATED = re.compile(r"(?<!s)[ptk](?=[ɹlwj]?[ˈˌ])|(?<!\S)[ptk](?=[^\W\d_])")


class _Phonemes(Protocol):
    def pieces(self, text: str) -> list[PhonemePiece]: ...

    def joined(self, pieces: Iterable[PhonemePiece]) -> str: ...


@dataclass(frozen=True, slots=True)
class _Part:
    """A part that one pass says: normalised text, its phonemes, and the same piece by piece.

    ``passages`` are the pieces [first, end) that are in another language than the segment, with the language.
    """

    text: str
    phonemes: str
    pieces: Sequence[PhonemePiece]
    passages: Sequence[tuple[str, int, int]]


LANGUAGES: Mapping[str, Callable[[], _Phonemes]] = {
    "en": english.English,
    "zh": chinese.Chinese,
    "ja": japanese.Japanese,
}
_DISTRIBUTIONS = {"zh": chinese.DISTRIBUTIONS, "ja": japanese.DISTRIBUTIONS}


class KokoroFrontEnd:
    """The front-end of every Kokoro bundle: they differ in weights alone. A language's libraries load at first use."""

    def __init__(self, bundle: Bundle) -> None:
        """Take the bundle whose voices will speak."""
        self._bundle = bundle
        self._vocabulary = vocabulary()

    def prepare(self, text: str, language: str, readings: Sequence[IpaReading] = ()) -> list[PreparedUtterance]:
        """Turn a segment into utterances of at most 510 tokens; their texts joined are all of the normalised text.

        Raises Unspeakable, quoting what has no sound; VoiceNotInstalled where a language's libraries are absent.
        """
        held = hold(text, readings)
        spoken = " ".join(normalise.normalise(held.text, language).split())
        if not any(c.isalnum() for c in spoken):
            raise Unspeakable(f"nothing to say in {text[:60]!r}")
        held.check(spoken)
        fitting = self._fit(spoken, language, held)
        said = align_words(
            text, [piece for part in fitting for piece in part.pieces], lambda t: normalise.normalise(t, language)
        )
        utterances, first = [], 0
        for part in fitting:
            end = first + len(part.pieces)
            own = [(word, max(a, first) - first, min(b, end) - first) for word, a, b in said if a < end and first < b]
            utterance = self._utterance(part, own, language, final=part is fitting[-1])
            utterances.append(replace(utterance, text=held.restored(part.text)))
            first = end
        return utterances

    def symbols(self, ipa: str, written: str, language: str) -> str:
        """Return the phonemes in Kokoro's alphabet. Raises Unspeakable, naming those that are not in it."""
        sounds = symbols(ipa, languages.dominant(written, language))
        if unknown := sorted(set(sounds) - self._vocabulary.keys()):
            names = ", ".join(f"{symbol!r} (U+{ord(symbol):04X})" for symbol in unknown)
            raise Unspeakable(f"the voice {self._bundle.id} has no sound for {names}")
        return sounds

    def guesses(self, text: str, language: str, readings: Sequence[IpaReading] = ()) -> list[tuple[str, str]]:
        """Return English words that are in neither misaki's lexicon nor ours, and how they will be said, in IPA."""
        held = hold(text, readings)
        spoken = normalise.normalise(held.text, language)
        found: list[tuple[str, str]] = []
        for stretch in held.parted(spoken):
            for span in languages.spans(stretch, language) if isinstance(stretch, str) else ():
                speaker = _language("en") if span.language == "en" else None
                if isinstance(speaker, english.English):
                    found += [(word, spelt(sounds)) for word, sounds in speaker.guesses(span.text)]
        return found

    def fingerprint(self, language: str) -> str:
        """Return a digest over rules, libraries and data of this language, and of English, which may turn up in any."""
        return _fingerprint(language, tuple(guests(self._bundle, language)))

    def _fit(self, text: str, language: str, held: Held) -> list[_Part]:
        """Cut a text into utterances. Halving keeps utterances of one segment about as long as each other."""
        part = self._part(text, language, held) if len(text) <= MAX_TRIED else None
        if part and len(part.phonemes) < GOOD_TOKENS:  # one token is kept for the mark that may be added at the end
            return [part]
        at = cut_at_pause(text)
        if at is None and part and len(part.phonemes) < MAX_TOKENS:
            return [part]
        at = at or cut_between_words(text)
        if at is None:
            raise Unspeakable(f"a single word of {len(text)} characters is more than the voice can say: {text[:60]!r}")
        return self._fit(text[:at].rstrip(), language, held) + self._fit(text[at:].lstrip(), language, held)

    def _part(self, text: str, language: str, held: Held) -> _Part:
        """Turn text in one or several languages into phonemes, every symbol of its phonemes in the vocabulary."""
        out: list[str] = []
        pieces: list[PhonemePiece] = []
        passages: list[tuple[str, int, int]] = []
        for found, sounds, spoken in self._stretches(text, language, held):
            first = len(pieces)
            out.append(sounds)
            pieces += [*found, (" ", " ")]
            if spoken != language and audible(sounds):
                if passages and passages[-1][::2] == (spoken, first):  # a word with a reading and what follows it
                    first = passages.pop()[1]
                passages.append((spoken, first, len(pieces)))
        return _Part(text, _NO_SPACE.sub("", " ".join(" ".join(out).split())), pieces, passages)

    def _stretches(self, text: str, language: str, held: Held) -> Iterator[tuple[list[PhonemePiece], str, str]]:
        """Words with readings and spans of one language, each in pieces, its sounds with their spaces, and the language
        of the voice that says it.
        """
        after = False  # a word with a reading
        stretches = list(held.parted(text))
        for number, stretch in enumerate(stretches, 1):
            if isinstance(stretch, HeldWord):
                after = True
                sounds = self.symbols(stretch.ipa, stretch.written, language)
                sounds = possessive(sounds) if stretch.possessive else sounds
                own = "zh" if _TONE.search(sounds) else languages.dominant(stretch.written, language)
                yield [(stretch.written, sounds)], sounds, self._voice(stretch.written, own, language)
                continue
            plain = _CLOSED_QUOTE.sub(r"\1”", stretch) if after else stretch
            after = False
            by_language = languages.spans(plain, language)
            goes_on = number < len(stretches)  # in the same sentence: with a reading
            for span in by_language:
                if span.language not in LANGUAGES:
                    raise Unspeakable(
                        f"Kokoro speaks English, Chinese and Japanese, not {span.language}: {span.text[:60]!r}"
                    )
                speaker = _language(span.language)
                said = span.text if goes_on and span is by_language[-1] else span.text.rstrip()
                found = speaker.pieces(said) if said.strip() else []
                voice = self._voice(span.text, span.language, language)
                if span.language == "en" and voice == "zh":
                    found = [(word, _ASPIRATED.sub(r"\g<0>ʰ", sounds)) for word, sounds in found]
                sounds = speaker.joined(found)
                if unknown := set(sounds) - self._vocabulary.keys():
                    raise Unspeakable(f"voice {self._bundle.id}: no token for {sorted(unknown)} in {span.text[:60]!r}")
                yield found, sounds, voice

    def _voice(self, text: str, language: str, host: str) -> str:
        """Return the language of the voice that says it: the host's for a letter or two, or where it has no guest."""
        short = language == "en" and sum(map(str.isalpha, text)) < PASSAGE_LETTERS
        return host if short or not native(self._bundle, language) else language

    def _utterance(
        self, part: _Part, said: list[tuple[str, int, int]], language: str, *, final: bool
    ) -> PreparedUtterance:
        """``said`` are the words, by the part's pieces."""
        phonemes = _terminated(part.phonemes, final=final)
        tokens = tuple(self._vocabulary[symbol] for symbol in phonemes)
        passages = [
            (spoken, first, end if any(map(str.isalpha, phonemes[end:])) else len(tokens))  # with its closing mark
            for spoken, first, end in _placed(part, part.passages)
        ]
        return PreparedUtterance(part.text, language, phonemes, tokens, tuple(_placed(part, said)), tuple(passages))


def _terminated(phonemes: str, *, final: bool) -> str:
    """Return phonemes that end as the voice expects: it swallows the last word of text without a closing mark.

    An utterance that goes on in the next one may end with the mark of a pause, so that it sounds unfinished.
    """
    phonemes = phonemes.lstrip(_LEADING).rstrip()
    body = phonemes.rstrip(_CLOSERS + " ")
    if body.endswith(tuple(_ENDS)) or (body.endswith(tuple(_PAUSES)) and not final):
        return phonemes
    if body.endswith(tuple(_PAUSES)):
        return body.rstrip(_PAUSES + " ") + "." + phonemes[len(body) :].strip()
    return phonemes + "."


def _placed(part: _Part, said: Iterable[tuple[str, int, int]]) -> Iterator[tuple[str, int, int]]:
    """Yield words by the tokens that say them: from the space before, in which a word begins, to the pause after.

    Pieces become phonemes by a change of white space alone, and phonemes tokens by a cut at the front.
    """
    cut = len(part.phonemes) - len(part.phonemes.lstrip(_LEADING))
    at = (n - cut for n, symbol in enumerate(part.phonemes) if not symbol.isspace())
    places = [[next(at) for symbol in sounds if not symbol.isspace()] for _, sounds in part.pieces]
    for word, first, end in said:
        sounding = [
            n for places_of_piece in places[first:end] for n in places_of_piece if part.phonemes[n + cut] not in _MARKS
        ]
        begin = len(part.phonemes[cut : cut + sounding[0]].rstrip(_OPENING))
        yield word, begin, sounding[-1] + 1


@lru_cache(maxsize=len(LANGUAGES))
def _language(language: str) -> _Phonemes:
    """Load a language once a process, whichever bundle asks."""
    return LANGUAGES[language]()


@lru_cache(maxsize=8)
def _fingerprint(language: str, guests: tuple[tuple[str, str], ...]) -> str:
    state = {
        "version": VERSION,
        "language": language,
        "guests": guests,
        "tokens": [MAX_TOKENS, GOOD_TOKENS, PASSAGE_LETTERS],
        "normaliser": normalise.VERSION,
        "libraries": versions(*normalise.DISTRIBUTIONS, *english.DISTRIBUTIONS, *_DISTRIBUTIONS.get(language, ())),
        "data": [hashlib.sha256(path.read_bytes()).hexdigest() for path in (FILE, *english.DATA)],
    }
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()
