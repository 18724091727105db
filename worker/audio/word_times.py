"""Times at which the author's words are heard: from the tokens that say it, and when those are heard.

words           Plants [0, 6)    need [6, 11)    light [11, 18)     tokens
token times     1920 ...         9600 ...        14400 ...  22200   samples
"""

from __future__ import annotations

from collections.abc import Sequence

from models.voice import PreparedUtterance
from worker.contract.manifest import WordTime


def word_spans(prepared: Sequence[PreparedUtterance]) -> list[tuple[str, int, int, int]]:
    """The author's words of a segment as (text, utterance, first token, end token)."""
    return [(word, n, first, end) for n, utterance in enumerate(prepared) for word, first, end in utterance.words]


def timed_words(
    spans: Sequence[tuple[str, int, int, int]], times: Sequence[Sequence[int]], length: int
) -> tuple[WordTime, ...]:
    """Words as [start, end) in samples, in order and apart: none lasts into the next one, or beyond ``length``.

    ``spans`` are (text, utterance, first token, end token), ``times`` for each utterance when its tokens begin, and
    when the last one ends. An utterance's first word begins where the utterance is first heard. No words where
    ``times`` says nothing of them.
    """
    openings = {utterance: first for _, utterance, first, _ in reversed(spans)}
    found: list[WordTime] = []
    limit = length
    for text, utterance, first, end in reversed(spans):
        if utterance >= len(times) or end >= len(times[utterance]):
            return ()
        start = max(0, times[utterance][0 if first == openings[utterance] else first])
        stop = max(0, min(times[utterance][end], limit))
        limit = min(start, stop)
        found.append((text, limit, stop))
    return tuple(reversed(found))
