"""Render a batch: lease, look again, speak, finish, check, store, tell the ledger.

    jobs --lease--> ours --store.existing--> missing --prepare--> requests --speak--> samples
         --finish, check, encode--> WAV --create-only--> stored --complete--> lessons that became ready

Synthesis has the main thread to itself; uploads run in a few threads, and the watchdog's thread tells the ledger what
is stored, so that no segment waits for a round trip. Whatever is not settled at the end goes back to the ledger.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import copy_context

from models.errors import NarrationError, Transient
from models.voice import Speech
from worker.audio import levels, wav
from worker.context import ProcessContext
from worker.contract.messages import Job, RenderBatch, SegmentRecord, segment_name
from worker.errors import Exists
from worker.ledger.records import Completed
from worker.observe import logs, metrics, tracing
from worker.render.leases import AWAY_DELAY, BatchLeases
from worker.render.speak import Accepted, Draw, finish_and_check, prepare_draw, speak_until_accepted
from worker.watchdog import Watchdog

URGENT_LOOK_SECONDS = 0.02  # between looks at whether somebody waits
STALE_DELAY, STALE_TRIES = 5.0, 8  # seconds, doubling: about five minutes for a rolling upgrade
STALE_PAUSE = 2.0  # seconds: who cannot render a batch leaves the next ones to those who can

log = logging.getLogger("narrator.worker")


def render_batch(batch: RenderBatch, context: ProcessContext, *, urgent: bool = False) -> None:
    """Render the segments of a batch that this process gets leases for. Raises Transient where the ledger is away.

    Segments that somebody waits for are let in between two of the batch, unless it is ``urgent`` itself.
    """
    tokens = context.patiently(context.ledger.lease, batch.jobs, alone=batch.alone)
    if tokens:
        Rendering([job for job in batch.jobs if job.key in tokens], tokens, context, urgent).run()


def voice_version(job: Job) -> str:
    """The name of what a worker must have to render the job: the voice's files and the front-end."""
    return f"{job.segment.voice}/{job.segment.fingerprint[:16]}{job.segment.frontend[:16]}"


