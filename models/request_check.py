"""The check of what is asked of an engine, before its network sees it: a message from a queue may say anything."""

from __future__ import annotations

from collections.abc import Container

from models.errors import Permanent
from models.voice import SpeechRequest

MAX_UTTERANCES = 64  # of one segment


def check_request(request: SpeechRequest, *, ids: Container[int], most: int, speakers: Container[str]) -> None:
    """Raise Permanent where a request is none that this voice's front-end makes.

    ``ids`` are the tokens that the voice knows, ``most`` is how many of them an utterance takes, ``speakers`` are those
    of its bundle.
    """
    if not 0 < len(request.utterances) <= MAX_UTTERANCES:
        raise Permanent(f"{len(request.utterances)} utterances: a segment has 1 to {MAX_UTTERANCES}")
    for number, utterance in enumerate(request.utterances, 1):
        where = f"utterance {number} of {len(request.utterances)}"
        if not 0 < len(utterance.tokens) <= most:
            raise Permanent(f"{where} has {len(utterance.tokens)} tokens: it takes 1 to {most}")
        if strange := next((token for token in utterance.tokens if token not in ids), None):
            raise Permanent(f"{where}: {strange} is no token of this voice: its front-end and its files do not fit")
        at = 0
        for passage in utterance.passages:
            if not at <= passage.first < passage.end <= len(utterance.tokens):
                raise Permanent(
                    f"{where}: its passages must be ascending, apart and within {len(utterance.tokens)} tokens"
                )
            if passage.speaker not in speakers:
                raise Permanent(f"{where}: a passage is for {passage.speaker!r}, who is not in the voice's bundle")
            at = passage.end
