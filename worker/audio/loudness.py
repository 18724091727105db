"""Loudness of a lesson, measured as it streams past: ITU-R BS.1770-4 integrated loudness and true peak, mono.

Only the energy of each tenth of a second is kept, 8 bytes: 288 kB for an hour. The K-weighting is computed in the
frequency domain, block by block: exact to 1e-10, as fast as the recursive filters, and without scipy, which would cost
every worker 90 MB and a second. Tests hold the result to pyloudnorm's, which wants the whole signal at once.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models.voice import Samples
from worker.audio.levels import decibels, hundredths
from worker.contract import Loudness

GATING_S: Final = 0.4  # a gating block
STEPS: Final = 4  # a block begins every quarter of a block
ABSOLUTE_GATE: Final = -70.0  # LUFS
RELATIVE_GATE: Final = -10.0  # LU below the loudness of what passes the absolute gate
OFFSET: Final = -0.691  # dB, so that a 997 Hz sine of 0 dBFS measures -3.01 LUFS

TRANSFORM: Final = 1 << 15  # samples in a Fourier transform
MEMORY_S: Final = 0.16  # after which the K-weighting has forgotten: the 38 Hz high-pass decays as exp(-238 t)

OVERSAMPLING: Final = 4  # for true peak; reads at most 0.6 dB low at the band's edge, where speech has little
TAPS: Final = 12  # of each phase
PEAK_BLOCK: Final = 1 << 12  # samples interpolated at once: too small a product for OpenBLAS to start its threads


@dataclass(frozen=True, slots=True)
class Measured:
    """``integrated`` in hundredths of LUFS, None where too short or silent; ``true_peak`` in hundredths of dBTP."""

    integrated: int | None
    true_peak: int


class Meter:
    """Measures mono samples that arrive in blocks of whatever length."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._weighting = KWeighting(rate)
        self._peak = TruePeak()
        self._energies = array("d", [0.0])  # of each tenth of a second; the last is under way
        self._samples = 0  # in those

    def feed(self, samples: Samples) -> None:
        """Take the next samples (n,), float32."""
        self._peak.feed(samples)
        self._add(self._weighting.feed(samples))

    def measured(self) -> Measured:
        """What all samples amount to. Ends the measurement."""
        self._add(self._weighting.rest())
        integrated = self._integrated()
        return Measured(None if integrated is None else hundredths(integrated), hundredths(self._peak.decibels()))

    def _add(self, weighted: NDArray[np.float64]) -> None:
        """Share the energy of K-weighted samples (n,) out to tenths of a second, whose edges are as pyloudnorm's."""
        power = np.square(weighted)
        done = 0
        while done < len(power):
            edge = int(GATING_S * len(self._energies) / STEPS * self._rate)
            part = power[done : done + edge - self._samples]
            self._energies[-1] += float(part.sum())
            self._samples += len(part)
            done += len(part)
            if self._samples == edge:
                self._energies.append(0.0)

    def _integrated(self) -> float | None:
        """Gated loudness in LUFS (BS.1770-4, equations 1 to 7); as pyloudnorm, the last block may lack half a step."""
        if self._samples < GATING_S * self._rate:
            return None
        blocks = round((self._samples / self._rate - GATING_S) * STEPS / GATING_S) + 1
        energies = np.append(np.array(self._energies), np.zeros(STEPS))
        power = sliding_window_view(energies, STEPS).sum(axis=1)[:blocks] / (GATING_S * self._rate)
        power = power[_lufs(power) >= ABSOLUTE_GATE]
        if not len(power):
            return None
        gate = float(_lufs(np.mean(power))) + RELATIVE_GATE
        return float(_lufs(np.mean(power[_lufs(power) > gate])))


class KWeighting:
    """The filter of BS.1770: a shelf for the head's reflections, then a high-pass. Overlap-save over blocks.

    Coefficients as pyloudnorm's: R. Bristow-Johnson's Audio EQ Cookbook, which is defined at any rate.
    """

    def __init__(self, rate: int) -> None:
        self._memory = int(MEMORY_S * rate)
        self._waiting: list[NDArray[np.floating]] = [np.zeros(self._memory)]
        self._length = 0  # of what waits, without the memory
        delay = np.exp(-2j * np.pi * np.arange(TRANSFORM // 2 + 1) / TRANSFORM)
        self._response = np.ones(len(delay), dtype=np.complex128)
        for numerator, denominator in (_high_shelf(rate, 4.0, 1500.0, np.sqrt(0.5)), _high_pass(rate, 38.0, 0.5)):
            self._response *= np.polyval(numerator[::-1], delay) / np.polyval(denominator[::-1], delay)

    def feed(self, samples: NDArray[np.floating]) -> NDArray[np.float64]:
        """Take samples (n,); gives what is weighted by now, in order, perhaps nothing."""
        self._waiting.append(samples)
        self._length += len(samples)
        return self._weighted(TRANSFORM - self._memory)

    def rest(self) -> NDArray[np.float64]:
        """What is left to be weighted."""
        return self._weighted(1)

    def _weighted(self, least: int) -> NDArray[np.float64]:
        """Weight what waits, as long as it has ``least`` samples."""
        if self._length < least:
            return np.zeros(0)
        joined = np.concatenate(self._waiting)
        blocks = []
        while len(joined) - self._memory >= least:
            block = joined[:TRANSFORM]
            spectrum = np.fft.rfft(block, TRANSFORM) * self._response
            blocks.append(np.fft.irfft(spectrum, TRANSFORM)[self._memory : len(block)])
            joined = joined[len(block) - self._memory :]
        self._waiting = [joined]
        self._length = len(joined) - self._memory
        return np.concatenate(blocks)


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


def _high_shelf(rate: int, gain: float, corner: float, quality: float) -> tuple[list[float], list[float]]:
    """Numerator and denominator of a shelf of ``gain`` dB above ``corner`` Hz, by rising powers of the delay."""
    a = 10 ** (gain / 40)
    turn = 2 * np.pi * corner / rate
    c, slope = np.cos(turn), 2 * np.sqrt(a) * np.sin(turn) / (2 * quality)
    return (
        [a * ((a + 1) + (a - 1) * c + slope), -2 * a * ((a - 1) + (a + 1) * c), a * ((a + 1) + (a - 1) * c - slope)],
        [(a + 1) - (a - 1) * c + slope, 2 * ((a - 1) - (a + 1) * c), (a + 1) - (a - 1) * c - slope],
    )


def _high_pass(rate: int, corner: float, quality: float) -> tuple[list[float], list[float]]:
    """Numerator and denominator of a high-pass at ``corner`` Hz, by rising powers of the delay."""
    turn = 2 * np.pi * corner / rate
    c, alpha = np.cos(turn), np.sin(turn) / (2 * quality)
    return [(1 + c) / 2, -(1 + c), (1 + c) / 2], [1 + alpha, -2 * c, 1 - alpha]
