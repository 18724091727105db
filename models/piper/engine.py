"""Piper voices: VITS as one ONNX graph.

    input int64 [1, n], input_lengths int64 [1], scales float32 [3], sid int64 [1] where there are several speakers
        -> output float32 [1, 1, 1, samples]

``scales`` is noise (of the sound), length (2.0 is half the speed) and noise_w (of the rhythm), from the voice's JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.errors import Permanent
from models.piper.noise_inputs import expose_noise
from models.piper.voice_config import read_piper_config, read_symbols
from models.request_check import check_request
from models.sequential_engine import SequentialEngine
from models.session import open_session, run_session
from models.utterance_joining import join
from models.voice import Samples, Speech, SpeechRequest, Utterance

MODEL, CONFIG = "model.onnx", "model.onnx.json"
MAX_TOKENS = 10_000  # of one utterance; attention grows with the square
DRAWS_A_TOKEN = 16  # to begin with; medium voices take up to some thousands, and the engine learns how many
MAX_DRAWS = 1 << 28  # 1 GiB of float32
WARM_UP = Utterance((1, 0, 0, 0, 2))  # ids that every voice has


class PiperEngine(SequentialEngine):
    """An engine of one session; every random draw comes from the request's seed."""

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        """Verify the files, open the session and run it once. Raises VoiceNotInstalled."""
        self.sample_rate = bundle.sample_rate
        self._bundle = bundle
        self._config = read_piper_config(bundle.path(CONFIG))
        self._symbols = read_symbols(bundle.path(CONFIG))
        self._ids = self._symbols.ids()
        model, noise = expose_noise(bundle.path(MODEL).read_bytes())
        self._noise = dict.fromkeys(noise, DRAWS_A_TOKEN)  # draws a token that were enough so far
        self._session = open_session(model, threads)
        self._pass(WARM_UP, 0, 1.0, (0, 0))

    def duration_ms(self, utterances: Sequence[Utterance]) -> tuple[float, float]:
        """Return the least and the most milliseconds that these tokens may take at speed 1.0."""
        return self._symbols.duration_ms(utterances)

    def _speech(self, request: SpeechRequest) -> Speech:
        speaker = self._speaker_id(request.speaker)
        check_request(request, ids=self._ids, most=MAX_TOKENS, speakers=())
        began = perf_counter()
        pieces = [
            self._pass(utterance, speaker, request.speed, (request.seed, i))
            for i, utterance in enumerate(request.utterances)
        ]
        seconds = perf_counter() - began
        return Speech(join(request.utterances, pieces, self.sample_rate), self.sample_rate, {"acoustic": seconds})

    def _pass(self, utterance: Utterance, speaker: int, speed: float, seed: tuple[int, int]) -> Samples:
        count = len(utterance.tokens)
        scales = self._config.inference
        feeds: dict[str, NDArray[Any]] = {
            "input": np.array([utterance.tokens], np.int64),
            "input_lengths": np.array([count], np.int64),
            "scales": np.array([scales.noise_scale, scales.length_scale / speed, scales.noise_w], np.float32),
        }
        if self._config.num_speakers > 1:
            feeds["sid"] = np.array([speaker], np.int64)
        samples: Samples = self._draw_and_run(feeds, count / speed, seed).reshape(-1)
        return samples

    def _draw_and_run(self, feeds: dict[str, NDArray[Any]], length: float, seed: tuple[int, int]) -> NDArray[Any]:
        """Run with enough draws; a longer row begins with the shorter one, so trying again changes no sound."""
        while True:
            for i, name in enumerate(self._noise):
                draws = round(self._noise[name] * length) + 1
                feeds[name] = np.random.default_rng([*seed, i]).standard_normal(draws, np.float32)
            try:
                return run_session(self._session, feeds)[0]
            except Permanent as error:
                short = [name for name in self._noise if f"Name:'{name}'" in str(error)]
                if not short or feeds[short[0]].size > MAX_DRAWS:
                    raise
            self._noise[short[0]] *= 2

    def _speaker_id(self, speaker: str) -> int:
        if self._config.num_speakers == 1:
            return 0
        number = self._bundle.speaker(speaker).parameters.get("speaker_id", self._config.speaker_id_map.get(speaker))
        if not isinstance(number, int) or not 0 <= number < self._config.num_speakers:
            raise Permanent(f"voice {self._bundle.id}/{speaker}: no such speaker among {self._config.num_speakers}")
        return number
