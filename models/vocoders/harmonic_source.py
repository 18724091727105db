"""The harmonic source of neural source-filter vocoders, in numpy: sines of the pitch and its overtones, and noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.vocoders import HOP_LENGTH, SAMPLE_RATE

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class HarmonicSource:
    """The source of a voice, as its checkpoint describes it.

    ``weight`` [harmonics + 1] and ``bias`` merge the sines into one; ``amplitude`` is theirs, ``noise`` the standard
    deviation added to voiced samples, ``voiced`` the frequency in Hz that a voiced frame exceeds.
    """

    weight: Array
    bias: float
    amplitude: float
    noise: float
    voiced: float

    def draws(self, frames: int, seed: int) -> tuple[Array, Array]:
        """Draw phases [harmonics + 1, 1] in radians (the pitch itself has none) and noise [harmonics + 1, 256 M]."""
        random = np.random.default_rng(seed)
        phase = random.uniform(-math.pi, math.pi, (self.weight.size, 1)).astype(np.float32)
        phase[0] = 0
        return phase, random.standard_normal((self.weight.size, frames * HOP_LENGTH), np.float32)

    def excite(self, f0: Array, phase: Array, noise: Array) -> Array:
        """Turn pitch [M] in Hz into the excitation, float32 [256 M] (SourceModuleHnNSF, https://arxiv.org/abs/1904.12088)."""
        f0 = np.repeat(f0, HOP_LENGTH)
        voiced = (f0 > self.voiced).astype(np.float32)
        spread = voiced * np.float32(self.noise) + (1 - voiced) * np.float32(self.amplitude) / np.float32(3)
        mixed = np.zeros(f0.size, np.float32)
        for k in range(self.weight.size):
            cycles = np.cumsum(f0 * np.float32(k + 1) / np.float32(SAMPLE_RATE), dtype=np.float64)
            angle = np.float32(2 * math.pi) * (cycles.astype(np.float32) % np.float32(1)) + phase[k]
            sine = np.float32(self.amplitude) * np.sin(angle)
            mixed += self.weight[k] * (sine * voiced + spread * noise[k])
        merged: Array = np.tanh(mixed + np.float32(self.bias))
        return merged
