"""A run: one submission of lessons to the workers.

Plans go to the store, progress to the ledger, work to the queues. A submission killed in the middle loses nothing:
what it sent is rendered and stored, and the next one plans only what is still missing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import Permanent
from producer.lessons.options import NO_OPTIONS, NarrationOptions
from producer.run.batches import bundles
from producer.run.connection import broker_faults
from producer.run.listen_back import listened, require_recogniser
from producer.run.report import Report, conclude
from producer.run.run import Run, new_run_id
from producer.run.watch import watch
from worker.contract.messages import assemble_queue, render_queue
from worker.contract.settings import Settings, load_settings
from worker.store.base import Store
from worker.store.open import open_store

if TYPE_CHECKING:
    from producer.plan.result import Plan
    from worker.ledger.records import Progress


@dataclass(slots=True)
class SubmittedRun(Run):
    """A run whose end can be waited for."""

    def watch(self) -> Iterator[Progress]:
        """Give progress a few times a second until the run has ended. Raises Transient when no worker serves it."""
        return watch(self)

    def wait(self, *, listen_back: bool = False) -> Report:
        """Block until the run has ended, then say what it did. Raises Transient when no worker serves it.

        With ``listen_back`` a recogniser listens back, and the report lists what it did not understand.
        """
        if listen_back:
            require_recogniser()
        for _ in self.watch():
            pass
        report = conclude(self.plan, self.store, self.started, run=self)
        return listened(report, self.settings) if listen_back else report


def plan_paths(
    paths: Sequence[Path], options: NarrationOptions = NO_OPTIONS, settings: Settings | None = None
) -> tuple[Plan, Store, Settings]:
    """Plan lesson files and folders against the store that the settings name (by default this process's)."""
    from producer.plan.planner import plan
    from producer.plan.voices import KnownVoices

    settings = settings or load_settings()
    store = open_store(settings)
    return plan(paths, options.with_settings(settings), KnownVoices.of(settings), store), store, settings


def submit(
    plan: Plan, store: Store, settings: Settings, *, started: float | None = None, submitted: int = 0
) -> SubmittedRun:
    """Send a plan's work to the workers that the settings name; gives the run at once, without waiting.

    A plan in which nothing changed costs nothing: neither broker nor store is asked. ``submitted`` is the time of an
    earlier run that is taken up again. Raises Transient when the broker or the store does not answer.
    """
    from worker.ledger.broker import connect, redis_client
    from worker.ledger.ledger import Ledger

    redis = redis_client(settings)
    work = [lesson for lesson in plan.lessons if not lesson.unchanged]
    prefix = settings.queue_prefix
    run = SubmittedRun(
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
        run.send(run.work)
    return run


def _check_limits(run: Run) -> None:
    """Raise Permanent where a run is larger, or would be one more, than the settings allow."""
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
            f"{settings.open_runs} runs are open already: wait, cancel some (narrator runs list, narrator runs "
            "cancel RUN), or raise NARRATOR_OPEN_RUNS"
        )
