"""A nightly run: what changed in a source is rendered, the rest is left alone, and a webhook hears of it.

lock --> plan --> guard (a new voice must not render a catalogue unasked) --> limit --> run until the deadline
     --> what is gone from the source: kept, or pruned on request --> summary, webhook
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import NarrationError, Permanent
from producer.lessons.options import NO_OPTIONS, NarrationOptions
from producer.nightly import garbage, webhook
from producer.nightly.lock import StoreLock
from producer.nightly.source import Source, open_source, recall, remember
from producer.plan.previous import EDITED, NEW_LESSON, NEW_TEXT
from producer.plan.result import Plan, PlannedLesson
from producer.run.connection import broker_faults
from producer.run.report import CANCELLED, Report, Trouble, conclude
from producer.run.run import Run
from producer.run.submit import plan_paths, submit
from producer.run.watch import watch
from worker.contract.messages import render_queue
from worker.contract.settings import Settings, load_settings
from worker.store.base import Store
from worker.store.open import open_store

if TYPE_CHECKING:
    from worker.ledger.records import Progress

WANTED = frozenset({NEW_LESSON, NEW_TEXT, EDITED})  # what authors do; anything else renders their text again


@dataclass(frozen=True, slots=True)
class Night:
    """The record of a nightly run. ``lessons == unchanged + done + failed + left``, unreadable files included."""

    source: str
    store: str
    run: str  # empty where there was nothing to do
    lessons: int
    unchanged: int
    done: int
    failed: int
    left: int  # for the next night: the limit or the deadline came first, or nobody waited
    stopped: str  # "", "limit", "deadline", or "submitted" where nobody waited
    gone: tuple[str, ...]  # course/lesson: no longer in the source, still in the store
    pruned: int  # of those, removed
    rendered: int  # segments
    audio_seconds: float
    wall_seconds: float
    failures: tuple[Trouble, ...] = ()

    @property
    def exit_code(self) -> int:
        """The command's exit code: 0 where all went well (a limit or a deadline is no failure), 1 otherwise."""
        return 1 if self.failed or self.failures else 0

    def as_json(self) -> dict[str, Any]:
        """Return one object for machines."""
        return {k: round(v, 3) if isinstance(v, float) else v for k, v in asdict(self).items()}

    def summary(self) -> str:
        """Return one line, for a mail's subject or a log."""
        said = [f"{self.done:,} of {self.lessons:,} lessons made", f"{self.rendered:,} segments rendered"]
        said += [f"{self.unchanged:,} unchanged"]
        said += [f"{self.failed:,} failed"] if self.failed else []
        said += [f"{self.left:,} left for the next run ({self.stopped})"] if self.left else []
        said += [f"{self.pruned:,} removed"] if self.pruned else []
        said += [f"{len(self.gone) - self.pruned:,} no longer in the source"] if len(self.gone) > self.pruned else []
        return f"{self.source}: {', '.join(said)}, {self.wall_seconds:.1f} s"


@dataclass(frozen=True, slots=True)
class NightBounds:
    """Bounds of a nightly run. ``until`` is seconds since 1970; ``limit`` counts segments, whole lessons, at least one.

    ``yes`` passes the guard; ``prune`` removes lessons that are gone from the source; ``here`` renders with an embedded
    stack of ``processes`` workers instead of those at ``NARRATOR_REDIS_URL``; ``out`` gets what is ready.
    """

    limit: int | None = None
    until: float | None = None
    yes: bool = False
    prune: bool = False
    wait: bool = True
    here: bool = False
    processes: int | None = None
    out: Path | None = None


