"""Following a run to its end, and noticing when nobody works on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from models.errors import Transient
from producer.errors import NoWorker
from worker.contract.messages import assemble_queue, render_queue

if TYPE_CHECKING:
    from producer.run.run import Run
    from worker.ledger.records import Progress

POLL_SECONDS = 0.25
CHECK_SECONDS = 2.0  # between looks at queues and workers
UNSERVED_SECONDS = 60.0  # a queue with work that no live worker serves
LOST_SECONDS = 30.0  # work left, though nothing is queued or being rendered: messages were lost
BROKER_PATIENCE = 60.0  # the broker does not answer
ENDED = ("done", "incomplete", "cancelled")


def watch(run: Run, *, tend: Callable[[], None] | None = None) -> Iterator[Progress]:
    """Progress about four times a second, the last one of a run that has ended.

    ``tend`` is called between polls (the embedded stack's upkeep) and may raise; with it, workers are its business.
    A run that the ledger has lost, and a run whose messages were lost, are submitted again. Raises NoWorker, or
    Transient when the broker stays silent.
    """
    stall = _Stall(run, heed_workers=tend is None)
    silent_since: float | None = None
    while True:
        try:
            progress = run.progress()
            if progress is None:
                run.resubmit()
                continue
            if progress.state not in ENDED:
                stall.check(progress)
            silent_since = None
        except NoWorker:
            raise
        except Transient:
            silent_since = silent_since or time.monotonic()
            if time.monotonic() - silent_since > BROKER_PATIENCE:
                raise
            progress = None
        if progress is not None:
            yield progress
            if progress.state in ENDED:
                return
        if tend is not None:
            tend()
        time.sleep(POLL_SECONDS)


@dataclass(slots=True)
class Pace:
    """The time that a run will take yet, from what it did since it was first seen."""

    _first: tuple[float, int] | None = None

    def remaining_seconds(self, progress: Progress) -> float | None:
        """Estimate the seconds left; None until two segments are done; a lesson's assembly counts for nothing."""
        now = time.monotonic()
        done = progress.segments - progress.remaining
        if self._first is None or done < self._first[1]:  # or the run was submitted again
            self._first = (now, done)
        since, before = self._first
        if not progress.remaining:
            return 0.0
        return (now - since) / (done - before) * progress.remaining if done - before >= 2 else None


@dataclass(slots=True)
class _Stall:
    """Notices queues without workers, and work that is in no queue and in nobody's hands."""

    run: Run
    heed_workers: bool
    _next: float = 0.0
    _unserved: dict[str, float] = field(default_factory=dict)  # queue -> since when
    _last: tuple[object, ...] = ()
    _still: float = 0.0  # since when nothing has moved

    def check(self, progress: Progress) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + CHECK_SECONDS
        depths = self.run.depths()
        if self.heed_workers:
            self._check_served(depths, now)
        moved = (progress.run, progress.remaining, progress.lessons_done, progress.lessons_failed)
        if moved != self._last or any(depths.values()) or self.run.ledger.in_flight():
            self._last, self._still = moved, now
        elif now - self._still > LOST_SECONDS:
            self._still = now
            self.run.resubmit()

    def _check_served(self, depths: dict[str, int], now: float) -> None:
        served = {queue for worker in self.run.ledger.workers() for queue in worker.queues}
        waiting = {queue for queue, depth in depths.items() if depth and queue not in served}
        self._unserved = {queue: self._unserved.get(queue, now) for queue in waiting}
        for queue, since in self._unserved.items():
            if now - since > UNSERVED_SECONDS:
                raise NoWorker(
                    f"No worker serves queue {queue}, and work waits in it. Start one: {self._remedy(queue)}"
                )

    def _remedy(self, queue: str) -> str:
        if queue == assemble_queue(self.run.settings.queue_prefix):
            return "narrator worker --assemble"
        bundle = queue.removeprefix(render_queue(self.run.settings.queue_prefix, ""))
        return f"narrator worker --bundle {bundle}"
