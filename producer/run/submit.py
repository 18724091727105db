"""A run: one submission of lessons to the workers.

Plans go to the store, progress to the ledger, work to the queues. A submission killed in the middle loses nothing:
what it sent is rendered and stored, and the next one plans only what is still missing.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from models.voice import Permanent, Transient
from producer.run.batches import Batches, bundles, written
from worker.contract.manifest import Manifest
from worker.contract.messages import AssembleLesson, assemble_queue, lesson_folder, render_queue, segment_name
from worker.contract.settings import Settings, load
from worker.observe import tracing
from worker.store import plans
from worker.store.base import Missing, Store, open_store

if TYPE_CHECKING:
    from producer.plan.planner import Options, Plan, PlannedLesson
    from producer.run.report import Report
    from worker.ledger.ledger import Ledger, Progress

STORE_THREADS = 8
NAMED = 100  # lessons that the ledger can name for a run, for those who look at it
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without the letters and digits that are mistaken for one another


class BrokerUnavailable(Transient):
    """Redis does not answer; the message names it without its password."""


@dataclass(slots=True)
class Run:
    """A submission under way. ``id`` changes when the ledger lost the run and it was submitted again."""

    id: str
    plan: Plan
    store: Store
    settings: Settings
    redis: Any  # redis-py
    ledger: Ledger
    app: Any  # the configured Celery
    started: float  # seconds, monotonic: when planning began
    work: list[PlannedLesson]  # the lessons that need rendering or assembling
    queues: tuple[str, ...]  # that its messages go to
    submitted: int = 0  # when the ledger first took it: orders its lessons among other runs', also when sent again
    last: Progress | None = None  # as last seen
    lost: list[Progress] = field(default_factory=list)  # the end, as last seen, of submissions before this one

    def progress(self) -> Progress | None:
        """Where it stands now; None when the ledger has lost it (``resubmit`` then)."""
        if not self.work:
            return _nothing_to_do(self.id)
        with broker_faults(self.settings):
            progress = self.ledger.progress(self.id)
        self.last = progress or self.last
        return progress

    def watch(self) -> Iterator[Progress]:
        """Progress a few times a second, until the run has ended. Raises Transient when no worker serves it."""
        from producer.run.watch import watch

        return watch(self)

    def wait(self, *, verify: bool = False) -> Report:
        """Block until the run has ended, then say what it did. Raises Transient when no worker serves it.

        With ``verify`` a recogniser listens back, and the report lists what it did not understand.
        """
        from producer.run.listen_back import listened, require_recogniser
        from producer.run.report import conclude

        if verify:
            require_recogniser()

        for _ in self.watch():
            pass
        report = conclude(self.plan, self.store, self.started, run=self)
        return listened(report, self.settings) if verify else report

    def cancel(self) -> None:
        """Render and assemble nothing more for it; what is stored stays."""
        with broker_faults(self.settings):
            self.ledger.cancel(self.id)

    def resubmit(self) -> None:
        """Submit what is still not there under a new id: the ledger was flushed, or messages were lost.

        Takes the store's word for what is there, so that nothing stored is rendered again.
        """
        self.cancel()
        unfinished = self.unfinished()
        wanted = {key for lesson in unfinished for key in lesson.missing}
        there = self.store.existing(segment_name(key) for key in wanted)
        lessons = [
            replace(lesson, missing=tuple(key for key in lesson.missing if segment_name(key) not in there))
            for lesson in unfinished
        ]
        if self.last is not None:
            self.lost.append(self.last)
        self.id, self.last = new_run_id(), None
        self._send(lessons)

    def unfinished(self) -> list[PlannedLesson]:
        """The lessons whose manifest in the store is not of this plan."""
        with ThreadPoolExecutor(STORE_THREADS) as pool:
            finished = list(pool.map(self._finished, self.work))
        return [lesson for lesson, done in zip(self.work, finished, strict=True) if not done]

    def _finished(self, lesson: PlannedLesson) -> bool:
        """The lesson's manifest was written from this very plan."""
        plan = written(lesson)
        try:
            data, _ = self.store.get(lesson_folder(plan.course, plan.lesson) + "manifest.json")
            return Manifest.model_validate_json(data).plan == plan.plan_id()
        except (Missing, ValidationError):
            return False

    def _send(self, lessons: list[PlannedLesson]) -> None:
        """Enlist each lesson and send its missing segments, so that workers begin while later lessons follow."""
        from worker.ledger.broker import send_batch

        tracing.check()
        with (
            broker_faults(self.settings),
            ThreadPoolExecutor(STORE_THREADS) as pool,
            tracing.span("submit", run=self.id, lessons=len(lessons)),
        ):
            names = [f"{written(lesson).course}/{written(lesson).lesson}" for lesson in lessons[:NAMED]]
            summary = {"lessons": len(self.plan.lessons), "started": time.time(), "names": names}
            opened = self.ledger.open_run(self.id, summary)
            if not self.submitted:
                self.ledger.planned(self.plan.reused, self.plan.missing)
            self.submitted = self.submitted or opened
            batches = Batches(lessons, self.plan, self.settings.task_seconds)
            for lesson, plan_id in zip(
                lessons, pool.map(lambda one: plans.keep(self.store, written(one)), lessons), strict=True
            ):
                plan = written(lesson)
                message = AssembleLesson(
                    run=self.id, course=plan.course, lesson=plan.lesson, plan=plan_id, submitted=self.submitted
                )
                self.ledger.enlist(message, lesson.missing)
                for batch in batches.add(lesson):
                    send_batch(self.app, self.settings, batch)
            for batch in batches.rest():
                send_batch(self.app, self.settings, batch)
            self.ledger.seal(self.id)

    def depths(self) -> dict[str, int]:
        """Messages waiting in each queue that this run may need."""
        with broker_faults(self.settings):
            return {queue: int(self.redis.llen(queue)) for queue in self.queues}


