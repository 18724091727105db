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

from models.utterance_joining import heard_span
from models.voice import Samples

PAUSE = 10  # token of "…"
GAP = 0.03  # seconds of silence on both sides of a passage: less sounds cut, more sounds like a comma
KEPT = 0.01  # seconds kept of the silence before and after what is heard
GAIN = 2.0  # at most, or one part in it: a host that hardly says anything is no measure
SILENT = 10 ** (-35 / 20)  # of the host's level: below, it pauses
STEP = 0.005  # seconds: of a fade, and of the search for a pause
AUDIBLE = 1e-3  # samples below are no part of a level


class TimedSamples(NamedTuple):
    """Samples, and when each of their tokens begins and the last one ends: int64 [tokens + 1], ascending."""

    samples: Samples
    edges: NDArray[np.int64]


class PassageSound(NamedTuple):
    """The sentence's tokens [first, end), and how the guest says them."""

    first: int
    end: int
    sound: TimedSamples


def paused(tokens: Sequence[int], stretches: Iterable[tuple[int, int]]) -> tuple[int, ...]:
    """Return what the host says of a sentence: its tokens with a pause in place of each stretch but one at the head."""
    said: list[int] = []
    at = 0
    for first, end in stretches:
        said += [*tokens[at:first], PAUSE] if first else []
        at = end
    return (*said, *tokens[at:])


def spliced(host: TimedSamples, passages: Sequence[PassageSound], count: int, sample_rate: int) -> TimedSamples:
    """Return the sentence of ``count`` tokens: what the host says of it, ``paused``, and its passages, as loud.

    Passages are ascending and apart; their level is brought to the host's within ``GAIN``.
    """
    track = _Track(sample_rate)
    level = _level(host.samples)
    edges = np.zeros(count + 1, np.int64)
    at = own = token = 0  # what is dealt with of the host's samples and tokens, and of the sentence's tokens
    for first, end, guest in passages:
        resumes = _onset(host, sample_rate)
        if first:
            pause = own + first - token
            falls, resumes = (max(at, edge) for edge in _pause(host, pause, level, sample_rate))
            edges[token:first] = np.maximum(host.edges[own:pause], at) - at + track.length
            track.add(host.samples[at:falls])
            track.rest()
            own = pause + 1
        samples, times = _cropped(guest, sample_rate, head=first > 0, tail=end < count)
        edges[first : end + 1] = times[: end - first + 1] + track.length
        track.add(samples * _gain(level, _level(samples)))
        if end < count:
            track.rest()
        at, token = resumes, end
    if token < count:
        edges[token:] = np.maximum(host.edges[own:], at) - at + track.length
        track.add(host.samples[at:])
    return TimedSamples(np.concatenate(track.pieces), np.maximum.accumulate(np.clip(edges, 0, track.length)))


class _Track:
    """The sound joined so far."""

    def __init__(self, sample_rate: int) -> None:
        self.pieces: list[Samples] = []
        self.length = 0  # samples
        self._gap = np.zeros(round(GAP * sample_rate), np.float32)
        self._ramp = np.linspace(0, 1, round(STEP * sample_rate), dtype=np.float32)

    def add(self, samples: Samples) -> None:
        """Append samples with short ramps at both ends, so that no cut clicks."""
        faded = samples.copy()
        ramp = self._ramp[: len(faded) // 2]
        faded[: len(ramp)] *= ramp
        faded[len(faded) - len(ramp) :] *= ramp[::-1]
        self._append(faded)

    def rest(self) -> None:
        self._append(self._gap)

    def _append(self, samples: Samples) -> None:
        self.pieces.append(samples)
        self.length += len(samples)


def _onset(host: TimedSamples, sample_rate: int) -> int:
    """Return the sample just before the host is first heard."""
    return max(0, heard_span(host.samples, sample_rate)[0] - round(KEPT * sample_rate))


def _pause(host: TimedSamples, token: int, level: float, sample_rate: int) -> tuple[int, int]:
    """Return where the host falls silent and where it speaks again, as it says a pause; the quietest place twice where
    it never does.

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


def _cropped(guest: TimedSamples, sample_rate: int, *, head: bool, tail: bool) -> TimedSamples:
    """Cut the silence at its head or tail off."""
    first, end = heard_span(guest.samples, sample_rate)
    kept = round(KEPT * sample_rate)
    start = max(0, first - kept) if head else 0
    stop = min(len(guest.samples), end + kept) if tail else len(guest.samples)
    return TimedSamples(guest.samples[start:stop], np.clip(guest.edges - start, 0, stop - start))


def _level(samples: Samples) -> float:
    """Root mean square of what is audible; 0 of silence."""
    loud = samples[np.abs(samples) > AUDIBLE]
    return float(np.sqrt(np.mean(np.square(loud)))) if len(loud) else 0.0


def _gain(wanted: float, level: float) -> np.float32:
    return np.float32(np.clip(wanted / level, 1 / GAIN, GAIN) if wanted and level else 1)
