"""Passages, words of another language within a sentence, set into the sound of the sentence.

The host says the sentence with a pause in place of each passage, in one pass, so that its melody goes on; the guest
says the passage alone. Then the guest's sound takes the place of the pause:

    host      我们用 … 写代码。
    guest           Python.
    spliced   我们用 Python 写代码。
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.joining import heard
from models.voice import Samples

PAUSE = 10  # token of "…"
GAP = 0.03  # seconds of silence on both sides of a passage: less sounds cut, more sounds like a comma
KEPT = 0.01  # seconds kept of the silence before and after what is heard
SILENT = 10 ** (-35 / 20)  # of the host's level: below, it pauses
STEP = 0.005  # seconds: of a fade, and of the search for a pause
AUDIBLE = 1e-3  # samples below are no part of a level


class Sound(NamedTuple):
    """Samples, and when each of their tokens begins and the last one ends: int64 [tokens + 1], ascending."""

    samples: Samples
    edges: NDArray[np.int64]


class Passage(NamedTuple):
    """The sentence's tokens [first, end), and how the guest says them."""

    first: int
    end: int
    sound: Sound


def paused(tokens: Sequence[int], stretches: Iterable[tuple[int, int]]) -> tuple[int, ...]:
    """What the host says of a sentence: its tokens with a pause in place of each stretch but one at the head."""
    said: list[int] = []
    at = 0
    for first, end in stretches:
        said += [*tokens[at:first], PAUSE] if first else []
        at = end
    return (*said, *tokens[at:])


def spliced(host: Sound, passages: Sequence[Passage], count: int, sample_rate: int) -> Sound:
    """The sentence of ``count`` tokens: what the host says of it, ``paused``, and its passages, which are ascending and
    apart, as loud as the host.
    """
    gap = np.zeros(round(GAP * sample_rate), np.float32)
    level = _level(host.samples)
    edges = np.zeros(count + 1, np.int64)
    joined: list[Samples] = []
    length = at = 0  # of what is joined; of the host's samples, what is dealt with
    token = own = 0  # the same of the sentence's tokens, and of the host's
    for first, end, guest in passages:
        resumes = _onset(host, sample_rate)
        if first:
            pause = own + first - token
            falls, resumes = _pause(host, pause, level, sample_rate)
            edges[token:first] = host.edges[own:pause] + (length - at)
            joined += [_faded(host.samples[at:falls], sample_rate), gap]
            length += falls - at + len(gap)
            own = pause + 1
        sound = _cropped(guest, sample_rate, head=first > 0, tail=end < count)
        joined.append(_faded(sound.samples * _gain(level, sound.samples), sample_rate))
        edges[first:end] = sound.edges[: end - first] + length
        length += len(sound.samples)
        edges[end] = length
        at, token = len(host.samples), end
        if end < count:
            at = resumes
            joined.append(gap)
            length += len(gap)
    if token < count:
        joined.append(_faded(host.samples[at:], sample_rate))
        edges[token:] = host.edges[own:] + (length - at)
    samples = np.concatenate(joined)
    return Sound(samples, np.maximum.accumulate(np.clip(edges, 0, len(samples))))


def _onset(host: Sound, sample_rate: int) -> int:
    """Just before the host is heard first."""
    return max(0, heard(host.samples, sample_rate)[0] - round(KEPT * sample_rate))


def _pause(host: Sound, token: int, level: float, sample_rate: int) -> tuple[int, int]:
    """Where the host falls silent and where it speaks again, as it says a pause; where it never does, the quietest
    place twice.

    The sound of the next token begins within the space before it, and now and then earlier.
    """
    step, kept = (round(seconds * sample_rate) for seconds in (STEP, KEPT))
    start = int(host.edges[token])
    stop = max(int(host.edges[min(token + 2, len(host.edges) - 1)]), start + step)
    power = np.array([np.mean(np.square(host.samples[at : at + step])) for at in range(start, stop, step)])
    silent = np.concatenate([[0], np.sqrt(power) < SILENT * level, [0]]).astype(int)
    falls, rises = np.flatnonzero(np.diff(silent) > 0), np.flatnonzero(np.diff(silent) < 0)
    if not len(falls):
        quietest = start + step * int(np.argmin(power))
        return quietest, quietest
    longest = int(np.argmax(rises - falls))
    first, end = start + step * int(falls[longest]), start + step * int(rises[longest])
    middle = (first + end) // 2
    return min(first + kept, middle), max(end - kept, middle)


def _cropped(guest: Sound, sample_rate: int, *, head: bool, tail: bool) -> Sound:
    """Without the silence at its head or tail."""
    first, end = heard(guest.samples, sample_rate)
    kept = round(KEPT * sample_rate)
    start = max(0, first - kept) if head else 0
    stop = min(len(guest.samples), end + kept) if tail else len(guest.samples)
    return Sound(guest.samples[start:stop], np.clip(guest.edges - start, 0, stop - start))


def _level(samples: Samples) -> float:
    """Root mean square of what is audible; 0 of silence."""
    loud = samples[np.abs(samples) > AUDIBLE]
    return float(np.sqrt(np.mean(np.square(loud)))) if len(loud) else 0.0


def _gain(level: float, sound: Samples) -> np.float32:
    own = _level(sound)
    return np.float32(level / own if level and own else 1.0)


def _faded(samples: Samples, sample_rate: int) -> Samples:
    """With short ramps at both ends, so that no cut clicks."""
    size = min(round(STEP * sample_rate), len(samples) // 2)
    ramp = np.linspace(0, 1, size, dtype=np.float32)
    faded = samples.copy()
    faded[:size] *= ramp
    faded[len(faded) - size :] *= ramp[::-1]
    return faded