def plan_paths(
    paths: Sequence[Path], options: Options | None = None, settings: Settings | None = None
) -> tuple[Plan, Store, Settings]:
    """Plan lesson files and folders against the store that the settings name (by default this process's)."""
    from models.catalog import Catalogue
    from models.family import load_frontend
    from producer.plan.planner import Options, plan

    settings = settings or load()
    store = open_store(settings)
    catalogue = Catalogue.load(settings.voices_dir)
    options = (options or Options()).completed(settings)
    return plan(paths, options, catalogue, store, load_frontend), store, settings


def submit(plan: Plan, store: Store, settings: Settings, *, started: float | None = None, submitted: int = 0) -> Run:
    """Send a plan's work to the workers that the settings name; gives the run at once, without waiting.

    A plan in which nothing changed costs nothing: neither broker nor store is asked. ``submitted`` is the time of an
    earlier run that is taken up again. Raises Transient when the broker or the store does not answer.
    """
    from worker.ledger.broker import connect, redis_client
    from worker.ledger.ledger import Ledger

    redis = redis_client(settings)
    work = [lesson for lesson in plan.lessons if not lesson.unchanged]
    prefix = settings.queue_prefix
    run = Run(
        id=new_run_id(),
        plan=plan,
        store=store,
        settings=settings,
        redis=redis,
        ledger=Ledger(redis, settings),
        app=connect(settings),
        started=time.monotonic() if started is None else started,
        work=work,
        queues=(*(render_queue(prefix, bundle) for bundle in bundles(work)), assemble_queue(prefix)),
        submitted=submitted,
    )
    if run.work:
        _check_limits(run)
        run._send(run.work)
    return run


def _check_limits(run: Run) -> None:
    """Raises Permanent where a run is larger, or would be one more, than the settings allow."""
    settings = run.settings
    for lesson in run.work:
        if lesson.entries > settings.lesson_segments:
            raise Permanent(
                f"{lesson.path}: {lesson.entries} segments, more than {settings.lesson_segments}: "
                "split the lesson, or raise NARRATOR_LESSON_SEGMENTS"
            )
        characters = sum(len(entry.segment.text) for entry in lesson.plan.entries) if lesson.plan else 0
        if characters > settings.lesson_characters:
            raise Permanent(
                f"{lesson.path}: {characters} characters to say, more than {settings.lesson_characters}: "
                "split the lesson, or raise NARRATOR_LESSON_CHARACTERS"
            )
    if run.plan.missing > settings.run_segments:
        raise Permanent(
            f"{run.plan.missing} segments to render, more than {settings.run_segments}: "
            "submit fewer lessons at once, or raise NARRATOR_RUN_SEGMENTS"
        )
    with broker_faults(settings):
        full = run.ledger.open_runs(settings.open_runs) >= settings.open_runs
    if full:
        raise Permanent(
            f"{settings.open_runs} runs are open already: wait, cancel some (narrator runs, narrator cancel RUN), "
            "or raise NARRATOR_OPEN_RUNS"
        )


def new_run_id() -> str:
    """Sortable by time, unlike any other: ``20261122-094502-k3f9`` (UTC)."""
    return time.strftime("%Y%m%d-%H%M%S-", time.gmtime()) + "".join(secrets.choice(ALPHABET) for _ in range(4))


@contextmanager
def broker_faults(settings: Settings) -> Iterator[None]:
    """Say which broker does not answer, without its password, and what to do."""
    from kombu.exceptions import OperationalError
    from redis import RedisError

    from worker.ledger.ledger import LedgerUnavailable

    try:
        yield
    except (LedgerUnavailable, RedisError, OperationalError) as error:
        reason = str(error).removeprefix("Redis: ").rstrip(".")
        raise BrokerUnavailable(
            f"no answer from Redis at {without_password(settings)}: {reason}. Is it running? See NARRATOR_REDIS_URL"
        ) from error


def without_password(settings: Settings) -> str:
    """The broker's address, for messages: without all that stands before its last @, well formed or not."""
    address = re.sub(r"//.*@", "//", settings.redis_url.get_secret_value())
    return re.sub(r"(password=)[^&]*", r"\1...", address)


def _nothing_to_do(run: str) -> Progress:
    from worker.ledger.ledger import Progress

    return Progress(
        run=run,
        state="done",
        submitted=0,
        lessons=0,
        lessons_done=0,
        lessons_failed=0,
        segments=0,
        remaining=0,
        rendered=0,
        reused=0,
        failed=0,
        audio_ms=0,
        cpu_ms=0,
    )
