"""Levels of samples: whole, and frame by frame. They are in dB relative to full scale (dBFS, amplitude 1.0)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.voice import Samples

FRAME_MS = 10  # long enough for two periods of a low voice, short enough to place an onset
LOUD_PERCENTILE = 95
FLOOR_DB = -200.0  # what digital silence is reported as; also the least value a SegmentRecord holds


def decibels(amplitude: float) -> float:
    """Convert an amplitude to dBFS, not below FLOOR_DB."""
    return max(FLOOR_DB, 20.0 * float(np.log10(amplitude))) if amplitude > 0 else FLOOR_DB


def hundredths(decibel: float) -> int:
    """A level as records hold it: whole hundredths of a dB, so that no two machines can write different digits."""
    return round(decibel * 100)


def peak_and_rms(samples: NDArray[Any]) -> tuple[int, int]:
    """Peak and RMS of samples (n,), n >= 1, for a SegmentRecord: hundredths of dBFS, each at most 0."""
    wide = samples.astype(np.float64)
    peak = decibels(float(np.max(np.abs(wide))))
    rms = decibels(float(np.sqrt(np.mean(np.square(wide)))))
    return min(0, hundredths(peak)), min(0, hundredths(rms))


def loud_level(levels: NDArray[np.float64]) -> float:
    """The 95th percentile of levels (frames,): that of speech, whatever pauses it has.

    Between the two nearest by the line, as numpy.percentile does it, which takes ten times as long for so few.
    """
    place = (len(levels) - 1) * LOUD_PERCENTILE / 100
    below = int(place)
    two = np.sort(levels)[below : below + 2]
    return float(two[0] + (two[-1] - two[0]) * (place - below))


def frame_length(rate: int) -> int:
    """The number of samples in a frame of FRAME_MS."""
    return max(1, rate * FRAME_MS // 1000)


def frame_levels(samples: Samples, rate: int) -> NDArray[np.float64]:
    """RMS level of each frame of samples (n,) in dBFS: (ceil(n / frame_length),); the last may be a short frame."""
    length = frame_length(rate)
    starts = np.arange(0, len(samples), length)
    energy = np.add.reduceat(np.square(samples, dtype=np.float64), starts)
    counts = np.minimum(length, len(samples) - starts)
    return np.asarray(10.0 * np.log10(np.maximum(energy / counts, 1e-20)))
