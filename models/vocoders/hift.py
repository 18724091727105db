"""HiFT, the CosyVoice checkpoint's own vocoder: pitch from the mel, a harmonic source, then the generator."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.session import AnySession, Session, run_session
from models.vocoders import Mel
from models.vocoders.harmonic_source import HarmonicSource
from models.voice import Samples


class Hift:
    """The vocoder, loaded and ready; phases and noise are drawn from the seed."""

    name = "hift"

    def __init__(self, pitch: Session, generator: AnySession, source: HarmonicSource) -> None:
        self._pitch, self._generator, self.source = pitch, generator, source

    def pitch(self, mel: Mel) -> NDArray[np.float32]:
        """Return the fundamental frequency of each frame, Hz; [80, M] -> [M]."""
        return run_session(self._pitch, {"mel": mel})[0]

    def generate(self, mel: Mel, source: NDArray[np.float32]) -> Samples:
        """Turn a mel [80, M] and an excitation [256 M] into samples [256 M]."""
        return run_session(self._generator, {"mel": mel, "source": source}, release=True)[0]

    def synthesise(self, mel: Mel, seed: int) -> Samples:
        """Turn a mel [80, M] into samples [256 M] at 22,050 Hz."""
        phase, noise = self.source.draws(mel.shape[1], seed)
        return self.generate(mel, self.source.excite(self.pitch(mel), phase, noise))
