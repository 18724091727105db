"""Loudness of a lesson, measured as it streams past by libebur128: integrated loudness and true peak, mono.

EBU R 128 / ITU-R BS.1770-4. The library keeps one energy a tenth of a second, whatever a lesson's length.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyebur128

from models.voice import Samples
from worker.audio.levels import hundredths

SILENT: Final = -200.0  # dBTP reported for digital silence
INTEGRATED: Final = pyebur128.MeasurementMode.MODE_I
WITH_PEAK: Final = INTEGRATED | pyebur128.MeasurementMode.MODE_TRUE_PEAK


@dataclass(frozen=True, slots=True)
class Measured:
    """``integrated`` in hundredths of LUFS, None where too short or silent; ``true_peak`` in hundredths of dBTP, None
    where it was not asked for."""

    integrated: int | None
    true_peak: int | None


class Meter:
    """Measures mono samples that arrive in blocks of whatever length.

    The true peak, by fourfold oversampling, takes six times as long as the loudness: only a gain needs it.
    """

    def __init__(self, rate: int, *, true_peak: bool = True) -> None:
        self._state = pyebur128.R128State(1, rate, WITH_PEAK if true_peak else INTEGRATED)
        self._with_peak = true_peak

    def feed(self, samples: Samples) -> None:
        """Take the next samples (n,), float32."""
        self._state.add_frames(np.ascontiguousarray(samples, np.float32), len(samples))

    def measured(self) -> Measured:
        """The loudness and peak of all samples so far."""
        integrated = pyebur128.get_loudness_global(self._state)
        return Measured(
            integrated=hundredths(integrated) if math.isfinite(integrated) else None,
            true_peak=self._true_peak() if self._with_peak else None,
        )

    def _true_peak(self) -> int:
        peak = pyebur128.get_true_peak(self._state, 0)
        return hundredths(20 * math.log10(peak) if peak > 0 else SILENT)
