"""Records of the ledger: what it says of runs, segments and workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Failure:
    """A segment or a lesson given up, and why."""

    course: str
    lesson: str
    key: str  # empty where the whole lesson failed
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a run. ``remaining`` counts distinct segments neither stored nor given up."""

    run: str
    state: Literal["submitting", "running", "done", "incomplete", "cancelled"]
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
