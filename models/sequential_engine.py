"""An engine that speaks one request after the other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from models.errors import NarrationError
from models.voice import Speech, SpeechRequest, Step, go_on


class SequentialEngine(ABC):
    """Half of an ``Engine``, for families whose network takes one utterance at a time; each result is a step."""

    interruptible = True

    def speak(
        self,
        requests: Sequence[SpeechRequest],
        step: Step = go_on,  # noqa: ARG002
    ) -> Iterator[tuple[int, Speech | NarrationError]]:
        """Yield (index into requests, result) as each is ready; one failure spares the others."""
        for i, request in enumerate(requests):
            try:
                yield i, self._speech(request)
            except NarrationError as error:
                yield i, error

    @abstractmethod
    def _speech(self, request: SpeechRequest) -> Speech:
        """Speak one request. Raises NarrationError where that cannot be done."""
