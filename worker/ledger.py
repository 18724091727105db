"""A run's progress in Redis: todo, waiters, attempts, leases. Truth is in the store; all of this may vanish.

Every step that must be atomic is one Lua script. Keys start with ``Settings.redis_prefix`` and expire.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from worker.contract import AssembleLesson, Job
from worker.settings import Settings

RunState = Literal["submitting", "running", "done", "incomplete", "cancelled"]


@dataclass(frozen=True, slots=True)
class Failure:
    """A segment or a lesson given up, and why."""

    course: str
    lesson: str
    key: str  # empty where the whole lesson failed
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands. ``remaining`` counts distinct segments neither stored nor given up."""

    run: str
    state: RunState
    submitted: int  # microseconds of Redis TIME
    lessons: int  # lessons that needed work
    lessons_done: int
    lessons_failed: int
    segments: int  # distinct segments that were missing at submission
    remaining: int
    rendered: int
    reused: int  # found in the store by a worker, or rendered for another run meanwhile
    failed: int
    audio_ms: int  # of rendered segments
    cpu_ms: int  # spent rendering them
    summary: Mapping[str, Any] = field(default_factory=dict)  # what the producer noted at submission


@dataclass(frozen=True, slots=True)
class Completed:
    """A segment that is in the store now, as reported by the worker that holds its lease."""

    key: str
    token: str
    outcome: Literal["rendered", "reused"]
    audio_ms: int = 0
    cpu_ms: int = 0


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """A live worker's heartbeat: who it is and which queues it serves."""

    name: str
    queues: tuple[str, ...]
    processes: int
    seen: float  # seconds since 1970, by Redis TIME


class Ledger:
    """The ledger of one namespace, over a redis-py client."""

    def __init__(self, redis: Any, settings: Settings) -> None:
        raise NotImplementedError

    # --- producer's side
    def now(self) -> int:
        """Redis TIME in microseconds."""
        raise NotImplementedError

    def open_run(self, run: str, summary: Mapping[str, Any]) -> int:
        """Begin a run in state ``submitting``; gives its submission time, which is unique and monotone."""
        raise NotImplementedError

    def enlist(self, lesson: AssembleLesson, missing: Sequence[str]) -> None:
        """Add a lesson to its run: it becomes ready when the last of ``missing`` (distinct keys) is stored; at once
        when there are none. Ready lessons are sent to ``assemble`` by whoever next calls ``due`` (workers sweep)."""
        raise NotImplementedError

    def seal(self, run: str) -> None:
        """All lessons are enlisted: the run ends when the last of them does."""
        raise NotImplementedError

    def progress(self, run: str) -> Progress | None:
        """None when the ledger does not know the run: it expired, or Redis was flushed."""
        raise NotImplementedError

    def failures(self, run: str) -> list[Failure]:
        """What was given up, with reasons."""
        raise NotImplementedError

    def cancel(self, run: str) -> bool:
        """Nothing more is rendered or assembled for this run; what is stored stays."""
        raise NotImplementedError

    def workers(self) -> list[WorkerInfo]:
        """Live workers by heartbeat."""
        raise NotImplementedError

    # --- worker's side
    def heartbeat(self, info: WorkerInfo) -> None:
        """Say that a worker lives; forgotten after a few missed beats."""
        raise NotImplementedError

    def lease(self, jobs: Sequence[Job], *, alone: bool) -> dict[str, str]:
        """Key to token for the jobs that are now ours; the others are leased elsewhere, quarantined, or wanted by
        no run any more. The whole job is kept with the lease, so that a sweep can queue it again."""
        raise NotImplementedError

    def renew(self, tokens: Mapping[str, str]) -> set[str]:
        """Push our leases' expiry out; gives the keys that are still ours."""
        raise NotImplementedError

    def release(self, tokens: Mapping[str, str]) -> None:
        """Give leases back unrendered (a transient fault): only with their token."""
        raise NotImplementedError

    def complete(self, done: Sequence[Completed]) -> list[AssembleLesson]:
        """One call: take the keys out of every waiting lesson's todo set; gives lessons that became ready."""
        raise NotImplementedError

    def fail(self, key: str, token: str, reason: str) -> list[AssembleLesson]:
        """Give a segment up, for every lesson that waits for it; its lessons end incomplete, and are not assembled."""
        raise NotImplementedError

    def assembled(self, lesson: AssembleLesson) -> None:
        """The lesson's manifest is written (or a newer one stands): it leaves ``ready``."""
        raise NotImplementedError

    def abandon(self, lesson: AssembleLesson, reason: str) -> None:
        """The lesson cannot be assembled; others go on."""
        raise NotImplementedError

    def reopen(self, lesson: AssembleLesson, missing: Iterable[str]) -> None:
        """Assembly found segments gone from the store: they are todo again (the caller queues them)."""
        raise NotImplementedError

    def sweep(self) -> tuple[list[Job], list[AssembleLesson]]:
        """Expired leases, to be queued again each alone, and ready lessons to be sent (again)."""
        raise NotImplementedError