def sync(
    where: str,
    options: NarrationOptions = NO_OPTIONS,
    wishes: NightBounds | None = None,
    *,
    settings: Settings | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Night:
    """Bring the store up to date with the source ``where``; the webhook hears of the end, also of a bad one.

    Raises Locked where another run goes on, Permanent where the guard holds it back or nothing can run, Transient where
    store, broker or webhook do not answer.
    """
    settings, wishes = settings or load_settings(), wishes or NightBounds()
    webhook.check(settings)
    try:
        night = _Sync(where, options, wishes, settings, on_progress).run()
    except NarrationError as error:
        with suppress(NarrationError):  # the first error is the one to tell
            webhook.send(settings, _event("failed", {"source": where, "error": str(error)}))
        raise
    webhook.send(settings, _event("completed", night.as_json()))
    return night


def guard(plan: Plan, budget: int, processes: int) -> None:
    """Raise Permanent where more than ``budget`` segments would be rendered again though nobody edited them."""
    again = {why: count for why, count in plan.reasons.items() if why not in WANTED}
    if (total := sum(again.values())) > budget:
        hours = plan.estimated_seconds / plan.missing * total / processes / 3600
        reasons = ", ".join(f"{why}: {count:,}" for why, count in again.items())
        raise Permanent(
            f"{total:,} segments would be rendered again ({reasons}), about {hours:.1f} h on {processes} processes: "
            f"--yes to go on, or raise NARRATOR_RERENDER_BUDGET (now {budget:,})"
        )


def first(lessons: Sequence[PlannedLesson], limit: int | None) -> list[PlannedLesson]:
    """Return the lessons, in order, that fit a limit of segments to render; at least one, so each night gets on."""
    taken: list[PlannedLesson] = []
    segments = 0
    for lesson in lessons:
        segments += len(lesson.missing)
        if limit is not None and taken and segments > limit:
            break
        taken.append(lesson)
    return taken


class _Sync:
    """A nightly run under way."""

    def __init__(
        self,
        where: str,
        options: NarrationOptions,
        wishes: NightBounds,
        settings: Settings,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._where, self._options, self._wishes, self._settings = where, options, wishes, settings
        self._on_progress = on_progress
        self._started = time.monotonic()
        self._stopped = ""

    def run(self) -> Night:
        store = open_store(self._settings)
        source = open_source(self._where, self._settings)
        with StoreLock(store, f"sync-{source.name}"):
            plan, store, _ = plan_paths([source.folder], self._options, self._settings)
            work = [lesson for lesson in plan.lessons if not lesson.unchanged]
            if plan.missing and not self._wishes.yes:
                guard(plan, self._settings.rerender_budget, self._processes())
            tonight = first(work, self._wishes.limit)
            if len(tonight) < len(work):
                self._stopped = "limit"
            report = self._render(replace(plan, lessons=(*_unchanged(plan), *tonight)), store)
            gone = self._settle(plan, store, source)
        return self._night(plan, report, source=source, store=store, beyond=len(work) - len(tonight), gone=gone)

    def _render(self, plan: Plan, store: Store) -> Report:
        if all(lesson.unchanged for lesson in plan.lessons):
            return conclude(plan, store, self._started, out=self._wishes.out)
        with self._workers(plan) as (settings, tend):
            run = submit(plan, store, settings, started=self._started)
            if not self._wishes.wait:
                self._stopped = "submitted"
                return replace(conclude(replace(plan, lessons=_unchanged(plan)), store, self._started), run=run.id)
            self._watch(run, tend)
            return conclude(plan, store, self._started, run=run, out=self._wishes.out)

    def _watch(self, run: Run, tend: Callable[[], None] | None) -> None:
        until = self._wishes.until
        for progress in watch(run, tend=tend):
            self._on_progress(progress)
            if until is not None and time.time() >= until and self._stopped != "deadline":
                self._stopped = "deadline"
                run.cancel()  # the next progress is the last; what is stored by then is reused tomorrow

    @contextmanager
    def _workers(self, plan: Plan) -> Iterator[tuple[Settings, Callable[[], None] | None]]:
        """Give the settings under which work is sent, and the upkeep of an embedded stack."""
        if not self._wishes.here:
            yield self._settings, None
            return
        from models.cores import available_cores
        from producer.local.stack import EmbeddedStack
        from producer.run.batches import bundles

        work = [lesson for lesson in plan.lessons if not lesson.unchanged]
        with EmbeddedStack(self._settings, bundles(work), self._wishes.processes or available_cores()) as stack:
            yield stack.settings, stack.tend

    def _processes(self) -> int:
        """Count the processes of all workers that render, as far as anybody knows."""
        if self._wishes.here:
            from models.cores import available_cores

            return self._wishes.processes or available_cores()
        from worker.ledger.broker import redis_client
        from worker.ledger.ledger import Ledger

        with broker_faults(self._settings):
            workers = Ledger(redis_client(self._settings), self._settings).workers()
        start = render_queue(self._settings.queue_prefix, "")
        return sum(one.processes for one in workers if any(queue.startswith(start) for queue in one.queues)) or 1

    def _settle(self, plan: Plan, store: Store, source: Source) -> dict[tuple[str, str], bool]:
        """Return the lessons that are gone from the source, and whether they were removed from the store.

        Where a file could not be read, nobody knows which lesson it is: then none is removed.
        """
        present = {(lesson.course, lesson.lesson) for lesson in plan.lessons}
        before = recall(store, source)
        gone = sorted(before - present) if not plan.failures else []
        prune = self._wishes.prune
        if prune:
            garbage.prune(store, gone)
        after = present | (before - set(gone) if prune else before)
        if after != before:
            remember(store, source, after)
        return dict.fromkeys(gone, prune)

    def _night(
        self,
        plan: Plan,
        report: Report,
        *,
        source: Source,
        store: Store,
        beyond: int,
        gone: Mapping[tuple[str, str], bool],
    ) -> Night:
        """Return the record; ``beyond`` are the lessons past the limit."""
        unfinished = [trouble for trouble in report.failures if trouble.reason == CANCELLED]
        lessons = len(plan.lessons) + len(plan.failures)
        unchanged = len(_unchanged(plan))
        failed = report.failed_lessons - len(unfinished)
        left = beyond + len(unfinished)
        if self._stopped == "submitted":
            left = len(plan.lessons) - unchanged
        return Night(
            source=source.url,
            store=store.url,
            run=report.run,
            lessons=lessons,
            unchanged=unchanged,
            done=lessons - unchanged - failed - left,
            failed=failed,
            left=left,
            stopped=self._stopped if left else "",
            gone=tuple("/".join(lesson) for lesson in gone),
            pruned=sum(gone.values()),
            rendered=report.rendered,
            audio_seconds=report.audio_seconds,
            wall_seconds=time.monotonic() - self._started,
            failures=tuple(trouble for trouble in report.failures if trouble.reason != CANCELLED),
        )


def _unchanged(plan: Plan) -> tuple[PlannedLesson, ...]:
    return tuple(lesson for lesson in plan.lessons if lesson.unchanged)


def _event(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": f"sync.{kind}", "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "data": data}
