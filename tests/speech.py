"""What an engine is asked, for tests: from text, and back to text where the voice is the tiny one."""

from __future__ import annotations

from collections.abc import Sequence

from models.bundle import Bundle
from models.kokoro.guest_voices import guest
from models.voice import PreparedUtterance, SpeechRequest, Utterance, spoken_by


def request_for(
    bundle: Bundle, prepared: Sequence[PreparedUtterance], speaker: str, seed: int = 1, speed: float = 1.0
) -> SpeechRequest:
    """Prepared text as a speaker of the bundle says it, with the usual guests for words in other languages."""
    return SpeechRequest(spoken_by(prepared, lambda language: guest(bundle, speaker, language)), speaker, seed, speed)


def text_of(utterance: Utterance) -> str:
    """The ASCII text that the tiny voice's tokens stand for: every other one is a pad, a character's id is its code
    and one.
    """
    letters = [" " if token == 3 else chr(token - 1) for token in utterance.tokens[::2] if token not in (1, 2)]
    return "".join(letters)
