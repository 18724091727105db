"""Pitch and length of speech, on sounds whose pitch and length are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from worker.audio.pitch import median_pitch, speech_ms


def voice(hertz: float, rate: int, seconds: float = 1.0) -> NDArray[np.float32]:
    """A buzz with the harmonics of a voice, the second the strongest, and a little breath."""
    at = np.arange(round(rate * seconds)) / rate
    parts = [(0.5, 1), (1.0, 2), (0.6, 3), (0.3, 4), (0.2, 5)]
    buzz = sum(weight * np.sin(2 * np.pi * hertz * harmonic * at) for weight, harmonic in parts)
    return (0.1 * buzz + np.random.default_rng(1).normal(size=len(at)) * 0.005).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 22050, 24000, 48000])
@pytest.mark.parametrize("hertz", [75.0, 110.0, 220.0, 330.0])
def test_the_pitch_of_a_buzz(hertz: float, rate: int) -> None:
    assert median_pitch(voice(hertz, rate), rate) == pytest.approx(hertz * 10, rel=0.025)


def test_noise_silence_and_snippets_have_no_pitch() -> None:
    noise = np.random.default_rng(2).normal(size=24000).astype(np.float32) * 0.1
    for samples in (noise, np.zeros(24000, np.float32), voice(110, 24000, 0.04)):
        assert median_pitch(samples, 24000) is None


def test_pauses_do_not_count() -> None:
    silence = np.zeros(12000, np.float32)
    samples = np.concatenate((silence, voice(150, 24000), silence))
    assert median_pitch(samples, 24000) == pytest.approx(1500, rel=0.025)
    assert speech_ms(samples, 24000) == pytest.approx(1000, abs=20)
    assert speech_ms(silence, 24000) == 0
