"""Missing segments, gathered into tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from models.text.segment_cuts import width
from producer.plan.planner import WIDTHS_PER_SECOND
from producer.plan.result import Plan, PlannedLesson
from worker.contract.messages import MAX_BATCH, Job, LessonEntry, LessonPlan, RenderBatch, Segment

MIN_BATCH_SECONDS = 2.0  # of expected work: below it a task's own cost would show
SHARES = 8  # a task takes at most this part of its bundle's remaining work, so that all workers end together


class Batches:
    """Gathers missing segments into tasks: of one bundle, in lesson order, filled to the expected work of a task.

    The last tasks are smaller (guided self-scheduling: Polychronopoulos and Kuck, 1987), so that workers end together.
    """

    def __init__(self, lessons: Iterable[PlannedLesson], plan: Plan, task_seconds: float) -> None:
        self._limit = task_seconds
        self._rtf = plan.estimated_seconds / max(plan.estimated_audio_seconds, 1e-9)  # over the plan's voices
        self._seen: set[str] = set()
        self._jobs: dict[str, list[Job]] = {}
        self._filled: dict[str, float] = {}
        self._remaining: dict[str, float] = {}
        for entry in missing_segments(lessons):
            bundle = entry.segment.bundle
            self._remaining[bundle] = self._remaining.get(bundle, 0.0) + self._seconds(entry.segment)

    def add(self, lesson: PlannedLesson) -> Iterator[RenderBatch]:
        """Take a lesson's missing segments, those not taken before; gives the tasks that are now full."""
        for entry in _missing(lesson, self._seen):
            bundle = entry.segment.bundle
            jobs = self._jobs.setdefault(bundle, [])
            jobs.append(Job(key=entry.key, segment=entry.segment))
            self._filled[bundle] = self._filled.get(bundle, 0.0) + self._seconds(entry.segment)
            share = max(MIN_BATCH_SECONDS, self._remaining[bundle] / SHARES)
            if len(jobs) == MAX_BATCH or self._filled[bundle] >= min(self._limit, share):
                yield self._take(bundle)

    def rest(self) -> Iterator[RenderBatch]:
        """The tasks that were not full when the lessons ended."""
        for bundle in [bundle for bundle, jobs in self._jobs.items() if jobs]:
            yield self._take(bundle)

    def _seconds(self, segment: Segment) -> float:
        """Expected work: the length of its speech times the real-time factor."""
        return width(segment.text) / WIDTHS_PER_SECOND * 1000 / segment.speed * self._rtf

    def _take(self, bundle: str) -> RenderBatch:
        self._remaining[bundle] -= self._filled.pop(bundle)
        return RenderBatch(bundle=bundle, jobs=tuple(self._jobs.pop(bundle)))


def missing_segments(lessons: Iterable[PlannedLesson]) -> Iterator[LessonEntry]:
    """Every missing segment of the lessons once, in the order in which they are spoken."""
    seen: set[str] = set()
    for lesson in lessons:
        yield from _missing(lesson, seen)


def _missing(lesson: PlannedLesson, seen: set[str]) -> Iterator[LessonEntry]:
    """The lesson's missing segments that were not seen yet, in the order in which they are spoken."""
    wanted = set(lesson.missing) - seen
    for entry in written(lesson).entries if wanted else ():
        if entry.key in wanted:
            wanted.remove(entry.key)
            seen.add(entry.key)
            yield entry


def written(lesson: PlannedLesson) -> LessonPlan:
    """The plan of a lesson that needs work; only unchanged ones have none."""
    assert lesson.plan is not None
    return lesson.plan


def bundles(lessons: Iterable[PlannedLesson]) -> list[str]:
    """The bundles that have missing segments in these lessons, the one with most of them first."""
    return [name for name, _ in Counter(e.segment.bundle for e in missing_segments(lessons)).most_common()]
