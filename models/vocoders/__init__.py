"""The seam between an acoustic model and the vocoder that turns its spectrogram into sound.

A mel here is that of HiFi-GAN's 22,050 Hz family: 80 Slaney bands from 0 to 8,000 Hz, 1,024-point frames every 256
samples, ``log(max(mel, 1e-5))``, float32 [80, M]. A vocoder gives back float32 [256 * M] samples at 22,050 Hz.

    hift         the CosyVoice checkpoint's own (default there)
    hifigan      any generator in the public HiFi-GAN format
    griffin-lim  no weights: drafts and short text
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from models.voice import Samples

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLE_RATE = 22_050
HOP_LENGTH = 256  # samples per mel frame
N_MELS = 80

VOCODERS = ("hift", "hifigan", "griffin-lim")  # hift and griffin-lim go with every CosyVoice bundle

Mel: TypeAlias = "NDArray[np.float32]"


class Vocoder(Protocol):
    """Mel to samples, loaded and ready. Draws, where there are any, depend on the seed alone."""

    name: str

    def synthesise(self, mel: Mel, seed: int) -> Samples:
        """Turn a log-mel float32 [80, M] into float32 [256 * M] samples in [-1, 1] at 22,050 Hz."""
