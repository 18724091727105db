"""The spectrogram's analysis: as librosa has it, and back to the same samples."""

from __future__ import annotations

import numpy as np
import pytest

from models.errors import Permanent
from models.vocoders import HOP_LENGTH, SAMPLE_RATE
from models.vocoders.mel import PADDING, analyse, log_mel, mel_basis, resynthesise


def tone(hertz: float, samples: int = 8192) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(samples) / SAMPLE_RATE)).astype(np.float32)


# From librosa 0.11: filters.mel(sr=22050, n_fft=1024, n_mels=80, fmin=0, fmax=8000)
@pytest.mark.parametrize(
    ("band", "peak", "height", "width"),
    [(0, 2, 0.022651389, 3), (10, 19, 0.026492536, 3), (40, 80, 0.014895470, 7), (79, 358, 0.003265993, 27)],
)
def test_bands_are_librosas(band: int, peak: int, height: float, width: int) -> None:
    row = mel_basis()[band]
    assert (int(row.argmax()), int((row > 0).sum())) == (peak, width)
    assert row[peak] == pytest.approx(height, rel=1e-6)


def test_bands_end_at_8_khz() -> None:
    basis = mel_basis()
    assert basis.shape == (80, 513)
    assert not basis[:, 372:].any()  # 372 * 21.53 Hz is the first frequency above 8,000
    assert basis[:, 371].any()


@pytest.mark.parametrize("samples", [385, 512, 8192, 8191])
def test_one_frame_for_every_256_samples(samples: int) -> None:
    assert log_mel(tone(300, samples)).shape == (80, samples // HOP_LENGTH)


def test_a_tone_is_found_in_its_band_and_silence_at_the_floor() -> None:
    mel = log_mel(tone(1000))
    assert set(mel[:, 2:-2].argmax(axis=0)) == {int(mel_basis()[:, round(1000 * 1024 / SAMPLE_RATE)].argmax())}
    assert (log_mel(np.zeros(2048, np.float32)) == np.log(np.float32(1e-5))).all()


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(Permanent, match="384 samples are too few"):
        log_mel(tone(300, 384))


def test_analysis_and_back_gives_the_same_samples() -> None:
    padded = np.random.default_rng(1).standard_normal(20 * HOP_LENGTH + 2 * PADDING).astype(np.float32)
    again = resynthesise(analyse(padded))
    assert again.dtype == np.float32
    np.testing.assert_allclose(again[PADDING:-PADDING], padded[PADDING:-PADDING], atol=2e-6)


def test_resynthesis_of_what_fits_no_samples_comes_closest() -> None:
    """Of all samples, those returned have the spectra nearest to the wanted ones: any other is farther."""
    random = np.random.default_rng(2)
    wanted = (random.standard_normal((6, 513)) + 1j * random.standard_normal((6, 513))).astype(np.complex64)
    best = resynthesise(wanted)

    def distance(samples: np.ndarray) -> float:
        return float((np.abs(np.fft.irfft(analyse(samples) - wanted, axis=1)) ** 2).sum())

    inner = np.zeros_like(best)
    inner[PADDING:-PADDING] = 1e-3 * random.standard_normal(best.size - 2 * PADDING)
    assert distance(best) < min(distance(best + inner), distance(best - inner))
