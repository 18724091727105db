"""Speech tokens to mel: the encoder, then Euler steps along the estimated velocity, from noise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.cosyvoice.relative_positions import distance_sines
from models.session import AnySession, Session, input_width, run_session
from models.vocoders import HOP_LENGTH, N_MELS, SAMPLE_RATE, Mel
from models.voice import Step, go_on

TOKENS_PER_SECOND = 50
STEPS = 10  # Euler steps, as the original
EDGE = 20  # speech tokens at either end that are stretched on their own, as the original does for streaming

Array = NDArray[np.float32]


def mel_length(tokens: int) -> int:
    """Return the mel frames of so many speech tokens."""
    return int(tokens / TOKENS_PER_SECOND * SAMPLE_RATE / HOP_LENGTH)


def stretch(tokens: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """Interpolate ``tokens`` rows to mel frames, linearly: (row below, row above, share of the latter), each [M].

    More than 40 tokens are stretched in three pieces, head, middle and tail, as the original does.
    """
    frames, edge = mel_length(tokens), mel_length(EDGE)
    if tokens <= 2 * EDGE:
        pieces = [_interpolate(0, tokens, frames)]
    else:
        pieces = [
            _interpolate(0, EDGE, edge),
            _interpolate(EDGE, tokens - EDGE, frames - 2 * edge),
            _interpolate(tokens - EDGE, tokens, edge),
        ]
    low, high, share = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    return low, high, share


def _interpolate(start: int, end: int, size: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """Rows start ... end to ``size`` places, as torch's ``interpolate(mode="linear")`` without aligned corners."""
    rows = end - start
    at = np.maximum(
        (np.arange(size, dtype=np.float32) + np.float32(0.5)) * np.float32(rows / size) - np.float32(0.5), 0
    )
    low = np.minimum(np.floor(at).astype(np.int64), rows - 1)
    return start + low, start + np.minimum(low + 1, rows - 1), (at - low).astype(np.float32)


def schedule(steps: int) -> Array:
    """The times of the steps, float32 [steps + 1], from 0 to 1, closer together at the start (cosine)."""
    even = np.linspace(0, 1, steps + 1, dtype=np.float32)
    angles = even * np.float32(0.5) * np.float32(math.pi)
    cosines = np.cos(angles.astype(np.float64)).astype(np.float32)  # rounded once: an ulp here is 6e-5 in the sines
    result: Array = np.float32(1) - cosines
    return result


def time_features(time: np.float32, width: int) -> Array:
    """Sines and cosines of a time in [0, 1], float32 [width] (Matcha-TTS, ``SinusoidalPosEmb``)."""
    half = width // 2
    exponents = np.arange(half, dtype=np.float32) * np.float32(-math.log(10000) / (half - 1))
    rates = np.exp(exponents.astype(np.float64)).astype(np.float32)
    angles = np.float32(1000) * time * rates
    return np.concatenate([np.sin(angles), np.cos(angles)])


def speed_up(mel: Mel, speed: float) -> Mel:
    """The mel at ``speed`` times the pace: frames interpolated linearly; pitch stays."""
    if speed == 1.0:
        return mel
    low, high, share = _interpolate(0, mel.shape[1], max(1, int(mel.shape[1] / speed)))
    result: Mel = mel[:, low] + (mel[:, high] - mel[:, low]) * share
    return result


class Flow:
    """The encoder and the estimator, loaded."""

    def __init__(self, encoder: Session, estimator: AnySession, guidance: float) -> None:
        self._encoder, self._estimator = encoder, estimator
        self._guidance = np.array(guidance, np.float32)
        self._width: int = encoder.get_inputs()[1].shape[1]
        self._time_width = input_width(estimator, "time")

    def encode(self, tokens: list[int]) -> Array:
        """Encode speech tokens [N] to the mean mel, [80, M]."""
        low, high, share = stretch(len(tokens))
        feeds: dict[str, NDArray[Any]] = {
            "tokens": np.array(tokens, np.int64),
            "positions": distance_sines(len(tokens), self._width),
            "low": low,
            "high": high,
            "share": share,
        }
        return run_session(self._encoder, feeds)[0]

    def solve(self, noise: Array, mu: Array, speaker: Array, steps: int = STEPS, step_made: Step = go_on) -> Mel:
        """Go from noise [80, M] to the mel [80, M], guided by the mean mel and the projected speaker [80]."""
        times, x = schedule(steps), noise
        time, step = times[0], times[1] - times[0]
        for k in range(1, steps + 1):
            feeds = {"x": x, "mu": mu, "speaker": speaker, "guidance": self._guidance}
            feeds["time"] = time_features(time, self._time_width)
            velocity = run_session(self._estimator, feeds, release=k == steps)[0]
            x = x + step * velocity
            time = np.float32(time + step)
            step_made()
            if k < steps:
                step = np.float32(times[k + 1] - time)
        return x

    def mel(self, tokens: list[int], speaker: Array, seed: int, steps: int = STEPS, step_made: Step = go_on) -> Mel:
        """Turn speech tokens into a mel, with the noise that the seed draws."""
        mu = self.encode(tokens)
        noise = np.random.default_rng(seed).standard_normal((N_MELS, mu.shape[1]), np.float32)
        return self.solve(noise, mu, speaker, steps, step_made)
