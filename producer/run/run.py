"""A submission under way: where it stands, what is still to do, and sending that to the workers."""

from __future__ import annotations

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from producer.run.batches import Batches, written
from producer.run.connection import broker_faults
from worker.contract.messages import AssembleLesson, segment_name
from worker.contract.settings import Settings
from worker.observe import tracing
from worker.store import manifests, plans
from worker.store.base import Store

if TYPE_CHECKING:
    from producer.plan.result import Plan, PlannedLesson
    from worker.ledger.ledger import Ledger
    from worker.ledger.records import Progress

STORE_THREADS = 8
NAMED = 100  # lessons that the ledger can name for a run, for those who look at it
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without the letters and digits that are mistaken for one another


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
        """Ask where it stands now; None when the ledger has lost it (``resubmit`` then)."""
        if not self.work:
            return nothing_to_do(self.id)
        with broker_faults(self.settings):
            progress = self.ledger.progress(self.id)
        self.last = progress or self.last
        return progress

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
        self.send(lessons)

    def unfinished(self) -> list[PlannedLesson]:
        """The lessons whose manifest in the store is not of this plan."""
        with ThreadPoolExecutor(STORE_THREADS) as pool:
            finished = list(pool.map(self._finished, self.work))
        return [lesson for lesson, done in zip(self.work, finished, strict=True) if not done]

    def _finished(self, lesson: PlannedLesson) -> bool:
        """Tell whether the lesson's manifest was written from this very plan."""
        plan = written(lesson)
        present = manifests.find(self.store, plan.course, plan.lesson)
        return present is not None and present.plan == plan.plan_id()

    def send(self, lessons: list[PlannedLesson]) -> None:
        """Enlist each lesson and send its missing segments, so that workers begin while later lessons follow."""
        from worker.ledger.broker import send_batch

        tracing.check_installed()
        with (
            broker_faults(self.settings),
            ThreadPoolExecutor(STORE_THREADS) as pool,
            tracing.span("submit", run=self.id, lessons=len(lessons)),
        ):
            names = [f"{written(lesson).course}/{written(lesson).lesson}" for lesson in lessons[:NAMED]]
            summary = {"lessons": len(self.plan.lessons), "started": time.time(), "names": names}
            opened = self.ledger.open_run(self.id, summary)
            if not self.submitted:
                self.ledger.count_lookups(self.plan.reused, self.plan.missing)
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


def new_run_id() -> str:
    """Sortable by time, unlike any other: ``20261122-094502-k3f9`` (UTC)."""
    return time.strftime("%Y%m%d-%H%M%S-", time.gmtime()) + "".join(secrets.choice(ALPHABET) for _ in range(4))


def nothing_to_do(run: str) -> Progress:
    """Give the progress of a run in which every lesson was there already."""
    from worker.ledger.records import Progress

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
