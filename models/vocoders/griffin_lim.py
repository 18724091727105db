"""Griffin-Lim: sound from a mel without weights. Phases are guessed, then made consistent with the magnitudes.

For drafts and short text: words are clear, the timbre is that of a room with hard walls.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.errors import Permanent, SpeechRejected
from models.vocoders import N_MELS, Mel
from models.vocoders.mel import (
    BIN_WIDTH,
    F_MAX,
    GROUP,
    N_BINS,
    PADDING,
    analyse,
    band_edges,
    mel_basis,
    resynthesise,
)
from models.voice import Samples

ROUNDS = 32  # of phase estimation
MOMENTUM = 0.99
BACK = np.float32(MOMENTUM / (1 + MOMENTUM))  # c + momentum (c - b) points where c - back b does
AUDIBLE = int(F_MAX / BIN_WIDTH) + 1  # bins that a band reaches: 372
UPDATES = 15  # of the mel's inversion: the mel is then met within 1 %
TINY = np.float32(1e-10)
LOUDEST = 20.0  # of a log-mel: full scale is 3.2

Array = NDArray[np.float32]


class GriffinLim:
    """The vocoder that needs no weights. The phases it begins with are drawn from the seed."""

    name = "griffin-lim"

    def synthesise(self, mel: Mel, seed: int) -> Samples:
        """Turn a log-mel float32 [80, M] into float32 [256 * M] samples in [-1, 1] at 22,050 Hz.

        Fast Griffin-Lim (Perraudin, Balazs and Søndergaard, 2013): each round moves past the consistent spectrum, in
        the direction of the last step. Raises Permanent where the mel has another shape, SpeechRejected where it has
        numbers that no sound has.
        """
        magnitude = magnitudes(mel)
        phases = np.random.default_rng(seed).random(magnitude.shape, np.float32) * np.float32(2 * np.pi)
        spectrum = magnitude * np.exp(1j * phases).astype(np.complex64)
        before = np.zeros_like(spectrum)
        for _ in range(ROUNDS):
            consistent = analyse(resynthesise(spectrum))
            for at in range(0, len(spectrum), GROUP):
                part = slice(at, at + GROUP), slice(AUDIBLE)  # all else stays zero
                ahead = np.subtract(consistent[part], BACK * before[part], out=before[part])  # its phase is what counts
                np.multiply(ahead, magnitude[part] / np.maximum(np.abs(ahead), TINY), out=spectrum[part])
            before = consistent
        samples = resynthesise(spectrum)[PADDING:-PADDING]
        return np.clip(samples, -1, 1)


def magnitudes(mel: Mel) -> Array:
    """Return a non-negative spectrum [M, 513] whose mel is the one given, float32 [80, M]; nothing above 8 kHz.

    Multiplicative updates (Lee and Seung, 2000) from the one that is flat within bands. No matrix library: the result
    does not depend on its threads. Raises Permanent where the mel has another shape, SpeechRejected where it has
    numbers that no sound has.
    """
    if mel.ndim != 2 or mel.shape[0] != N_MELS or not mel.shape[1]:
        raise Permanent(f"a mel of shape {mel.shape}, expected [{N_MELS}, at least one frame]")
    if not mel.max() < LOUDEST:  # so written, it refuses what is no number too
        raise SpeechRejected("the mel has numbers in it that are no sound")
    bands = _bands()
    spectrum = np.zeros((mel.shape[1], N_BINS), np.float32)
    for at in range(0, len(spectrum), 4 * GROUP):
        part = slice(at, at + 4 * GROUP)
        wanted = bands.spread(np.exp(mel[:, part].astype(np.float32)))
        guess = np.ones_like(wanted)
        for _ in range(1 + UPDATES):
            guess *= wanted / np.maximum(bands.spread(bands.gather(guess)), TINY)
        spectrum[part, :AUDIBLE] = guess.T
    return spectrum


@dataclass(frozen=True, slots=True)
class _Bands:
    """The mel basis as products with two weights a bin, which rises in one band and falls in another.

    ``rising`` [372] numbers, for each bin below 8 kHz, the band in which it lies left of the peak (80 past the last
    peak); right of the peak it lies in the one before. ``up`` and ``down`` [372, 1] are its weights there.
    """

    rising: NDArray[np.int64]
    up: Array
    down: Array

    def spread(self, mel: Array) -> Array:
        """Spread bands over bins, [80, M] to [372, M]."""
        framed = np.pad(mel, ((1, 1), (0, 0)))
        return framed[self.rising + 1] * self.up + framed[self.rising] * self.down

    def gather(self, bins: Array) -> Array:
        """Gather bins into bands, [372, M] to [80, M]."""
        starts = np.searchsorted(self.rising, np.arange(N_MELS + 1))
        up, down = (np.add.reduceat(bins * weight, starts, axis=0) for weight in (self.up, self.down))
        mel: Array = up[:-1] + down[1:]
        return mel


@lru_cache(maxsize=1)
def _bands() -> _Bands:
    bins = np.arange(AUDIBLE)
    rising = np.searchsorted(band_edges(), bins * BIN_WIDTH, side="right") - 1
    framed = np.pad(mel_basis(), ((1, 1), (0, 0)))
    return _Bands(rising, framed[rising + 1, bins][:, None], framed[rising, bins][:, None])
