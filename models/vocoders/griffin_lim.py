"""Griffin-Lim: sound from a mel without weights. Phases are guessed, then made consistent with the magnitudes.

For drafts and short text: words are clear, the timbre is that of a room with hard walls.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.vocoders import N_MELS, Mel
from models.vocoders.mel import N_BINS, PADDING, analyse, mel_basis, resynthesise
from models.voice import Permanent, Samples

ROUNDS = 32  # of phase estimation
MOMENTUM = np.float32(0.99)
UPDATES = 30  # of the mel's inversion
TINY = np.float32(1e-8)

Array = NDArray[np.float32]


class GriffinLim:
    """Ready at once. The phases it begins with are drawn from the seed."""

    name = "griffin-lim"

    def synthesise(self, mel: Mel, seed: int) -> Samples:
        """Log-mel float32 [80, M] to float32 [256 * M] samples in [-1, 1] at 22,050 Hz.

        Fast Griffin-Lim (Perraudin, Balazs and Søndergaard, 2013): each round moves past the consistent spectrum, in
        the direction of the last step. Raises Permanent where the mel has another shape or is not finite.
        """
        magnitude = magnitudes(mel)
        phases = np.random.default_rng(seed).random(magnitude.shape, np.float32) * np.float32(2 * np.pi)
        spectrum = magnitude * np.exp(1j * phases).astype(np.complex64)
        before = None
        for _ in range(ROUNDS):
            consistent = analyse(resynthesise(spectrum))
            ahead = consistent if before is None else consistent + MOMENTUM * (consistent - before)
            spectrum = ahead * (magnitude / np.maximum(np.abs(ahead), TINY))
            before = consistent
        samples = resynthesise(spectrum)[PADDING:-PADDING]
        return np.clip(samples, -1, 1)


def magnitudes(mel: Mel) -> Array:
    """The non-negative spectrum [M, 513] whose mel comes closest to the one given, float32 [80, M].

    Multiplicative updates (Lee and Seung, 2000) from the least-squares solution; above 8 kHz there is nothing.
    Raises Permanent where the mel has another shape or is not finite.
    """
    if mel.ndim != 2 or mel.shape[0] != N_MELS or not mel.shape[1]:
        raise Permanent(f"a mel of shape {mel.shape}, expected [{N_MELS}, at least one frame]")
    if not np.isfinite(mel).all():
        raise Permanent("the mel has numbers in it that are no sound")
    basis, bands = mel_basis(), np.exp(mel.T.astype(np.float32))
    guess = np.maximum(bands @ _inverse(), TINY)
    wanted = bands @ basis
    for _ in range(UPDATES):
        guess *= wanted / np.maximum((guess @ basis.T) @ basis, np.float32(1e-10))
    return guess


@lru_cache(maxsize=1)
def _inverse() -> Array:
    """[80, 513]: bands to bins by least squares."""
    inverse: Array = np.linalg.pinv(mel_basis().astype(np.float64)).T.astype(np.float32)
    assert inverse.shape == (N_MELS, N_BINS)
    return inverse
