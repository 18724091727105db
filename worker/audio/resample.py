"""Sound brought to another sampling rate, and back to whole numbers of 16 bits."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

from worker.audio.wav import FULL_SCALE, Pcm


def at_rate(samples: Pcm, rate: int, wanted: int) -> Pcm:
    """Samples resampled where their rate is not the one wanted; rounded, and clipped where the filter overshoots."""
    if rate == wanted:
        return samples
    length = length_at(len(samples), rate, wanted)
    resampled = soxr.resample(samples.astype(np.float32), rate, wanted)
    resampled = np.pad(resampled[:length], (0, max(0, length - len(resampled))))
    return rounded(resampled)


def length_at(samples: int, rate: int, wanted: int) -> int:
    """The number of samples that so many have at the rate wanted, rounded to the nearest."""
    return nearest(samples * wanted, rate)


def nearest(value: int, divisor: int) -> int:
    """The whole number nearest to a quotient; halves go up."""
    return (2 * value + divisor) // (2 * divisor)


def rounded(samples: NDArray[np.float32] | NDArray[np.float64]) -> Pcm:
    """Samples on the scale of 16 bits, to whole numbers; clipped, never wrapped round."""
    return np.asarray(np.clip(np.rint(samples), -FULL_SCALE, FULL_SCALE), dtype=np.int16)
