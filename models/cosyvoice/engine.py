"""CosyVoice-300M-SFT, loaded: text tokens -> speech tokens -> mel -> samples at 22,050 Hz.

The segments of a task share the language model's passes; each then goes through the flow and the vocoder on its own,
because the norms of both span the whole sequence.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from models.bundle import Bundle
from models.cosyvoice.flow import speed_up
from models.cosyvoice.language_model import MOST, Prompt
from models.cosyvoice.stages import Parameters, load_stages, needs_reduced_range
from models.errors import NarrationError, Permanent, SpeechRejected
from models.request_check import check_request
from models.utterance_joining import join
from models.vocoders import Mel, Vocoder, griffin_lim, hifigan
from models.voice import Samples, Speech, SpeechRequest, Step, Utterance, go_on

LOG = logging.getLogger(__name__)
WARM_UP = Utterance((1, 2, 3))
MAX_TEXT_TOKENS = 1_000  # of one utterance; the front-end makes 80, or 80 characters of Chinese
SPEECH_TOKEN_MS = 20
LEAST_TOKEN_MS = 50  # of a text token: a rare character takes three of them, common ones one
SLACK_MS = 300  # of the trimming at both ends
STAGES = {"language model": 0, "flow": 1, "vocoder": 2}  # each draws from its own stream
MOST_STEPS = 50


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
    """Return the seed of one stage of one utterance: by the request's seed and its place alone, not its batch mates."""
    entropy = [seed & 0xFFFFFFFF, seed >> 32, utterance, STAGES[stage]]
    return int.from_bytes(np.random.SeedSequence(entropy).generate_state(2, np.uint64).tobytes(), "little")


