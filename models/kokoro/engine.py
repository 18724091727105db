"""Kokoro-82M (StyleTTS 2 with an iSTFT vocoder) as one ONNX graph.

    tokens int64 [1, n + 2], style float32 [1, 256], speed float32 [1] -> audio float32 [samples] at 24 kHz

The graph holds no random operator: the same request gives the same samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.joining import join
from models.session import open_session, run
from models.voice import NarrationError, Permanent, Samples, Speech, SpeechRequest, Utterance

MAX_TOKENS = 510  # of one utterance: the rows of a style table, and the model's 512 less the two boundaries
BOUNDARY = 0  # token before and after every utterance
STYLE = 256  # half shapes the sound, half the prosody
WARM_UP = Utterance(text="a.", language="en", phonemes="ɐ.", tokens=(43, 4))


class KokoroEngine:
    """One session, and the style tables of the speakers met so far."""

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        """Verify the weights, open the session and run it once. Raises VoiceNotInstalled."""
        self.sample_rate = bundle.sample_rate
        self._bundle = bundle
        self._session = open_session(bundle.path("model.onnx"), threads)
        self._styles: dict[str, NDArray[np.float32]] = {}
        self._pass(WARM_UP, np.zeros((MAX_TOKENS, STYLE), np.float32), 1.0)

    def speak(self, requests: Sequence[SpeechRequest]) -> Iterator[tuple[int, Speech | NarrationError]]:
        """Yield (index into requests, result) as each is ready; one failure spares the others."""
        for i, request in enumerate(requests):
            try:
                yield i, self._speech(request)
            except NarrationError as error:
                yield i, error

    def _speech(self, request: SpeechRequest) -> Speech:
        style = self._style(request.speaker)
        began = perf_counter()
        pieces = [self._pass(utterance, style, request.speed) for utterance in request.utterances]
        seconds = perf_counter() - began
        return Speech(join(request.utterances, pieces, self.sample_rate), self.sample_rate, {"acoustic": seconds})

    def _pass(self, utterance: Utterance, style: NDArray[np.float32], speed: float) -> Samples:
        count = len(utterance.tokens)
        if not 0 < count <= MAX_TOKENS:
            raise Permanent(f"{utterance.text!r} has {count} tokens; an utterance takes 1 to {MAX_TOKENS}")
        feeds: dict[str, NDArray[Any]] = {
            "tokens": np.array([[BOUNDARY, *utterance.tokens, BOUNDARY]], np.int64),
            "style": style[count - 1 : count],  # the table has a row for every length
            "speed": np.array([speed], np.float32),
        }
        samples: Samples = run(self._session, feeds, release=True)[0]
        return samples

    def _style(self, speaker: str) -> NDArray[np.float32]:
        """The speaker's style table, float32 [510, 256]; loaded, and its file verified, at first use."""
        if speaker not in self._styles:
            name = self._bundle.speaker(speaker).file
            table = np.load(self._bundle.path(name), allow_pickle=False)
            if name.endswith(".npz"):  # of several speakers
                if speaker not in table:
                    raise Permanent(f"voice {self._bundle.id}/{speaker}: {name} holds only {', '.join(table)}")
                table = table[speaker]
            if table.size != MAX_TOKENS * STYLE:
                raise Permanent(f"voice {self._bundle.id}/{speaker}: {name} is of shape {table.shape}, not 510 x 256")
            self._styles[speaker] = table.reshape(MAX_TOKENS, STYLE).astype(np.float32)
        return self._styles[speaker]
