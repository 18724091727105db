"""HiFi-GAN (https://arxiv.org/abs/2010.05646), converted: a mel through one graph, no random draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.errors import Permanent
from models.session import Session, open_session, run_session
from models.vocoders import N_MELS, Mel
from models.voice import Samples

GRAPH = "hifigan.onnx"  # its name in a vocoder's folder, and in a bundle that has it beside its own vocoder


class HifiGan:
    """A converted generator, loaded and ready."""

    name = "hifigan"

    def __init__(self, session: Session) -> None:
        self._session = session

    @classmethod
    def load(cls, graph: Path, threads: int = 1) -> HifiGan:
        """Open a converted generator. Raises VoiceNotInstalled where the runtime refuses it."""
        return cls(open_session(graph, threads))

    def synthesise(self, mel: Mel, seed: int) -> Samples:  # noqa: ARG002 - nothing is drawn
        """Turn a log-mel float32 [80, M] into float32 [256 * M] samples in [-1, 1] at 22,050 Hz.

        Raises Permanent where the mel has another shape.
        """
        if mel.ndim != 2 or mel.shape[0] != N_MELS or not mel.shape[1]:
            raise Permanent(f"a mel of shape {mel.shape}, expected [{N_MELS}, at least one frame]")
        samples: Samples = run_session(self._session, {"mel": np.ascontiguousarray(mel, np.float32)}, release=True)[0]
        return samples