class CosyVoiceEngine:
    """Seven sessions and a cache of keys and values."""

    interruptible = False  # a second call would overwrite the cache of the first

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        """Verify the files, open the sessions and speak a syllable. Raises VoiceNotInstalled."""
        self.sample_rate, self._bundle = bundle.sample_rate, bundle
        self._parameters = Parameters.of(bundle.parameters, bundle.origin)
        if bundle.record.get("reduced_range") is False and bundle.precision != "fp32" and needs_reduced_range():
            LOG.warning("%s: this CPU has no VNNI, 8-bit products may saturate; convert on such a CPU", bundle.origin)
        self._stages = load_stages(bundle.path, self._parameters, threads, backend=bundle.backend)
        self._vocoders: dict[str, Vocoder] = {"hift": self._stages.hift, "griffin-lim": griffin_lim.GriffinLim()}
        if hifigan.GRAPH in {file.name for file in bundle.files}:
            self._vocoders["hifigan"] = hifigan.HifiGan.load(bundle.path(hifigan.GRAPH), threads)
        self._warm_up()

    def duration_ms(self, utterances: Sequence[Utterance]) -> tuple[float, float]:
        """Return the least and the most milliseconds that these tokens may take: what the language model is held to."""
        count = sum(len(utterance.tokens) for utterance in utterances)
        return (LEAST_TOKEN_MS * count, MOST * count * SPEECH_TOKEN_MS + SLACK_MS)

    def speak(
        self, requests: Sequence[SpeechRequest], step: Step = go_on
    ) -> Iterator[tuple[int, Speech | NarrationError]]:
        """Yield (index into requests, result) as each is ready; one failure spares the others.

        Options: ``steps`` of the flow (10); ``vocoder``: hift, griffin-lim, or hifigan where the bundle holds one.
        Raises nothing; a draw that failed is a SpeechRejected.
        """
        pending = [_Pending(i, request, left=len(request.utterances)) for i, request in enumerate(requests)]
        prompts: list[Prompt] = []
        owners: list[tuple[_Pending, int]] = []
        for job in pending:
            try:
                self._check(job.request)
                speaker = self._speaker(job.request.speaker)
            except NarrationError as error:
                yield job.index, error
                continue
            for k, utterance in enumerate(job.request.utterances):
                prompts.append(self._prompt(utterance, speaker, stream(job.request.seed, k, "language model")))
                owners.append((job, k))
        began = perf_counter()
        for at, tokens in self._stages.language_model.generate(prompts, step):
            job, k = owners[at]
            self._spent(job, "language model", began)
            job.left -= 1
            if isinstance(tokens, SpeechRejected):
                job.failure = SpeechRejected(f"utterance {k + 1} of {len(job.request.utterances)}: {tokens}")
            elif job.failure is None:
                self._draw_mel(job, k, tokens, step)
            if not job.left:
                yield job.index, self._finish(job, step)
            began = perf_counter()

    def _prompt(self, utterance: Utterance, speaker: int, seed: int) -> Prompt:
        fixed = self._parameters.speech_tokens_per_text_token
        tokens = None if fixed is None else fixed * len(utterance.tokens)
        return Prompt(utterance.tokens, self._stages.speakers[0][speaker], seed, tokens)

    def _draw_mel(self, job: _Pending, utterance: int, tokens: list[int], step: Step) -> None:
        began = perf_counter()
        request = job.request
        seed, steps = stream(request.seed, utterance, "flow"), int(request.options.get("steps", self._parameters.steps))
        speaker = self._stages.speakers[1][self._speaker(request.speaker)]
        try:
            job.mels[utterance] = self._stages.flow.mel(tokens, speaker, seed, steps, step)
        except NarrationError as error:
            job.failure = error
        self._spent(job, "flow", began)

    def _finish(self, job: _Pending, step: Step) -> Speech | NarrationError:
        if job.failure:
            return job.failure
        began, request = perf_counter(), job.request
        pieces: list[Samples] = []
        vocoder = self._vocoders[str(request.options.get("vocoder", "hift"))]
        try:
            for k in range(len(request.utterances)):
                mel = np.ascontiguousarray(speed_up(job.mels[k], request.speed))
                pieces.append(vocoder.synthesise(mel, stream(request.seed, k, "vocoder")))
                step()
        except NarrationError as error:
            return error
        samples = join(request.utterances, pieces, self.sample_rate)
        if not np.isfinite(samples).all():
            return SpeechRejected("the voice produced numbers that are no sound")
        self._spent(job, "vocoder", began)
        return Speech(samples, self.sample_rate, job.seconds)

    def _spent(self, job: _Pending, stage: str, began: float) -> None:
        job.seconds[stage] = job.seconds.get(stage, 0.0) + perf_counter() - began

    def _speaker(self, name: str) -> int:
        """The row of a speaker, by name or by number."""
        if name.isascii() and name.isdigit() and int(name) < len(self._stages.speakers[0]):
            return int(name)
        row = self._bundle.speaker(name).parameters.get("row")
        if not isinstance(row, int) or not 0 <= row < len(self._stages.speakers[0]):
            raise Permanent(f"{self._bundle.origin}: voice {name!r} has no row among the speakers")
        return row

    def _check(self, request: SpeechRequest) -> None:
        """Raise Permanent where a request cannot be spoken, whatever is drawn."""
        unknown = request.options.keys() - {"steps", "vocoder"}
        if unknown:
            raise Permanent(f"CosyVoice has no option {', '.join(sorted(unknown))}; it has steps and vocoder")
        steps = request.options.get("steps", 1)
        if not isinstance(steps, int) or not 1 <= steps <= MOST_STEPS:
            raise Permanent(f"steps is {steps!r}, expected 1 to {MOST_STEPS}")
        vocoder = request.options.get("vocoder", "hift")
        if vocoder not in self._vocoders:
            known = ", ".join(sorted(self._vocoders))
            remedy = "; convert the voice with a HiFi-GAN generator" if vocoder == "hifigan" else ""
            raise Permanent(f"voice {self._bundle.id} has no vocoder {vocoder!r}; it has {known}{remedy}")
        speakers = {request.speaker, *(voice.name for voice in self._bundle.voices)}
        ids = range(self._parameters.text_vocabulary)
        check_request(request, ids=ids, most=MAX_TEXT_TOKENS, speakers=speakers)

    def _warm_up(self) -> None:
        prompt = Prompt(WARM_UP.tokens, self._stages.speakers[0][0], 0, tokens=6)
        tokens = dict(self._stages.language_model.generate([prompt]))[0]
        if isinstance(tokens, SpeechRejected):
            raise Permanent(f"{self._bundle.origin}: the voice cannot say a syllable: {tokens}")
        self._stages.hift.synthesise(self._stages.flow.mel(tokens, self._stages.speakers[1][0], 0, steps=1), 0)
