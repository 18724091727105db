"""Render a batch: lease, look again, speak, finish, check, store, tell the ledger.

    jobs --lease--> ours --store.existing--> missing --prepare--> requests --speak--> samples
         --finish, check, encode--> WAV --create-only--> stored --complete--> lessons that became ready

Synthesis has the main thread to itself; uploads run in a few threads, and the keeper's thread tells the ledger what is
stored, so that no segment waits for a round trip. Whatever is not settled at the end goes back to the ledger.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress

from models.voice import NarrationError, Permanent, Speech, SpeechRejected, SpeechRequest, Transient
from worker.audio import checks, finishing, levels, wav
from worker.contract import Job, RenderBatch, SegmentRecord, segment_name
from worker.keeper import Keeper
from worker.ledger import Completed
from worker.station import Station
from worker.store.base import Exists

DRAWS = 3  # a segment is spoken this often, each time with another seed, before its sound is rejected for good
STALE_DELAY, STALE_TRIES = 5.0, 8  # seconds, doubling: about five minutes for a rolling upgrade
STORE_DELAY, STORE_TRIES = 15.0, 3  # a store that refuses: full, denied; about two minutes to mend it
AWAY_DELAY = 10.0  # a store that does not answer is tried for ever

log = logging.getLogger("narrator.worker")


def render(batch: RenderBatch, station: Station) -> None:
    """Render what is ours of a batch. Raises Transient where the ledger does not answer; nothing is ours then."""
    tokens = station.patiently(station.ledger.lease, batch.jobs, alone=batch.alone)
    if tokens:
        Rendering([job for job in batch.jobs if job.key in tokens], tokens, station).run()


class Rendering:
    """One batch under way: which of its jobs are settled, what is being stored, what the ledger must be told."""

    def __init__(self, jobs: Sequence[Job], tokens: dict[str, str], station: Station) -> None:
        self._jobs = list({job.key: job for job in jobs}.values())
        self._tokens = dict(tokens)  # of what is not settled yet
        self._station = station
        self._ledger = station.ledger
        self._seconds: defaultdict[str, float] = defaultdict(float)  # by stage; uploads overlap with the others
        self._cpu: defaultdict[str, float] = defaultdict(float)  # seconds by key, over all draws
        self._stored: list[Completed] = []
        self._uploads: list[tuple[Job, Future[Completed]]] = []
        self._lock = threading.Lock()  # of the three above it, and of tokens, shared with the keeper's thread
        self._ends = time.monotonic() + station.settings.visibility_timeout / 2

    def run(self) -> None:
        """Settle every job: stored, failed, or given back."""
        try:
            with Keeper(self._station.settings, self._renew, self._tell, self._hung) as keeper:
                self._reuse()
                try:
                    self._speak_all(keeper)
                except Transient:
                    raise
                except Exception as error:  # what nobody foresaw: any of those not spoken yet may be to blame
                    log.exception("a batch of %d segments failed", len(self._jobs))
                    self._ledger.suspect(self._take(self._unspoken()), f"{type(error).__name__}: {error}")
                with self._lock:
                    uploads = [upload for _, upload in self._uploads]
                wait(uploads)
                self._station.patiently(self._tell)
            stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in self._seconds.items())
            log.info("a batch of %d segments; seconds by stage: %s", len(self._jobs), stages)
        finally:
            with suppress(Transient):  # the ledger is away: leases lapse, and a sweep finds what was stored
                self._ledger.release(self._take(list(self._tokens)))

    # --- before speaking
    def _reuse(self) -> None:
        """The store is asked again: since the plan was made, another run may have rendered some."""
        names = {segment_name(job.key): job for job in self._jobs}
        try:
            with self._timed("look"):
                found = self._station.patiently(self._station.store.existing, names)
        except Transient as error:
            self._give_back(list(self._tokens), error)
            found = set()
        with self._lock:
            self._stored += [Completed(names[n].key, self._tokens[names[n].key], "reused") for n in found]
        self._jobs = [job for name, job in names.items() if name not in found and job.key in self._tokens]

    def _speak_all(self, keeper: Keeper) -> None:
        """Speak what is left; what is rejected is drawn again with another seed."""
        drawn = [(job, 0) for job in self._fit()]
        while drawn:
            ready = [
                (job, attempt, request) for job, attempt in drawn if (request := self._prepare(job, attempt, keeper))
            ]
            if not ready:
                return
            rejected = []
            for job, attempt, request, result in self._speak(ready, keeper):
                try:
                    if not isinstance(result, Speech):
                        raise result
                    for stage, seconds in result.stages.items():
                        self._seconds[stage] += seconds
                    with self._timed("finish"):
                        self._store(job, attempt, request, result)
                except SpeechRejected as error:
                    if attempt + 1 < DRAWS:
                        rejected.append((job, attempt + 1))
                    else:
                        self._fail(job, f"{error} ({DRAWS} draws)")
                except Transient as error:
                    self._release([job.key], str(error), AWAY_DELAY)
                except NarrationError as error:
                    self._fail(job, str(error))
            drawn = rejected

    def _fit(self) -> list[Job]:
        """Jobs for which this process has the right voice; the others go back, and in the end are given up."""
        fit = []
        for job in self._jobs:
            reason = self._station.stale(job)
            if reason is None:
                fit.append(job)
            else:
                self._release([job.key], reason, STALE_DELAY, STALE_TRIES)
        return fit

    def _prepare(self, job: Job, attempt: int, keeper: Keeper) -> SpeechRequest | None:
        try:
            with keeper.watched(), self._timed("prepare"):
                return self._station.request(job, attempt)
        except NarrationError as error:
            self._fail(job, str(error))
            return None

    # --- speaking
    def _speak(
        self, ready: list[tuple[Job, int, SpeechRequest]], keeper: Keeper
    ) -> Iterator[tuple[Job, int, SpeechRequest, Speech | NarrationError]]:
        """Results as the engine has them, until the worker stops or the task has lasted long enough."""
        try:
            engine = self._station.engine(ready[0][0].segment.bundle)
        except NarrationError as error:  # not installed here, though this worker serves the bundle's queue
            self._release([job.key for job, _, _ in ready], str(error), STALE_DELAY, STALE_TRIES)
            return
        results = engine.speak([request for _, _, request in ready])
        while not self._station.stopping() and time.monotonic() < self._ends:
            began = time.thread_time()
            with keeper.watched():
                answer = next(results, None)
            if answer is None:
                return
            job, attempt, request = ready[answer[0]]
            self._cpu[job.key] += time.thread_time() - began
            yield job, attempt, request, answer[1]

    def _store(self, job: Job, attempt: int, request: SpeechRequest, speech: Speech) -> None:
        """Finish and check a segment's sound, and hand it to an upload thread. Raises SpeechRejected."""
        finished = finishing.finish(speech.samples, speech.sample_rate)
        checks.check(
            finished.samples,
            speech.sample_rate,
            text=" ".join(utterance.text for utterance in request.utterances),  # numbers are words there
            language=job.segment.language,
            speed=request.speed,
        )
        record = self._record(job, attempt, request, speech, finished)
        token = self._tokens[job.key]

        def upload() -> Completed:
            data = wav.encode(finished.samples, speech.sample_rate, record)
            with self._timed("store"):
                self._station.patiently(self._create, job.key, data)
            return Completed(
                job.key, token, "rendered", record.samples * 1000 // record.sample_rate, cpu_ms=record.cpu_ms
            )

        with self._lock:
            self._uploads.append((job, self._station.uploads.submit(upload)))

    def _create(self, key: str, data: bytes) -> None:
        try:
            self._station.store.create(segment_name(key), data, content_type="audio/wav")
        except Exists:  # the first stored wins, and is as good
            log.info("segment %s was stored by another worker meanwhile", key[:12])

    def _record(
        self, job: Job, attempt: int, request: SpeechRequest, speech: Speech, finished: finishing.Finished
    ) -> SegmentRecord:
        peak, rms = levels.peak_and_rms(finished.samples)
        words = None
        if speech.words is not None:
            length = len(finished.samples)
            shifted = ((w.text, w.start - finished.trimmed, w.end - finished.trimmed) for w in speech.words)
            words = tuple((text, min(max(0, start), length), min(max(0, end), length)) for text, start, end in shifted)
        return SegmentRecord(
            key=job.key,
            voice=job.segment.voice,
            sample_rate=speech.sample_rate,
            samples=len(finished.samples),
            trimmed=finished.trimmed,
            peak=peak,
            rms=rms,
            seed=request.seed,
            attempt=attempt,
            utterances=len(request.utterances),
            words=words,
            versions=self._station.versions,
            cpu_ms=round(self._cpu[job.key] * 1000),
        )

    # --- what the ledger is told
    def _tell(self) -> None:
        """Tell the ledger what is stored by now, in one call, and send the lessons that became ready."""
        self._settle_uploads()
        with self._lock:
            done, self._stored = self._stored, []
        if not done:
            return
        try:
            ready = self._ledger.complete(done)
        except Transient:
            with self._lock:
                self._stored += done
            raise
        self._take([completed.key for completed in done])
        for lesson in ready:
            with suppress(Transient):  # a sweep sends it again
                self._station.sender.lesson(lesson)

    def _settle_uploads(self) -> None:
        with self._lock:
            ended = [(job, upload) for job, upload in self._uploads if upload.done()]
            self._uploads = [pair for pair in self._uploads if not pair[1].done()]
        for job, upload in ended:
            error = upload.exception()
            if error is None:
                with self._lock:
                    self._stored.append(upload.result())
            elif isinstance(error, NarrationError):
                self._give_back([job.key], error)
            else:
                self._ledger.suspect(self._take([job.key]), f"{type(error).__name__}: {error}")

    def _give_back(self, keys: list[str], error: NarrationError) -> None:
        """After the store failed: a fault of the deployment, not of the segment."""
        if isinstance(error, Permanent):
            self._release(keys, str(error), STORE_DELAY, STORE_TRIES)
        else:
            self._release(keys, str(error), AWAY_DELAY)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - began
            with self._lock:
                self._seconds[stage] += seconds

    def _renew(self) -> None:
        with self._lock:
            tokens = dict(self._tokens)
        self._ledger.renew(tokens)

    def _fail(self, job: Job, reason: str) -> None:
        for key, token in self._take([job.key]).items():
            self._station.patiently(self._ledger.fail, key, token, reason)

    def _release(self, keys: list[str], reason: str, delay: float, limit: int = 0) -> None:
        self._ledger.release(self._take(keys), reason=reason, delay=delay, limit=limit)

    def _hung(self, reason: str) -> None:
        """The process is about to be killed: those not spoken yet come back at once, each alone."""
        self._ledger.suspect(self._take(self._unspoken()), reason)

    def _unspoken(self) -> list[str]:
        with self._lock:
            spoken = {job.key for job, _ in self._uploads} | {completed.key for completed in self._stored}
            return [key for key in self._tokens if key not in spoken]

    def _take(self, keys: list[str]) -> dict[str, str]:
        """The tokens of these keys, which are settled herewith."""
        with self._lock:
            return {key: self._tokens.pop(key) for key in keys if key in self._tokens}
