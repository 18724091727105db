"""Griffin-Lim: repeatable, close to the mel it is given, safe at the edges."""

from __future__ import annotations

import numpy as np
import pytest

from models.errors import Permanent, SpeechRejected
from models.vocoders import HOP_LENGTH, SAMPLE_RATE, griffin_lim
from models.vocoders.griffin_lim import GriffinLim, magnitudes
from models.vocoders.mel import log_mel, mel_basis


@pytest.fixture(scope="module")
def mel() -> np.ndarray:
    """A second of a voice that glides from 110 to 160 Hz, with breath."""
    time = np.arange(86 * HOP_LENGTH) / SAMPLE_RATE
    phase = 2 * np.pi * (110 * time + 25 * time**2)
    voice = sum(np.sin(k * phase) / k for k in range(1, 40))
    breath = 0.05 * np.random.default_rng(0).standard_normal(time.size)
    return log_mel((0.2 * (voice + breath)).astype(np.float32))


def test_the_seed_decides(mel: np.ndarray) -> None:
    one, again, other = (GriffinLim().synthesise(mel, seed) for seed in (1, 1, 2**64 - 1))
    assert np.array_equal(one, again)
    assert np.abs(one - other).max() > 0.01


def error(mel: np.ndarray, seed: int) -> float:
    """Mean absolute difference of the log-mels where there is sound, but for the edges, where frames reflect."""
    within = slice(3, -3)
    difference = np.abs(log_mel(GriffinLim().synthesise(mel, seed)) - mel)
    return float(difference[:, within][mel[:, within] > -6].mean())


def test_the_sound_has_the_mel_that_was_asked_for(mel: np.ndarray) -> None:
    samples = GriffinLim().synthesise(mel, 3)
    assert (samples.dtype, samples.shape) == (np.float32, (mel.shape[1] * HOP_LENGTH,))
    assert error(mel, 3) < 0.13  # 0.118; a single round gives 0.4


def test_momentum_pays(mel: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fast variant ends nearer the mel than the plain one in as many rounds."""
    fast = error(mel, 3)
    monkeypatch.setattr(griffin_lim, "BACK", np.float32(0))
    assert fast < 0.9 * error(mel, 3)


def test_the_inversion_is_non_negative_and_close(mel: np.ndarray) -> None:
    found = magnitudes(mel)
    assert found.shape == (mel.shape[1], 513)
    assert found.min() >= 0
    assert not found[:, 372:].any()  # nothing above 8 kHz
    wanted = np.exp(mel.T)
    assert np.linalg.norm(found @ mel_basis().T - wanted) < 0.02 * np.linalg.norm(wanted)


def test_the_products_are_those_of_the_basis() -> None:
    random, bands = np.random.default_rng(0), griffin_lim._bands()
    basis, bins, mel = mel_basis()[:, :372], random.random((372, 3), np.float32), random.random((80, 3), np.float32)
    np.testing.assert_allclose(bands.gather(bins), basis @ bins, rtol=1e-5)
    np.testing.assert_allclose(bands.spread(mel), basis.T @ mel, rtol=1e-5)


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5])
def test_short_mels(mel: np.ndarray, frames: int) -> None:
    samples = GriffinLim().synthesise(mel[:, 20 : 20 + frames], 1)
    assert samples.shape == (frames * HOP_LENGTH,)
    assert 0.01 < np.abs(samples).max() <= 1


def test_silence_stays_silent_and_nothing_exceeds_full_scale(mel: np.ndarray) -> None:
    silence = np.full((80, 40), np.log(np.float32(1e-5)))
    assert np.abs(GriffinLim().synthesise(silence, 1)).max() < 1e-3
    loud = GriffinLim().synthesise(mel + np.float32(4), 1)
    assert np.abs(loud).max() == 1


@pytest.mark.parametrize("shape", [(80, 0), (79, 4), (4, 80), (1, 80, 4), (80,)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(Permanent, match="expected \\[80, at least one frame\\]"):
        GriffinLim().synthesise(np.zeros(shape, np.float32), 1)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 100])
def test_what_is_no_number_is_refused(mel: np.ndarray, bad: float) -> None:
    broken = mel.copy()
    broken[3, 4] = bad
    with pytest.raises(SpeechRejected, match="no sound"):
        GriffinLim().synthesise(broken, 1)
