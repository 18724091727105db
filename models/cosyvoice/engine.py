"""CosyVoice-300M-SFT, loaded: text tokens -> speech tokens -> mel -> samples at 22,050 Hz.

The segments of a task share the language model's passes; each then goes through the flow and the vocoder on its own,
because the norms of both span the whole sequence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.cosyvoice.config import Sampling
from models.cosyvoice.flow import STEPS, Flow, speed_up
from models.cosyvoice.language_model import LanguageModel, Prompt, Tables
from models.joining import join
from models.session import open_session
from models.vocoders import Mel, Vocoder
from models.vocoders.hift import Hift
from models.vocoders.source import Source
from models.voice import NarrationError, Permanent, Samples, Speech, SpeechRejected, SpeechRequest, Utterance

SLOTS = 16  # segments in one pass of the language model
KEYS_AND_VALUES = 640 << 20  # bytes they may take; fewer slots for longer segments
WARM_UP = Utterance("啊。", "zh", "", (1, 2, 3))
STAGES = {"language model": 0, "flow": 1, "vocoder": 2}  # each draws from its own stream
MOST_STEPS = 50

Array = NDArray[np.float32]


@dataclass(slots=True)
class _Pending:
    """A request on its way: the mels of its utterances so far, and the seconds spent."""

    index: int
    request: SpeechRequest
    mels: dict[int, Mel] = field(default_factory=dict)
    failure: NarrationError | None = None
    left: int = 0  # utterances that the language model has not finished
    seconds: dict[str, float] = field(default_factory=dict)


def stream(seed: int, utterance: int, stage: str) -> int:
    """The seed of one stage of one utterance: of the request's seed and its place alone, never of its batch mates."""
    entropy = [seed & 0xFFFFFFFF, seed >> 32, utterance, STAGES[stage]]
    return int.from_bytes(np.random.SeedSequence(entropy).generate_state(2, np.uint64).tobytes(), "little")


