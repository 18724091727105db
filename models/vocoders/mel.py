"""The spectrogram that the vocoders turn back into sound, and the way to it: analysis, mel bands, resynthesis.

A frame is 1,024 samples under a Hann window, one every 256. Frames are not centred: 384 reflected samples at each end
give exactly one frame per 256 samples, as HiFi-GAN's own analysis does (https://arxiv.org/abs/2010.05646).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.errors import Permanent
from models.vocoders import HOP_LENGTH, N_MELS, SAMPLE_RATE, Mel
from models.voice import Samples

N_FFT = 1024  # samples of a frame, 46 ms
N_BINS = N_FFT // 2 + 1  # 513 frequencies
BIN_WIDTH = SAMPLE_RATE / N_FFT  # 21.5 Hz
PADDING = (N_FFT - HOP_LENGTH) // 2  # 384 samples before the first and after the last hop
F_MAX = 8000.0  # Hz, upper edge of the highest band
FLOOR = 1e-5  # below this a band counts as silent
OVERLAP = N_FFT // HOP_LENGTH  # frames over one sample: 4
GROUP = 32  # frames transformed at once: they stay in the cache

Array = NDArray[np.float32]
Spectrum = NDArray[np.complex64]  # [M, 513]


@lru_cache(maxsize=4)
def hann_window(size: int) -> Array:
    """The periodic Hann window, [size]."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)


def band_edges() -> NDArray[np.float64]:
    """Return where bands begin, peak and end, [82] in Hz: band k rises from edge k to k + 1 and falls to k + 2.

    Linear below 1 kHz, 27 bands a factor of 6.4 above (Slaney's Auditory Toolbox, 1998; librosa's default).
    """
    return _hertz(np.linspace(0.0, _mels(F_MAX), N_MELS + 2))


@lru_cache(maxsize=1)
def mel_basis() -> Array:
    """Slaney's triangular bands from 0 to 8,000 Hz, each of equal area: [80, 513]."""
    edges = band_edges()
    rising = np.arange(N_BINS) * BIN_WIDTH - edges[:, None]
    widths = np.diff(edges)[:, None]
    bands = np.maximum(0, np.minimum(rising[:-2] / widths[:-1], -rising[2:] / widths[1:]))
    return (bands * (2 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)


def _mels(hertz: float) -> float:
    """Return the place on the mel scale of a frequency above 1 kHz."""
    return 15 + 27 * float(np.log(hertz / 1000) / np.log(6.4))


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mels < 15, mels * (200 / 3), 1000 * 6.4 ** ((mels - 15) / 27))


def log_mel(samples: Samples) -> Mel:
    """Turn samples float32 [N] at 22,050 Hz into a log-mel float32 [80, N // 256]. Raises Permanent for too few."""
    if samples.size <= PADDING:
        raise Permanent(f"{samples.size} samples are too few for a spectrogram, which takes {PADDING + 1}")
    spectrum = analyse(np.pad(samples.astype(np.float32), PADDING, mode="reflect"))
    magnitude = np.sqrt(spectrum.real**2 + spectrum.imag**2 + np.float32(1e-9))
    mel: Mel = np.log(np.maximum(mel_basis() @ magnitude.T, FLOOR))
    return mel


def analyse(padded: Array) -> Spectrum:
    """Turn samples [(M + 3) * 256] into the spectra of their M frames, complex64 [M, 513]."""
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP_LENGTH]
    spectrum = np.empty((len(frames), N_BINS), np.complex64)
    for at in range(0, len(frames), GROUP):
        spectrum[at : at + GROUP] = np.fft.rfft(frames[at : at + GROUP] * hann_window(N_FFT), axis=1)
    return spectrum


def resynthesise(spectrum: Spectrum) -> Array:
    """Return the samples [(M + 3) * 256] whose spectra come closest to those given, [M, 513], by least squares.

    The windowed frames are added up and divided by the sum of squared windows (Griffin and Lim, 1984, equation 6).
    """
    blocks = np.zeros((len(spectrum) + OVERLAP - 1, HOP_LENGTH), np.float32)
    weight = np.zeros_like(blocks)
    parts = [slice(k * HOP_LENGTH, (k + 1) * HOP_LENGTH) for k in range(OVERLAP)]
    for at in range(0, len(spectrum), GROUP):
        frames = np.fft.irfft(spectrum[at : at + GROUP], N_FFT, axis=1)
        frames *= hann_window(N_FFT)
        for k, part in enumerate(parts):
            blocks[at + k : at + k + len(frames)] += frames[:, part]
    for k, part in enumerate(parts):
        weight[k : k + len(spectrum)] += hann_window(N_FFT)[part] ** 2
    blocks /= np.maximum(weight, np.float32(1e-3))
    return blocks.reshape(-1)
