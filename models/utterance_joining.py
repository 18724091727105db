"""The utterances of one segment as one sound."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.voice import Samples, Utterance

FRAME = 0.005  # seconds
SILENCE = 10 ** (-50 / 20)  # a frame this far below the loudest one is silent
BEFORE_ONSET = 0.080  # seconds kept: soft onsets and breaths lie below the threshold
AFTER_LAST = 0.150  # seconds kept: so do the tails
AFTER_SENTENCE = 0.120  # seconds added between sentences; clauses join with what is kept, 230 ms


def join(utterances: Sequence[Utterance], pieces: Sequence[Samples], sample_rate: int) -> Samples:
    """Concatenate what the model made of each utterance, with the silence between them brought to one length.

    Only the silence at the joins is touched: where a segment begins and ends is for finishing to say.
    """
    return placed(utterances, pieces, sample_rate)[0]


def placed(utterances: Sequence[Utterance], pieces: Sequence[Samples], sample_rate: int) -> tuple[Samples, list[int]]:
    """Join, and return what to add to a time within each piece, in samples, to have it within the whole."""
    last = len(pieces) - 1
    if last == 0:
        return pieces[0], [0]
    joined: list[Samples] = []
    shifts: list[int] = []
    length = 0
    for i, (utterance, piece) in enumerate(zip(utterances, pieces, strict=True)):
        first, end = heard_span(piece, sample_rate)
        start = max(0, first - round(BEFORE_ONSET * sample_rate)) if i else 0
        end = min(len(piece), end + round(AFTER_LAST * sample_rate)) if i < last else len(piece)
        shifts.append(length - start)
        joined.append(piece[start:end])
        if i < last and utterance.closes:
            joined.append(np.zeros(round(AFTER_SENTENCE * sample_rate), np.float32))
        length = sum(map(len, joined))
    return np.concatenate(joined), shifts


def heard_span(piece: Samples, sample_rate: int) -> tuple[int, int]:
    """Return [start, end) of what is heard, in samples; all of a silent piece."""
    size = round(FRAME * sample_rate)
    frames = piece[: len(piece) // size * size].reshape(-1, size)
    if not frames.size:
        return 0, len(piece)
    level = np.sqrt(np.mean(np.square(frames), axis=1))
    loud = np.flatnonzero(level > SILENCE * level.max())
    if not loud.size:
        return 0, len(piece)
    return int(loud[0]) * size, (int(loud[-1]) + 1) * size
