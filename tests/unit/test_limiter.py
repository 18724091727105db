"""The limiter: peaks stay under the ceiling, quiet sound passes untouched, blocks do not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfilt

from worker.audio.limiter import PHASES, Limiter, interpolated_peaks

RATE = 24000
CEILING = 0.5


def bursts(rate: int = RATE, seconds: float = 4.0, loudest: float = 0.6) -> NDArray[np.float64]:
    """Noise below a third of the rate, as speech is, in bursts of several levels; it begins and ends at the loudest."""
    draws = np.random.default_rng(11)
    levels = draws.choice([0.0, 0.05, 0.2, loudest], size=round(seconds * 20))
    levels[[0, -1]] = loudest
    noise = draws.normal(size=round(rate * seconds)) * np.repeat(levels, rate // 20 + 1)[: round(rate * seconds)]
    return np.asarray(sosfilt(butter(6, 0.6, output="sos"), noise))


def limited(samples: NDArray[np.float64], sizes: list[int], limiter: Limiter) -> NDArray[np.float64]:
    out, at = [], 0
    for number in range(len(samples)):
        if at >= len(samples):
            break
        size = sizes[number % len(sizes)]
        out.append(limiter.feed(samples[at : at + size]))
        at += size
    return np.concatenate([*out, limiter.finish()])


@pytest.mark.parametrize("rate", [8000, 22050, 24000, 48000])
def test_no_peak_passes_the_ceiling_even_between_samples(rate: int) -> None:
    samples = bursts(rate)
    limiter = Limiter(rate, CEILING)
    out = limited(samples, [4096], limiter)
    assert len(out) == len(samples)
    assert np.abs(samples).max() > 2 * CEILING
    assert np.abs(out).max() <= CEILING * 1.0001
    assert np.abs(resample_poly(out, 16, 1)).max() <= CEILING * 10 ** (0.2 / 20)
    assert limiter.deepest > 6
    assert 0 < limiter.touched < len(samples)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 5000), min_size=1, max_size=6).filter(lambda sizes: sum(sizes) > 50))
def test_the_blocks_do_not_matter_to_the_last_bit(sizes: list[int]) -> None:
    samples = bursts(seconds=1.0)
    whole, pieces = Limiter(RATE, CEILING), Limiter(RATE, CEILING)
    np.testing.assert_array_equal(limited(samples, sizes, pieces), limited(samples, [len(samples)], whole))
    assert (pieces.deepest, pieces.touched) == (whole.deepest, whole.touched)


def test_what_is_quiet_enough_passes_as_it_is() -> None:
    samples = bursts() * 0.1
    limiter = Limiter(RATE, CEILING)
    np.testing.assert_array_equal(limited(samples, [1000], limiter), samples)
    assert (limiter.deepest, limiter.touched) == (0.0, 0)


def test_it_comes_on_as_a_ramp_before_the_peak_and_goes_slowly() -> None:
    samples = np.full(RATE, 0.1)
    samples[RATE // 2] = 1.0
    out = limited(samples, [777], Limiter(RATE, CEILING))
    gain = 20 * np.log10(out / samples)
    peak = RATE // 2
    assert gain[peak] == pytest.approx(-6.02, abs=0.3)  # the filter sees a click a little higher
    assert gain[peak - RATE // 100] == 0
    before, after = np.diff(gain[peak - 120 : peak]), np.diff(gain[peak + 121 : peak + 1800])
    assert before.max() <= 1e-9
    assert after.max() * RATE == pytest.approx(60, rel=0.01)
    assert gain[peak + RATE // 5] == 0


def test_a_peak_between_samples_is_seen() -> None:
    """A sine at a quarter of the rate whose samples all lie 3 dB below its crest: the case that annex 2 is about."""
    samples = np.sin(2 * np.pi * (0.25 * np.arange(2000) + 0.125))
    assert np.abs(samples).max() == pytest.approx(0.7071, abs=1e-4)
    assert interpolated_peaks(samples)[20:-20].max() == pytest.approx(1.0, abs=0.03)
    assert [len(phase) for phase in PHASES] == [12] * 4
    assert all(sum(phase) == pytest.approx(1.0, abs=0.03) for phase in PHASES)


@pytest.mark.parametrize("length", [0, 1, 5, 11, 12, 130])
def test_short_sounds_come_back_whole(length: int) -> None:
    samples = np.linspace(0.01, 0.02, length)
    np.testing.assert_array_equal(limited(samples, [3], Limiter(RATE, CEILING)), samples)
