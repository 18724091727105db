"""Loudness of a lesson, measured as it streams past: ITU-R BS.1770-4 integrated loudness and true peak, mono.

pyloudnorm holds the reference filters but wants the whole signal at once; here the filters keep their state between
blocks and only the energy of each tenth of a second is kept: 8 bytes, 288 kB for an hour.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyloudnorm
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.signal import sosfilt

from models.voice import Samples
from worker.audio.levels import decibels, hundredths
from worker.contract import Loudness

BLOCK_S: Final = 0.4  # a gating block
STEPS: Final = 4  # a block begins every quarter of a block
ABSOLUTE_GATE: Final = -70.0  # LUFS
RELATIVE_GATE: Final = -10.0  # LU below the loudness of what passes the absolute gate
OFFSET: Final = -0.691  # dB, so that a 997 Hz sine of 0 dBFS measures -3.01 LUFS

OVERSAMPLING: Final = 4  # for true peak; reads at most 0.6 dB low at the band's edge, where speech has little
TAPS: Final = 12  # of each phase
PEAK_BLOCK: Final = 1 << 12  # samples interpolated at once: too small a product for OpenBLAS to start its threads


@dataclass(frozen=True, slots=True)
class Measured:
    """``integrated`` in hundredths of LUFS, None where too short or silent; ``true_peak`` in hundredths of dBTP."""

    integrated: int | None
    true_peak: int


class Meter:
    """Measures mono samples that arrive block by block, whatever their length."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._filters = _k_weighting(rate)
        self._state = np.zeros((len(self._filters), 2))
        self._energies = array("d")  # of each tenth of a second that is complete
        self._energy = 0.0  # of the one under way
        self._samples = 0
        self._peak = TruePeak()

    def feed(self, samples: Samples) -> None:
        """Take the next samples (n,), float32."""
        if not len(samples):
            return
        self._peak.feed(samples)
        weighted, self._state = sosfilt(self._filters, samples, zi=self._state)
        self._state[np.abs(self._state) < 1e-30] = 0.0  # a long pause must not end in slow subnormal arithmetic
        power = np.square(weighted)
        done = 0
        while done < len(power):
            edge = self._edge(len(self._energies) + 1)
            part = power[done : done + edge - self._samples]
            self._energy += float(part.sum())
            self._samples += len(part)
            done += len(part)
            if self._samples == edge:
                self._energies.append(self._energy)
                self._energy = 0.0

    def measured(self) -> Measured:
        """What all samples so far amount to."""
        integrated = self._integrated()
        return Measured(None if integrated is None else hundredths(integrated), hundredths(self._peak.decibels()))

    def _edge(self, index: int) -> int:
        return int(BLOCK_S * index / STEPS * self._rate)

    def _integrated(self) -> float | None:
        """Gated loudness in LUFS (BS.1770-4, equations 1 to 7)."""
        energies = np.array([*self._energies, self._energy])
        blocks = (
            round((self._samples / self._rate - BLOCK_S) * STEPS / BLOCK_S) + 1
        )  # as pyloudnorm: the last may lack some
        if self._samples < BLOCK_S * self._rate:
            return None
        sums = np.convolve(energies, np.ones(STEPS), "full")[STEPS - 1 :][:blocks]
        power = sums / (BLOCK_S * self._rate)
        power = power[_lufs(power) >= ABSOLUTE_GATE]
        if not len(power):
            return None
        gate = float(_lufs(np.mean(power))) + RELATIVE_GATE
        return float(_lufs(np.mean(power[_lufs(power) > gate])))


class TruePeak:
    """The highest point of the waveform between the samples, by four-fold oversampling (BS.1770-4, annex 2).

    A windowed sinc interpolates at three points between neighbours; as one matrix product over shifted views it costs
    less than the K-weighting does.
    """

    def __init__(self) -> None:
        distance = np.arange(TAPS) - TAPS // 2 + 1 - np.arange(1, OVERSAMPLING)[:, None] / OVERSAMPLING
        taps = np.sinc(distance) * np.cos(np.pi * distance / TAPS) ** 2  # a Hann window over the sinc
        self._taps = (taps / taps.sum(axis=1, keepdims=True)).astype(np.float32)  # (OVERSAMPLING - 1, TAPS)
        self._history = np.zeros(TAPS - 1, dtype=np.float32)
        self._highest = 0.0

    def feed(self, samples: Samples) -> None:
        """Take the next samples (n,)."""
        joined = np.concatenate((self._history, samples))
        self._history = joined[-(TAPS - 1) :]
        for start in range(0, len(joined) - TAPS + 1, PEAK_BLOCK):
            block = joined[start : start + PEAK_BLOCK + TAPS - 1]
            shifted = np.ascontiguousarray(sliding_window_view(block, TAPS).T)
            between = self._taps @ shifted
            self._highest = max(self._highest, *(float(v) for x in (block, between) for v in (x.max(), -x.min())))

    def decibels(self) -> float:
        """The highest peak so far in dBTP."""
        return decibels(self._highest)


def gain_for(wanted: Loudness, measured: Measured) -> int:
    """The one gain of a lesson, in hundredths of dB: to the loudness wanted, or as far as the true-peak limit allows.

    No limiter: where peaks stand in the way the whole lesson stays quieter, and its manifest says so.
    """
    if wanted.lufs is None or measured.integrated is None:
        return 0
    return min(wanted.lufs - measured.integrated, wanted.true_peak - measured.true_peak)


def _lufs(power: NDArray[np.float64] | np.floating) -> NDArray[np.float64]:
    return np.asarray(OFFSET + 10.0 * np.log10(np.maximum(power, 1e-20)))


def _k_weighting(rate: int) -> NDArray[np.float64]:
    """K-weighting as second-order sections (2, 6): pyloudnorm's own coefficients, for any rate."""
    shelf = pyloudnorm.IIRfilter(4.0, 1 / np.sqrt(2), 1500.0, rate, "high_shelf")
    high_pass = pyloudnorm.IIRfilter(0.0, 0.5, 38.0, rate, "high_pass")
    return np.array([[*stage.b, *stage.a] for stage in (shelf, high_pass)])
