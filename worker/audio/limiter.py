"""A true-peak limiter with look-ahead: what a lesson's gain would lift over the ceiling is turned down in time.

    detect   the peak between samples too: fourfold oversampling by the filter of ITU-R BS.1770-5, annex 2
    hold     each sample's reduction is the most that the next LOOK_AHEAD_MS need
    release  it falls back by RELEASE_DB a second, so that a vowel is not bent from period to period
    smooth   and is averaged over the last LOOK_AHEAD_MS, so that it comes on as a ramp and stands when the peak comes

An average over values that each cover the peak covers it, too: the ceiling holds without clipping. Where nothing is too
loud the reduction is zero, and samples pass as they are. Reductions are whole millionths of a dB:
sums of integers are exact, and the filter adds its twelve products one by one, so the result is the same to the last
bit whatever the blocks, and memory does not grow with the lesson.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

LOOK_AHEAD_MS: Final = 5
RELEASE_DB: Final = 60  # a second: a reduction of 3 dB is gone after a syllable's nucleus
UNITS: Final = 1_000_000  # in a dB

# Order 48 in four phases of twelve (annex 2, table of the interpolating filter); the last two mirror the first two.
_FIRST: Final = (
    0.0017089843750, 0.0109863281250, -0.0196533203125, 0.0332031250000, -0.0594482421875, 0.1373291015625,
    0.9721679687500, -0.1022949218750, 0.0476074218750, -0.0266113281250, 0.0148925781250, -0.0083007812500,
)  # fmt: skip
_SECOND: Final = (
    -0.0291748046875, 0.0292968750000, -0.0517578125000, 0.0891113281250, -0.1665039062500, 0.4650878906250,
    0.7797851562500, -0.2003173828125, 0.1015625000000, -0.0582275390625, 0.0330810546875, -0.0189208984375,
)  # fmt: skip
PHASES: Final = (_FIRST, _SECOND, _SECOND[::-1], _FIRST[::-1])
TAPS: Final = len(_FIRST)
CENTRE: Final = 6  # a phase's output lies within a sample of the input this many taps before its last

Floats = NDArray[np.float64]


def interpolated_peaks(samples: Floats) -> Floats:
    """The largest magnitude around each sample but the first and last few: (n,) -> (n - TAPS + 1,).

    Of the sample itself (``samples[i + CENTRE]``, or its neighbour at ``i + CENTRE - 1``) and of the four points that
    the filter puts between them.
    """
    length = len(samples) - TAPS + 1
    sizes = np.abs(samples)
    peaks = np.maximum(sizes[CENTRE - 1 : CENTRE - 1 + length], sizes[CENTRE : CENTRE + length])
    for phase in PHASES:
        point = np.zeros(length)
        for tap, weight in enumerate(reversed(phase)):
            point += weight * samples[tap : tap + length]
        np.maximum(peaks, np.abs(point), out=peaks)
    return peaks


class Limiter:
    """Limits mono samples at ``rate`` Hz, which come in blocks of any length, to true peaks of ``ceiling`` (1.0: full
    scale). ``deepest`` is the most that it took off so far, in dB; ``touched`` how many samples it made quieter.
    """

    def __init__(self, rate: int, ceiling: float) -> None:
        self._ceiling = ceiling
        self._ahead = max(1, rate * LOOK_AHEAD_MS // 1000)
        self._fall = RELEASE_DB * UNITS // rate  # a sample
        self._samples = np.zeros(TAPS - 1)  # not yet detected in full; silence before the first
        self._delayed = np.zeros(self._ahead)  # detected, not yet given back
        self._needed = np.zeros(self._ahead, np.int64)  # the reduction that each of those needs, in units
        self._held = 0  # the released reduction of the last sample
        self._recent = np.zeros(self._ahead, np.int64)  # the last released reductions, over which the average goes
        self._skip = TAPS - 1 - CENTRE + self._ahead  # of the silence before the first sample, to be left out again
        self.deepest = 0.0
        self.touched = 0

    def feed(self, samples: Floats) -> Floats:
        """Take the next samples (n,) and give those that are ready, limited: about LOOK_AHEAD_MS behind."""
        joined = np.concatenate((self._samples, samples))
        ready = len(joined) - TAPS + 1
        if ready <= 0:
            self._samples = joined
            return np.zeros(0)
        peaks = interpolated_peaks(joined)
        self._samples = joined[ready:]
        over = np.maximum(peaks / self._ceiling, 1.0)
        needed = np.ceil(np.log10(over) * (20 * UNITS)).astype(np.int64)
        self._delayed = np.concatenate((self._delayed, joined[CENTRE : CENTRE + ready]))
        self._needed = np.concatenate((self._needed, needed))
        return self._give(len(self._delayed) - self._ahead)

    def finish(self) -> Floats:
        """The samples that were held back to the last."""
        rest = self.feed(np.zeros(CENTRE - 1))
        self._needed = np.concatenate((self._needed, np.zeros(self._ahead, np.int64)))
        return np.concatenate((rest, self._give(len(self._delayed))))

    def _give(self, count: int) -> Floats:
        """The first ``count`` of the delayed samples, with the gain that the ones after them ask for."""
        if count <= 0:
            return np.zeros(0)
        out = self._delayed[:count]
        reduction = self._reduction(self._needed[: count + self._ahead])
        self._delayed, self._needed = self._delayed[count:], self._needed[count:]
        touched = np.flatnonzero(reduction)
        if len(touched):
            self.touched += len(touched)
            self.deepest = max(self.deepest, float(reduction.max()) / UNITS)
            out = out * 10.0 ** (reduction / (-20.0 * UNITS))
        silent = min(self._skip, count)
        self._skip -= silent
        return out[silent:]

    def _reduction(self, needed: NDArray[np.int64]) -> NDArray[np.int64]:
        """Hold, release and smooth what (count + ahead,) samples need: (count,) reductions."""
        count = len(needed) - self._ahead
        if not (needed.any() or self._held or self._recent.any()):
            return np.zeros(count, np.int64)
        ahead = np.lib.stride_tricks.sliding_window_view(needed, self._ahead + 1).max(axis=1)
        # held[n] = max(ahead[n], held[n - 1] - fall): a running maximum once the fall is added to everything.
        fallen = self._fall * np.arange(1, count + 1)
        held = np.maximum(np.maximum.accumulate(ahead + fallen), self._held) - fallen
        sums = np.concatenate(([0], np.cumsum(np.concatenate((self._recent, held)))))
        self._held, self._recent = int(held[-1]), np.concatenate((self._recent, held))[-self._ahead :]
        window = self._ahead + 1
        smoothed = -(-(sums[window:] - sums[:-window]) // window)  # rounded up
        return np.asarray(smoothed, np.int64)
