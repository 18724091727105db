"""The seam between the system and its voices: what an engine takes and gives back.

A family (``models/kokoro``, ``models/piper``, ``models/cosyvoice``) has a front-end, light enough for the producer's
process, and an engine, which holds the inference sessions:

    text, language --FrontEnd.prepare--> prepared utterances --spoken_by--> utterances --Engine.speak--> samples

An engine sees tokens and no text: what is spoken once need not be spoken again because it was written otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from models.errors import NarrationError

if TYPE_CHECKING:  # planning needs no numbers, and numpy takes 0.1 s to load
    import numpy as np
    from numpy.typing import NDArray

SENTENCE_ENDS = frozenset(".!?。！？…")
CLOSERS = "\"'”’」』）)》"  # of quotes and brackets, behind the end of a sentence
Samples: TypeAlias = "NDArray[np.float32]"
Step = Callable[[], bool]  # an engine says with it that it got somewhere; False asks it to end before it has results


@dataclass(frozen=True, slots=True)
class Passage:
    """Tokens [first, end) of an utterance, said by another speaker of the bundle: words of another language."""

    first: int
    end: int
    speaker: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """The tokens that one pass of the engine says.

    ``tokens`` are the ids that it feeds to its network. ``closes``: a sentence ends here and another utterance follows,
    so a longer pause does. ``passages`` are ascending and apart.
    """

    tokens: tuple[int, ...]
    closes: bool = False
    passages: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class PreparedUtterance:
    """Text for one pass of the engine, turned into the voice's own symbols by its front-end.

    ``text`` is normalised (numbers in words and so on), ``phonemes`` is empty for voices that read characters.
    ``words`` are the author's words in order, with the tokens that say them, [first, end); empty where the family does
    not tell. ``passages`` are stretches of tokens, [first, end), ascending and apart, in another language than the
    segment's, with the language: whoever is cast for it says them.
    """

    text: str
    language: str
    phonemes: str
    tokens: tuple[int, ...]
    words: tuple[tuple[str, int, int], ...] = ()
    passages: tuple[tuple[str, int, int], ...] = ()

    def ends_sentence(self) -> bool:
        """Tell whether its text ends as a sentence does, closing quotes and brackets apart."""
        return self.text.rstrip(CLOSERS)[-1:] in SENTENCE_ENDS


def spoken_by(prepared: Sequence[PreparedUtterance], guest: Callable[[str], str]) -> tuple[Utterance, ...]:
    """Return the utterances of a segment as an engine takes them; ``guest`` names who speaks a passage's language."""
    last = len(prepared) - 1
    return tuple(
        Utterance(
            utterance.tokens,
            closes=n < last and utterance.ends_sentence(),
            passages=tuple(Passage(first, end, guest(language)) for language, first, end in utterance.passages),
        )
        for n, utterance in enumerate(prepared)
    )


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """A segment, ready to be spoken: its utterances, who speaks, how fast, and the seed of every random draw."""

    utterances: tuple[Utterance, ...]
    speaker: str
    seed: int  # unsigned, 64 bits; draws depend on it and on the step alone, never on batch mates
    speed: float = 1.0  # 2.0 is twice as fast
    options: Mapping[str, int | str] = field(default_factory=dict)  # of the family, such as {"vocoder": "hift"}


@dataclass(frozen=True, slots=True)
class Speech:
    """The sound of a segment: mono float32 samples in [-1, 1] at the voice's rate, not yet trimmed.

    ``stages`` is seconds by stage ("acoustic", "vocoder", ...). ``token_times`` says for each utterance at which
    sample each of its tokens begins and, last, where the utterance ends: [tokens + 1], ascending; None where the
    voice cannot tell.
    """

    samples: Samples
    sample_rate: int
    stages: Mapping[str, float]
    token_times: tuple[tuple[int, ...], ...] | None = None


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

    def prepare(self, text: str, language: str, readings: Sequence[IpaReading] = ()) -> list[PreparedUtterance]:
        """Turn a segment into one or more utterances, none longer than the model takes, nothing left out.

        ``readings`` are ascending and apart. Raises Unspeakable, quoting the text, where the voice has no sound for
        some of it.
        """

    def symbols(self, ipa: str, written: str, language: str) -> str:
        """Return a reading in IPA of what is ``written`` in the voice's own symbols. Cheap.

        Raises Unspeakable where the voice takes no phonemes, or naming the one for which it has no symbol.
        """

    def guesses(self, text: str, language: str, readings: Sequence[IpaReading] = ()) -> list[tuple[str, str]] | None:
        """Return words of a segment that are in none of the voice's lists, each as it will be said, in IPA; in order.

        None where the voice has no lists to tell by. Raises Unspeakable as ``prepare`` does.
        """

    def fingerprint(self, language: str) -> str:
        """Return a digest over everything that shapes the result for this language: own version, libraries, data."""


def go_on() -> bool:
    """Go on: a step that nobody counts."""
    return True


class Engine(Protocol):
    """The session or sessions a process holds, loaded and warm. Not thread-safe: one engine, one thread."""

    sample_rate: int
    interruptible: bool  # ``speak`` may be called again, by the same thread, while results of an earlier call are due

    def duration_ms(self, utterances: Sequence[Utterance]) -> tuple[float, float]:
        """Return the least and the most milliseconds that natural speech takes for these tokens at speed 1.0.

        Silence at both ends is not counted. What lies outside is no rendering of them.
        """

    def speak(
        self, requests: Sequence[SpeechRequest], step: Step = go_on
    ) -> Iterator[tuple[int, Speech | NarrationError]]:
        """Yield (index into requests, result) as each is ready, in any order; one failure spares the others.

        An engine that works at several requests before the first is ready calls ``step`` between its passes, and where
        that is False and much is still to do it ends early.
        """
