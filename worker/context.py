"""What a pool process works with, made after the fork, at its first task: store, ledger, voices, one engine."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from typing import ParamSpec, Protocol, TypeVar

from models import family
from models.catalog import Catalogue
from models.errors import Transient, UnknownVoice
from models.voice import Engine, FrontEnd
from worker.contract.messages import AssembleLesson, Job, RenderBatch, Segment
from worker.contract.settings import Settings
from worker.ledger.ledger import Ledger
from worker.observe import metrics
from worker.observe.heartbeat import Heartbeat
from worker.store import Store

UPLOADS = 8  # threads a process; synthesis goes on meanwhile, and a disk makes eight files durable at once
PATIENCE_SECONDS = 60.0  # a store or broker may be away this long before work is given back
FIRST_WAIT, LONGEST_WAIT = 0.25, 5.0  # seconds between attempts

log = logging.getLogger("narrator.worker")
P = ParamSpec("P")
T = TypeVar("T")


class Sender(Protocol):
    """Puts work on the queues."""

    def batch(self, batch: RenderBatch, bounces: int = 0) -> None:
        """Queue segments to be rendered; ``bounces`` counts how often they came back because versions differ."""

    def lesson(self, lesson: AssembleLesson) -> None:
        """Queue a lesson to be assembled."""


class ProcessContext:
    """Everything a task needs. One thread renders; the store, the ledger and the sender may be used by several."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        ledger: Ledger,
        sender: Sender,
        heartbeat: Heartbeat | None = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.ledger = ledger
        self.sender = sender
        self.heartbeat = heartbeat or Heartbeat()
        self.stopping = self.heartbeat.stopping  # the worker was asked to: finish the segment, give back the rest
        self.uploads = ThreadPoolExecutor(UPLOADS, thread_name_prefix="upload")
        self._frontends: dict[str, FrontEnd] = {}
        self._fingerprints: dict[tuple[str, str], str] = {}
        self._engine: tuple[str, Engine] | None = None

    @cached_property
    def catalogue(self) -> Catalogue:
        """The voices that this process knows; read once."""
        return Catalogue.load(self.settings.voices_dir)

    @cached_property
    def versions(self) -> dict[str, str]:
        """The versions of what renders here, for the segment's record."""
        optional = ("openvino",) if find_spec("openvino") else ()
        return {name: version(name) for name in ("narrator", "onnxruntime", "numpy", *optional)}

    def engine(self, bundle: str) -> Engine:
        """The bundle's engine, loaded and warm; another bundle's makes room for it. Raises VoiceNotInstalled."""
        if self._engine is None or self._engine[0] != bundle:
            self._engine = None  # its memory first
            began = time.perf_counter()
            self._engine = (bundle, family.load_engine(self.catalogue.bundle(bundle), threads=1))
            seconds = time.perf_counter() - began
            metrics.STAGES.labels("load").observe(seconds)
            log.info("voice bundle %s loaded in %.2f s", bundle, seconds)
        return self._engine[1]

    def frontend(self, bundle: str) -> FrontEnd:
        """The bundle's front-end."""
        if bundle not in self._frontends:
            self._frontends[bundle] = family.load_frontend(self.catalogue.bundle(bundle))
        return self._frontends[bundle]

    def stale(self, job: Job) -> str | None:
        """The reason why this process would not make the sound that the job asks for; None where it would.

        In a rolling upgrade workers and producers differ for a while, in weights or front-ends.
        """
        segment = job.segment
        try:
            voice = self.catalogue.find(segment.voice)
        except UnknownVoice as error:
            return str(error)
        if (voice.fingerprint, voice.backend, voice.precision) != (
            segment.fingerprint,
            segment.backend,
            segment.precision,
        ):
            return f"the files of voice {segment.voice} here are not those the producer planned with"
        if self._fingerprint(segment) != segment.frontend:
            return f"the front-end of {segment.voice} for {segment.language} here is not the producer's"
        return None

    def patiently(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Make a call again and again while store or broker are away, for a minute; then raises Transient.

        Waiting here, with the leases renewed, keeps what was rendered and keeps the queue from being drained in vain.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        wait = FIRST_WAIT
        while True:
            try:
                return call(*args, **kwargs)
            except Transient as error:
                if self.stopping() or time.monotonic() + wait > deadline:
                    raise
                log.warning("%s; trying again in %.1f s", error, wait)
            time.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)

    def step(self) -> None:
        """Note progress: the next step is due within what one segment and an outage of the store may take."""
        self.heartbeat.expect(self.settings.segment_seconds + 2 * PATIENCE_SECONDS)

    def _fingerprint(self, segment: Segment) -> str:
        of = (segment.bundle, segment.language)
        if of not in self._fingerprints:
            self._fingerprints[of] = self.frontend(segment.bundle).fingerprint(segment.language)
        return self._fingerprints[of]
