"""Loudness measured as it streams agrees with the reference over the whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyloudnorm
import pytest
from numpy.typing import NDArray
from scipy.signal import resample_poly

from worker.audio.loudness import Measured, Meter, TruePeak, gain_for
from worker.contract import Loudness

FULL = 2 * np.pi


def speechlike(rate: int, seconds: float) -> NDArray[np.float32]:
    """Noise in bursts of many levels, with silence between: both gates have something to do."""
    draws = np.random.default_rng(3)
    noise = draws.normal(size=round(rate * seconds)) * 0.1
    steps = np.repeat(draws.choice([0.0, 0.003, 0.1, 0.5, 1.0], size=int(seconds * 5) + 1), rate // 5 + 1)
    return (noise * steps[: len(noise)]).astype(np.float32)


def blocks(samples: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    draws = np.random.default_rng(5)
    start = 0
    while start < len(samples):
        end = start + int(draws.integers(1, 30_000))
        yield samples[start:end]
        start = end


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 24000, 44100, 48000])
@pytest.mark.parametrize("seconds", [0.41, 0.46, 3.137, 20.0])
def test_integrated_loudness_is_pyloudnorms(rate: int, seconds: float) -> None:
    samples = speechlike(rate, seconds)
    samples[: rate // 3] += 0.05  # so that the shortest is not silent
    meter = Meter(rate)
    for block in blocks(samples):
        meter.feed(block)
    reference = pyloudnorm.Meter(rate).integrated_loudness(samples.astype(np.float64))
    assert meter.measured().integrated == pytest.approx(reference * 100, abs=1)


@pytest.mark.parametrize("samples", [np.zeros(0), np.full(9599, 0.1), np.zeros(48000), np.full(48000, 1e-7)])
def test_too_short_or_silent_has_no_loudness(samples: NDArray[np.float64]) -> None:
    meter = Meter(24000)
    meter.feed(samples.astype(np.float32))
    assert meter.measured().integrated is None


@pytest.mark.parametrize("frequency", [0.01, 0.1, 0.2, 0.25, 0.3, 0.4, 0.45])
@pytest.mark.parametrize("phase", [0.0, 0.125, 0.25])
def test_true_peak_lies_between_the_samples(frequency: float, phase: float) -> None:
    """``frequency`` is a share of the sampling rate; BS.1770-4 lets four-fold oversampling read 0.6 dB low."""
    window = np.hanning(4000)  # no jump at the ends, which would ring
    meter = TruePeak()
    for block in blocks((0.5 * window * np.sin(FULL * (frequency * np.arange(4000) + phase))).astype(np.float32)):
        meter.feed(block)
    assert -6.02 - 0.6 < meter.decibels() < -6.02 + 0.2


def test_true_peak_finds_what_sample_peak_misses() -> None:
    samples = (0.9 * np.sin(FULL * (0.25 * np.arange(8000) + 0.125))).astype(np.float32)
    meter = TruePeak()
    meter.feed(samples)
    assert 20 * np.log10(np.max(np.abs(samples))) == pytest.approx(-3.92, abs=0.02)
    assert meter.decibels() == pytest.approx(-0.92, abs=0.15)


def test_true_peak_agrees_with_another_resampler_however_it_is_fed() -> None:
    samples = speechlike(24000, 5)
    whole, block_by_block = TruePeak(), TruePeak()
    whole.feed(samples)
    for block in blocks(samples):
        block_by_block.feed(block)
    assert block_by_block.decibels() == pytest.approx(whole.decibels(), abs=1e-4)
    assert whole.decibels() == pytest.approx(20 * np.log10(np.max(np.abs(resample_poly(samples, 4, 1)))), abs=0.3)


@pytest.mark.parametrize(
    ("wanted", "integrated", "peak", "gain"),
    [
        (Loudness(), -2500, -600, 0),
        (Loudness(lufs=-1900), None, -600, 0),
        (Loudness(lufs=-1900), -2500, -800, 600),
        (Loudness(lufs=-1900), -2500, -600, 500),  # up to -1 dBTP and no further
        (Loudness(lufs=-1900), -1500, -50, -400),
        (Loudness(lufs=-1600, true_peak=-900), -1600, -100, -800),
    ],
)
def test_the_gain(wanted: Loudness, integrated: int | None, peak: int, gain: int) -> None:
    assert gain_for(wanted, Measured(integrated, peak)) == gain