class Rendering:
    """A batch under way."""

    def __init__(
        self, jobs: Sequence[Job], tokens: dict[str, str], context: ProcessContext, urgent: bool = False
    ) -> None:
        self._jobs = list({job.key: job for job in jobs}.values())
        self._context = context
        self._leases = BatchLeases(tokens, context, jobs[0].segment.bundle)
        self._watchdog = Watchdog(context.settings, self._leases.renew, self._leases.report, self._leases.suspect)
        self._cpu: defaultdict[str, float] = defaultdict(float)  # seconds by key, over all draws
        self._seconds: defaultdict[str, float] = defaultdict(float)  # by stage; uploads overlap with the others
        self._lock = threading.Lock()  # of the seconds
        self._voice_versions: set[str] = set()
        self._ends = time.monotonic() + context.settings.visibility_timeout / 2
        self._next_look = math.inf if urgent else 0.0  # when to look for segments that somebody waits for

    def run(self) -> None:
        """Settle every job: stored, given up, or given back."""
        try:
            with self._watchdog:
                self._skip_stored()
                try:
                    self._speak_all()
                except Transient:
                    raise
                except Exception as error:  # what nobody foresaw must not take its batch mates along
                    log.exception("a batch of %d segments failed", len(self._jobs))
                    self._leases.suspect(f"{type(error).__name__}: {error}")
                self._leases.finish()
                with suppress(Transient):
                    self._context.ledger.can_render(self._voice_versions)
            stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in self._seconds.items())
            log.info("a batch of %d segments; seconds by stage: %s", len(self._jobs), stages)
        finally:
            self._leases.release_rest()

    # --- before speaking
    def _skip_stored(self) -> None:
        """Ask the store again: since the plan was made, another run may have rendered some."""
        names = {segment_name(job.key): job for job in self._jobs}
        try:
            with self._timed("look"):
                found = self._context.patiently(self._context.store.existing, names)
        except NarrationError as error:
            self._leases.give_back([job.key for job in self._jobs], error)
            found = set(names)
        self._leases.reuse(names[name].key for name in found)
        self._jobs = [job for name, job in names.items() if name not in found]

    def _speak_all(self) -> None:
        """Speak what is left, and settle each segment as its sound is accepted or has failed for good."""
        for draw, outcome in speak_until_accepted(self._renderable(), self._prepare, self._speak, self._accept):
            match outcome:
                case Accepted():
                    self._store(draw, outcome)
                case Transient():
                    self._leases.release([draw.job.key], str(outcome), AWAY_DELAY)
                case _:
                    self._leases.fail(draw.job.key, str(outcome))

    def _renderable(self) -> list[Job]:
        """The jobs for which this process has the right voice; the others go back, and in the end are given up."""
        found = []
        for job in self._jobs:
            reason = self._context.stale(job)
            if reason is None:
                found.append(job)
            else:
                self._leases.release([job.key], reason, STALE_DELAY, STALE_TRIES, voice_version(job))
        if not found and self._jobs:
            time.sleep(STALE_PAUSE)
        return found

    def _prepare(self, job: Job, attempt: int) -> Draw | None:
        if attempt:
            metrics.SEGMENTS.labels(job.segment.bundle, "redrawn").inc()
        try:
            with logs.about(key=job.key), self._watchdog.watched(), self._timed("prepare"):
                bundle = self._context.catalogue.bundle(job.segment.bundle)
                return prepare_draw(job, attempt, self._context.frontend(bundle.id), bundle)
        except NarrationError as error:
            self._leases.fail(job.key, str(error))
            return None

    # --- speaking
    def _speak(self, draws: Sequence[Draw]) -> Iterator[tuple[Draw, Speech | NarrationError]]:
        """Yield results as the engine has them, until the worker stops or the task has lasted long enough."""
        try:
            engine = self._context.engine(draws[0].job.segment.bundle)
        except NarrationError as error:  # not installed here, though this worker serves the bundle's queue
            self._leases.release([draw.job.key for draw in draws], str(error), STALE_DELAY, STALE_TRIES)
            return
        results = engine.speak([draw.request for draw in draws], self._step)
        while not self._context.stopping() and time.monotonic() < self._ends:
            began = time.thread_time()
            with self._watchdog.watched():
                answer = next(results, None)
            if answer is None:
                return
            self._context.step()
            draw, result = draws[answer[0]], answer[1]
            self._cpu[draw.job.key] += time.thread_time() - began
            yield draw, result
            if engine.interruptible and time.monotonic() > self._next_look:
                self._render_urgent(draw.job.segment.bundle)

    def _accept(self, draw: Draw, speech: Speech) -> Accepted:
        for stage, seconds in speech.stages.items():
            self._seconds[stage] += seconds
            metrics.STAGES.labels(stage).observe(seconds)
        with self._timed("finish"):
            return finish_and_check(draw, speech, self._context.engine(draw.job.segment.bundle))

    def _step(self) -> bool:
        """Note that the engine got somewhere, with a segment or with several at once; tells whether it shall go on."""
        self._watchdog.progress()
        self._context.step()
        return not self._context.stopping()

    def _render_urgent(self, bundle: str) -> None:
        """Speak a segment that somebody waits for, if there is one: so they wait for a sentence, not for a batch.

        Then the batch goes on for as long as that took: under whatever load, half the time is its own.
        """
        began = time.monotonic()
        try:
            waiting = self._context.ledger.urgent(bundle)
            if waiting and waiting.key == waiting.segment.key():
                render_batch(RenderBatch(bundle=bundle, jobs=(waiting,)), self._context, urgent=True)
        except NarrationError as error:  # it is in its queue as well
            log.warning("a segment that somebody waits for could not be let in: %s", error)
        now = time.monotonic()
        self._next_look = now + max(now - began, URGENT_LOOK_SECONDS)

    def _store(self, draw: Draw, accepted: Accepted) -> None:
        """Hand a segment's sound with its record to an upload thread."""
        job, samples = draw.job, accepted.finished.samples
        record = self._record(draw, accepted)
        token = self._leases.token(job.key)

        def upload() -> Completed:
            data = wav.encode(samples, record.sample_rate, record)
            with logs.about(key=job.key), self._timed("store"), tracing.span("store", key=job.key):
                self._context.patiently(self._create, job.key, data)
            audio_ms = record.samples * 1000 // record.sample_rate
            metrics.rendered(job.segment.bundle, audio_ms / 1000, record.cpu_ms / 1000)
            return Completed(job.key, token, "rendered", audio_ms, cpu_ms=record.cpu_ms)

        self._voice_versions.add(voice_version(job))
        self._leases.upload(job.key, self._context.uploads.submit(copy_context().run, upload))

    def _create(self, key: str, data: bytes) -> None:
        try:
            self._context.store.create(segment_name(key), data, content_type="audio/wav")
        except Exists:  # the first stored wins, and is as good
            log.info("segment %s was stored by another worker meanwhile", key[:12])

    def _record(self, draw: Draw, accepted: Accepted) -> SegmentRecord:
        speech, finished = accepted.speech, accepted.finished
        peak, rms = levels.peak_and_rms(finished.samples)
        return SegmentRecord(
            key=draw.job.key,
            voice=draw.job.segment.voice,
            sample_rate=speech.sample_rate,
            samples=len(finished.samples),
            trimmed=finished.trimmed,
            peak=peak,
            rms=rms,
            seed=draw.request.seed,
            attempt=draw.attempt,
            utterances=len(draw.request.utterances),
            words=accepted.words,
            versions=self._context.versions,
            cpu_ms=round(self._cpu[draw.job.key] * 1000),
        )

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - began
            metrics.STAGES.labels(stage).observe(seconds)
            with self._lock:
                self._seconds[stage] += seconds
