"""Bring finished courses from the store into a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from models.errors import Permanent
from producer.outputs.deliver import deliver
from producer.outputs.preview import preview
from producer.run.report import DELIVERIES, Trouble
from worker.store.base import Store
from worker.store.manifests import finished_lessons


@dataclass(frozen=True, slots=True)
class Pulled:
    """Folders of lessons, pages of courses, and what could not be brought."""

    lessons: tuple[str, ...]
    pages: tuple[str, ...]
    failures: tuple[Trouble, ...]


def pull(
    store: Store, courses: Sequence[str], out: Path, on_lesson: Callable[[int, int], None] = lambda _done, _of: None
) -> Pulled:
    """Deliver the courses (all where none is named) into ``out``; what is there already and right is left alone.

    ``on_lesson`` hears how many lessons are done, and of how many. Raises Permanent for a course that is not there.
    """
    lessons = [lesson for course in courses or ("",) for lesson in finished_lessons(store, course)]
    for missing in set(courses) - {course for course, _ in lessons}:
        raise Permanent(f"no finished lesson of a course {missing!r} in {store.url}")

    def bring(lesson: tuple[str, str]) -> Path | Trouble:
        try:
            return deliver(store, *lesson, out)[-1].parent
        except Permanent as error:
            return Trouble("/".join(lesson), str(error))

    results: list[Path | Trouble] = []
    with ThreadPoolExecutor(DELIVERIES) as pool:
        for result in pool.map(bring, lessons):
            results.append(result)
            on_lesson(len(results), len(lessons))
    folders = [result for result in results if isinstance(result, Path)]
    pages = [str(preview(course)) for course in dict.fromkeys(folder.parent for folder in folders)]
    failures = tuple(result for result in results if isinstance(result, Trouble))
    return Pulled(tuple(map(str, folders)), tuple(pages), failures)