class CosyVoiceEngine:
    """Seven sessions and a cache of keys and values."""

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        """Verify the files, open the sessions and speak a syllable. Raises VoiceNotInstalled."""
        self.sample_rate, self._bundle = bundle.sample_rate, bundle
        sessions = {
            name: open_session(bundle.path(f"{name}.onnx"), threads)
            for name in ("text_encoder", "positions", "decoder", "flow_encoder", "estimator", "pitch", "generator")
        }
        with np.load(bundle.path("tables.npz"), allow_pickle=False) as file:
            tables = {name: file[name] for name in file.files}
        self._speakers: tuple[Array, Array] = (tables["speakers_language_model"], tables["speakers_flow"])
        rule = Sampling(**_section(bundle, "sampling"))  # type: ignore[arg-type]
        self.language_model = LanguageModel(
            (sessions["text_encoder"], sessions["positions"], sessions["decoder"]),
            Tables(tables["speech"], tables.get("speech_scale"), tables["signs"]),
            rule,
            SLOTS,
            KEYS_AND_VALUES,
        )
        self.flow = Flow(sessions["flow_encoder"], sessions["estimator"], _number(bundle.parameters, "guidance"))
        settings = _section(bundle, "source")
        source = Source(tables["source_weight"], float(tables["source_bias"]), **settings)
        self.vocoder: Vocoder = Hift(sessions["pitch"], sessions["generator"], source)
        self._fixed = bundle.parameters.get("speech_tokens_per_text_token")
        self._warm_up()

    def speak(self, requests: Sequence[SpeechRequest]) -> Iterator[tuple[int, Speech | NarrationError]]:
        """Yield (index into requests, result) as each is ready; one failure spares the others.

        Options: ``steps`` of the flow (10), ``vocoder``. Raises nothing; a draw that failed is a SpeechRejected.
        """
        pending = [_Pending(i, request, left=len(request.utterances)) for i, request in enumerate(requests)]
        prompts: list[Prompt] = []
        owners: list[tuple[_Pending, int]] = []
        for job in pending:
            try:
                _check(job.request)
                speaker = self._speaker(job.request.speaker)
            except NarrationError as error:
                yield job.index, error
                continue
            for k, utterance in enumerate(job.request.utterances):
                prompts.append(self._prompt(utterance, speaker, stream(job.request.seed, k, "language model")))
                owners.append((job, k))
        began = perf_counter()
        for at, tokens in self.language_model.generate(prompts):
            job, k = owners[at]
            self._spent(job, "language model", began)
            job.left -= 1
            if isinstance(tokens, SpeechRejected):
                job.failure = SpeechRejected(f"{job.request.utterances[k].text!r}: {tokens}")
            elif job.failure is None:
                self._draw_mel(job, k, tokens)
            if not job.left:
                yield job.index, self._finish(job)
            began = perf_counter()

    def _prompt(self, utterance: Utterance, speaker: int, seed: int) -> Prompt:
        fixed = int(self._fixed) * len(utterance.tokens) if isinstance(self._fixed, int) else None
        return Prompt(utterance.tokens, self._speakers[0][speaker], seed, fixed)

    def _draw_mel(self, job: _Pending, utterance: int, tokens: list[int]) -> None:
        began = perf_counter()
        request = job.request
        seed, steps = stream(request.seed, utterance, "flow"), int(request.options.get("steps", STEPS))
        try:
            job.mels[utterance] = self.flow.mel(tokens, self._speakers[1][self._speaker(request.speaker)], seed, steps)
        except NarrationError as error:
            job.failure = error
        self._spent(job, "flow", began)

    def _finish(self, job: _Pending) -> Speech | NarrationError:
        if job.failure:
            return job.failure
        began, request = perf_counter(), job.request
        pieces: list[Samples] = []
        try:
            for k in range(len(request.utterances)):
                mel = np.ascontiguousarray(speed_up(job.mels[k], request.speed))
                pieces.append(self.vocoder.synthesise(mel, stream(request.seed, k, "vocoder")))
        except NarrationError as error:
            return error
        samples = join(request.utterances, pieces, self.sample_rate)
        if not np.isfinite(samples).all():
            return SpeechRejected(f"{request.utterances[0].text!r}: the voice produced numbers that are no sound")
        self._spent(job, "vocoder", began)
        return Speech(samples, self.sample_rate, job.seconds)

    def _spent(self, job: _Pending, stage: str, began: float) -> None:
        job.seconds[stage] = job.seconds.get(stage, 0.0) + perf_counter() - began

    def _speaker(self, name: str) -> int:
        """The row of a speaker, by name or by number."""
        if name.isascii() and name.isdigit() and int(name) < len(self._speakers[0]):
            return int(name)
        row = self._bundle.speaker(name).parameters.get("row")
        if not isinstance(row, int) or not 0 <= row < len(self._speakers[0]):
            raise Permanent(f"{self._bundle.origin}: voice {name!r} has no row among the speakers")
        return row

    def _warm_up(self) -> None:
        prompt = Prompt(WARM_UP.tokens, self._speakers[0][0], 0, tokens=6)
        tokens = dict(self.language_model.generate([prompt]))[0]
        if isinstance(tokens, SpeechRejected):
            raise Permanent(f"{self._bundle.origin}: the voice cannot say a syllable: {tokens}")
        self.vocoder.synthesise(self.flow.mel(tokens, self._speakers[1][0], 0, steps=1), 0)


def _check(request: SpeechRequest) -> None:
    unknown = request.options.keys() - {"steps", "vocoder"}
    if unknown:
        raise Permanent(f"CosyVoice has no option {', '.join(sorted(unknown))}; it has steps and vocoder")
    steps = request.options.get("steps", STEPS)
    if not isinstance(steps, int) or not 1 <= steps <= MOST_STEPS:
        raise Permanent(f"steps is {steps!r}, expected 1 to {MOST_STEPS}")
    if request.options.get("vocoder", "hift") != "hift":
        raise Permanent(f"this bundle has no vocoder {request.options['vocoder']!r}; it has hift")
    if not request.utterances or not all(u.tokens for u in request.utterances):
        raise Permanent("there is an utterance without tokens")


def _number(values: Mapping[str, object], name: str) -> float:
    value = values.get(name)
    if not isinstance(value, int | float):
        raise Permanent(f"voice.toml: parameters.{name} is {value!r}, expected a number")
    return float(value)


def _section(bundle: Bundle, name: str) -> dict[str, float]:
    section = bundle.parameters.get(name)
    if not isinstance(section, dict):
        raise Permanent(f"{bundle.origin}: parameters.{name} is missing")
    return {key: _number(section, key) if isinstance(section[key], float) else section[key] for key in section}  # type: ignore[misc]
