"""Missing segments, gathered into tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from worker.contract import MAX_BATCH, Job, LessonPlan, RenderBatch, Segment
from worker.settings import Settings

if TYPE_CHECKING:
    from producer.plan import PlannedLesson

MIN_BATCH_SECONDS = 2.0  # of expected work: below it a task's own cost would show
SHARES = 8  # a task takes at most this part of its bundle's remaining work, so that all workers end together


class Batches:
    """Gathers missing segments into tasks: of one bundle, in lesson order, filled to the expected work of a task.

    The last tasks are smaller (guided self-scheduling: Polychronopoulos and Kuck, 1987), so that workers end together.
    """

    def __init__(self, lessons: Iterable[PlannedLesson], settings: Settings) -> None:
        self._limit = settings.task_seconds
        self._seen: set[str] = set()
        self._jobs: dict[str, list[Job]] = {}
        self._filled: dict[str, float] = {}
        self._remaining: dict[str, float] = {}
        for job in missing_jobs(lessons):
            bundle = job.segment.bundle
            self._remaining[bundle] = self._remaining.get(bundle, 0.0) + expected_seconds(job.segment)

    def add(self, lesson: PlannedLesson) -> Iterator[RenderBatch]:
        """Take a lesson's missing segments, those not taken before; gives the tasks that are now full."""
        for job in _missing_jobs(lesson, self._seen):
            bundle = job.segment.bundle
            jobs = self._jobs.setdefault(bundle, [])
            jobs.append(job)
            self._filled[bundle] = self._filled.get(bundle, 0.0) + expected_seconds(job.segment)
            share = max(MIN_BATCH_SECONDS, self._remaining[bundle] / SHARES)
            if len(jobs) == MAX_BATCH or self._filled[bundle] >= min(self._limit, share):
                yield self._take(bundle)

    def rest(self) -> Iterator[RenderBatch]:
        """The tasks that were not full when the lessons ended."""
        for bundle in [bundle for bundle, jobs in self._jobs.items() if jobs]:
            yield self._take(bundle)

    def _take(self, bundle: str) -> RenderBatch:
        self._remaining[bundle] -= self._filled.pop(bundle)
        return RenderBatch(bundle=bundle, jobs=tuple(self._jobs.pop(bundle)))


def missing_jobs(lessons: Iterable[PlannedLesson]) -> Iterator[Job]:
    """Every missing segment of the lessons once, in the order in which they are spoken."""
    seen: set[str] = set()
    for lesson in lessons:
        yield from _missing_jobs(lesson, seen)


def _missing_jobs(lesson: PlannedLesson, seen: set[str]) -> Iterator[Job]:
    """The lesson's missing segments that were not seen yet, in the order in which they are spoken."""
    wanted = set(lesson.missing) - seen
    for entry in written(lesson).entries if wanted else ():
        if entry.key in wanted:
            wanted.remove(entry.key)
            seen.add(entry.key)
            yield Job(key=entry.key, segment=entry.segment)


def written(lesson: PlannedLesson) -> LessonPlan:
    """The plan of a lesson that needs work; only unchanged ones have none."""
    assert lesson.plan is not None
    return lesson.plan


def bundles(lessons: Iterable[PlannedLesson]) -> list[str]:
    """The bundles that have missing segments in these lessons."""
    return sorted({job.segment.bundle for job in missing_jobs(lessons)})
