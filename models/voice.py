"""The seam between the system and its voices: what an engine takes and gives back.

A family (``models/kokoro``, ``models/piper``, ``models/cosyvoice``) has a front-end, light enough for the producer's
process, and an engine, which holds the inference sessions:

    text, language --FrontEnd.prepare--> utterances --Engine.speak--> samples
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from models.errors import NarrationError

if TYPE_CHECKING:  # planning needs no numbers, and numpy takes 0.1 s to load
    import numpy as np
    from numpy.typing import NDArray

Samples: TypeAlias = "NDArray[np.float32]"
Step = Callable[[], bool]  # an engine says with it that it got somewhere; False asks it to end before it has results


@dataclass(frozen=True, slots=True)
class Utterance:
    """Text given to one model pass, already turned into the voice's own symbols.

    ``text`` is normalised (numbers in words and so on), ``phonemes`` is empty for voices that read characters,
    ``tokens`` are the integer ids that the engine feeds to its model. ``words`` are the author's words in order, with
    the tokens that say them, [first, end); empty where the family does not tell. ``passages`` are stretches of tokens,
    [first, end), ascending and apart, that a voice of another language says, with the language.
    """

    text: str
    language: str
    phonemes: str
    tokens: tuple[int, ...]
    words: tuple[tuple[str, int, int], ...] = ()
    passages: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """One segment, ready to be spoken: its utterances, who speaks, how fast, and the seed of every random draw."""

    utterances: tuple[Utterance, ...]
    speaker: str
    seed: int  # unsigned, 64 bits; draws depend on it and on the step alone, never on batch mates
    speed: float = 1.0  # 2.0 is twice as fast
    options: Mapping[str, int | str] = field(default_factory=dict)  # of the family, such as {"vocoder": "hift"}


@dataclass(frozen=True, slots=True)
class Word:
    """When a word is heard within a segment's samples: [start, end) in samples."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Speech:
    """What came out: mono float32 samples in [-1, 1] at the voice's rate, not yet trimmed.

    ``stages`` is seconds by stage ("acoustic", "vocoder", ...); ``words`` is None where the voice cannot tell.
    """

    samples: Samples
    sample_rate: int
    stages: Mapping[str, float]
    words: tuple[Word, ...] | None = None


class IpaReading(Protocol):
    """The span [start, end) of a text is said as these phonemes, in the International Phonetic Alphabet."""

    @property
    def start(self) -> int: ...  # noqa: D102

    @property
    def end(self) -> int: ...  # noqa: D102

    @property
    def ipa(self) -> str: ...  # noqa: D102


class FrontEnd(Protocol):
    """Text to utterances. Imports no inference runtime; heavy language data is loaded at first use."""

    def prepare(self, text: str, language: str, readings: Sequence[IpaReading] = ()) -> list[Utterance]:
        """Turn a segment into one or more utterances, none longer than the model takes, nothing left out.

        ``readings`` are ascending and apart. Raises Unspeakable, quoting the text, where the voice has no sound for
        some of it.
        """

    def symbols(self, ipa: str, written: str, language: str) -> str:
        """What the voice says for a reading in IPA of what is ``written``, in its own symbols. Cheap.

        Raises Unspeakable where the voice takes no phonemes, or naming the one for which it has no symbol.
        """

    def guesses(self, text: str, language: str, readings: Sequence[IpaReading] = ()) -> list[tuple[str, str]] | None:
        """Words of a segment that are in none of the voice's lists, each as it will be said, in IPA; in order.

        None where the voice has no lists to tell by. Raises Unspeakable as ``prepare`` does.
        """

    def fingerprint(self, language: str) -> str:
        """A digest over everything that shapes the result for this language: own version, libraries, data."""


def go_on() -> bool:
    """A step that nobody counts."""
    return True


class Engine(Protocol):
    """The session or sessions a process holds, loaded and warm. Not thread-safe: one engine, one thread."""

    sample_rate: int
    interruptible: bool  # ``speak`` may be called again, by the same thread, while results of an earlier call are due

    def speak(
        self, requests: Sequence[SpeechRequest], step: Step = go_on
    ) -> Iterator[tuple[int, Speech | NarrationError]]:
        """Yield (index into requests, result) as each is ready, in any order; one failure spares the others.

        An engine that works at several requests before the first is ready calls ``step`` between its passes, and where
        that is False and much is still to do it ends early.
        """


def one_by_one(
    requests: Sequence[SpeechRequest], speech: Callable[[SpeechRequest], Speech]
) -> Iterator[tuple[int, Speech | NarrationError]]:
    """``Engine.speak`` of an engine that speaks each request by itself; each result is a step."""
    for i, request in enumerate(requests):
        try:
            yield i, speech(request)
        except NarrationError as error:
            yield i, error
