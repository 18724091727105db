"""A segment's delivery: how long it speaks, and the median pitch of its voiced sounds.

Pitch by autocorrelation, a window's own divided out, as in P. Boersma, "Accurate short-term analysis of the fundamental
frequency" (1993); of nearly equal peaks the highest pitch counts, or a voice would seem an octave lower now and then.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.voice import Samples
from worker.audio.finishing import speech_span
from worker.audio.levels import FRAME_MS, frame_levels

LOWEST_HZ: Final = 60
HIGHEST_HZ: Final = 500
HOP_MS: Final = 20
VOICED: Final = 0.6  # of the autocorrelation at the pitch's period; noise stays below
NEARLY: Final = 0.9  # of the highest peak: an earlier one that high is the period
LEAST_FRAMES: Final = 5
LOUD_DB: Final = 25.0  # frames further below the loudest are not asked
AT_ONCE: Final = 256  # frames: bounds the memory of a long segment


def speech_ms(samples: Samples, rate: int) -> int:
    """Milliseconds from onset to end of the speech in samples (n,) float32; 0 where there is none."""
    span = speech_span(frame_levels(samples, rate))
    return (span[1] - span[0]) * FRAME_MS if span else 0


def median_pitch(samples: Samples, rate: int) -> int | None:
    """Median pitch of samples (n,) float32 at ``rate`` Hz, in tenths of Hz; None where too little is voiced."""
    length, hop = 3 * rate // LOWEST_HZ, rate * HOP_MS // 1000
    if len(samples) < length:
        return None
    frames = np.lib.stride_tricks.sliding_window_view(samples, length)[::hop]
    energy = np.array([float(np.square(frame, dtype=np.float64).sum()) for frame in frames])
    loud = frames[energy > energy.max() * 10 ** (-LOUD_DB / 10)] if energy.max() > 0 else frames[:0]
    pitches = [pitch for at in range(0, len(loud), AT_ONCE) for pitch in _pitches(loud[at : at + AT_ONCE], rate)]
    return round(float(np.median(pitches)) * 10) if len(pitches) >= LEAST_FRAMES else None


def _pitches(frames: Samples, rate: int) -> NDArray[np.float64]:
    """Pitch in Hz of those frames (n, length) that are voiced: (m,), m <= n."""
    length = frames.shape[1]
    window = np.hanning(length)
    shortest, longest = rate // HIGHEST_HZ, rate // LOWEST_HZ
    centred = frames - frames.mean(axis=1, keepdims=True)
    lags = slice(shortest - 1, longest + 2)
    candidates = _autocorrelation(centred * window)[:, lags] / _autocorrelation(window[None])[:, lags]
    middle = candidates[:, 1:-1]
    peaks = np.where((middle >= candidates[:, :-2]) & (middle >= candidates[:, 2:]), middle, -1.0)
    highest = peaks.max(axis=1)
    periods = shortest + (peaks >= NEARLY * highest[:, None]).argmax(axis=1)
    return np.asarray(rate / periods[highest >= VOICED], np.float64)


def _autocorrelation(frames: NDArray[np.float64]) -> NDArray[np.float64]:
    """The autocorrelation of each frame (n, length), 1.0 at lag zero: (n, length)."""
    length = frames.shape[1]
    size = 1 << (2 * length - 1).bit_length()
    found = np.fft.irfft(np.abs(np.fft.rfft(frames, size)) ** 2)[:, :length]
    return np.asarray(found / np.maximum(found[:, :1], 1e-20))
