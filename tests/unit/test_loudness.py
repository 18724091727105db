"""Loudness measured as it streams agrees with the reference over the whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyloudnorm
import pytest
from numpy.typing import NDArray

from worker.audio.loudness import Meter

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


@pytest.mark.parametrize("rate", [22050, 24000, 44100, 48000])
@pytest.mark.parametrize("seconds", [3.137, 20.0])
def test_integrated_loudness_agrees_with_another_library(rate: int, seconds: float) -> None:
    samples = speechlike(rate, seconds)
    meter = Meter(rate)
    for block in blocks(samples):
        meter.feed(block)
    reference = pyloudnorm.Meter(rate).integrated_loudness(samples.astype(np.float64))
    assert meter.measured().integrated == pytest.approx(reference * 100, abs=10)


@pytest.mark.parametrize("samples", [np.zeros(0), np.full(9599, 0.1), np.zeros(48000), np.full(48000, 1e-7)])
def test_too_short_or_silent_has_no_loudness(samples: NDArray[np.float64]) -> None:
    meter = Meter(24000)
    meter.feed(samples.astype(np.float32))
    assert meter.measured().integrated is None


@pytest.mark.parametrize(("level", "integrated"), [(-23.0, -2300), (-33.0, -3300), (-13.0, -1300)])
def test_the_sines_of_ebu_tech_3341(level: float, integrated: int) -> None:
    """A 1 kHz sine of ``level`` dBFS in both channels measures that many LUFS; in one channel, 3.01 LU less."""
    meter = Meter(48000)
    meter.feed((10 ** (level / 20) * np.sin(FULL * 1000 / 48000 * np.arange(20 * 48000))).astype(np.float32))
    assert meter.measured().integrated == pytest.approx(integrated - 301, abs=10)


def test_true_peak_finds_what_sample_peak_misses() -> None:
    samples = (0.9 * np.sin(FULL * (0.25 * np.arange(8000) + 0.125))).astype(np.float32)
    meter = Meter(24000)
    meter.feed(samples)
    assert 20 * np.log10(np.max(np.abs(samples))) == pytest.approx(-3.92, abs=0.02)
    assert meter.measured().true_peak == pytest.approx(-92, abs=20)
