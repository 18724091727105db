"""What planning gives: for every lesson and for all of them, what is there and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from worker.contract.messages import LessonPlan


@dataclass(frozen=True, slots=True)
class LessonFailure:
    """A lesson that cannot be planned; the others go on. ``line`` is 0 where none is known."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}" if self.line else f"{self.path}: {self.message}"


@dataclass(frozen=True, slots=True)
class PlannedLesson:
    """The work on one lesson. ``plan`` is None where it is unchanged: nothing to render or assemble.

    ``missing`` are distinct keys in the order in which they are spoken; ``reasons`` counts why, each segment in the
    first lesson that wants it, so that sums over lessons count every segment once.
    """

    course: str
    lesson: str
    path: Path
    plan: LessonPlan | None
    entries: int
    reused: int  # distinct segments that are there already
    missing: tuple[str, ...] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # "12: code block, not spoken"
    stale_takes: tuple[str, ...] = ()  # texts of chosen takes that no sentence matches any more

    @property
    def unchanged(self) -> bool:
        """Delivered by an earlier run, from the same source, settings, voices and front-ends."""
        return self.plan is None


@dataclass(frozen=True, slots=True)
class Plan:
    """The work on all lessons. Counts are of distinct segments: ``segments == reused + missing``."""

    lessons: tuple[PlannedLesson, ...]
    failures: tuple[LessonFailure, ...]
    segments: int
    missing: int
    estimated_audio_seconds: float  # of the missing segments' speech
    estimated_seconds: float  # of rendering them on one core
    relaxed: bool = False  # some segments are for tests with random weights: not checked as speech is

    @property
    def reused(self) -> int:
        """Distinct segments that are there already."""
        return self.segments - self.missing

    @property
    def reasons(self) -> dict[str, int]:
        """Why segments are missing, and how many for each, the most frequent first."""
        total: Counter[str] = Counter()
        for lesson in self.lessons:
            total.update(lesson.reasons)
        return dict(total.most_common())

    def as_json(self) -> dict[str, Any]:
        """One object for machines."""
        return {
            "lessons": len(self.lessons) + len(self.failures),
            "unchanged": sum(lesson.unchanged for lesson in self.lessons),
            "segments": self.segments,
            "reused": self.reused,
            "missing": self.missing,
            "reasons": self.reasons,
            "estimated_audio_seconds": round(self.estimated_audio_seconds, 1),
            "estimated_seconds": round(self.estimated_seconds, 1),
            "relaxed": self.relaxed,
            "failures": [{"path": str(f.path), "line": f.line, "reason": f.message} for f in self.failures],
            "details": [
                {
                    "course": lesson.course,
                    "lesson": lesson.lesson,
                    "path": str(lesson.path),
                    "unchanged": lesson.unchanged,
                    "entries": lesson.entries,
                    "missing": len(lesson.missing),
                    "reasons": dict(lesson.reasons),
                    "notes": list(lesson.notes),
                    "stale_takes": list(lesson.stale_takes),
                }
                for lesson in self.lessons
            ],
        }
