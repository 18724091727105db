"""What there is to do: lessons against what the store has already. Nothing is rendered, nothing is written.

An unchanged lesson costs one small read: the digest in its manifest covers its source, settings, voices and
front-ends, so it is not even parsed. Of the others, segments that their last manifest names are there; all others,
over all lessons, are looked up in the store at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path

from models.errors import Permanent
from models.text.segment_cuts import width
from producer import readers
from producer.errors import LessonError
from producer.lessons.model import Lesson
from producer.lessons.options import NarrationOptions
from producer.lexicon import read_lexicon
from producer.plan.digest import source_digest
from producer.plan.previous import Previous, counted, previous, reasons
from producer.plan.result import LessonFailure, Plan, PlannedLesson
from producer.plan.segments import segment_lesson
from producer.plan.voices import KnownVoices
from worker.contract.messages import LessonPlan, Segment, segment_name
from worker.contract.settings import Settings
from worker.store.base import Store

GROUP = 64  # lessons in memory at once; their manifests are fetched concurrently
WIDTHS_PER_SECOND = 15.0  # of speech: letters of English; Han counts three, so five characters of Chinese
RTF = {"kokoro": 0.75, "piper": 0.09, "cosyvoice": 1.2}  # by family, one core; as first measured, not a promise


def plan(paths: Iterable[Path], options: NarrationOptions, voices: KnownVoices, store: Store | None) -> Plan:
    """Plan lesson files and folders of them. Without a store, every segment counts as missing.

    What is wrong with one lesson is among the failures. Raises Permanent for paths and options that make no sense,
    StoreUnavailable where the store does not answer.
    """
    if options.lexicon:
        read_lexicon(options.lexicon)  # what is wrong with it is said once
    if options.voice:
        voices.find(options.voice)  # said once, not once a lesson
    planner = _Planner(options, voices, store)
    for group in _grouped(readers.find_lessons(paths, follow_links=options.follow_links), GROUP):
        planner.take(group)
    return planner.finish()


def plan_with_settings(paths: Iterable[Path], options: NarrationOptions, settings: Settings | None = None) -> Plan:
    """Plan with the voices and the store that the settings name; without a store where they name none."""
    from worker.contract.settings import load_settings
    from worker.store.open import open_store

    settings = settings or load_settings()
    store = open_store(settings) if settings.store else None
    return plan(paths, options.with_settings(settings), KnownVoices.of(settings), store)


@dataclass(slots=True)
class _Candidate:
    """A lesson while planning: either the same as before (then ``parts`` must be there still), or segmented anew."""

    lesson: Lesson  # without its text
    keys: frozenset[str] = frozenset()
    parts: tuple[str, ...] = ()
    entries: int = 0
    plan: LessonPlan | None = None
    notes: tuple[str, ...] = ()
    stale_takes: tuple[str, ...] = ()
    wanted: Mapping[str, str] = field(default_factory=dict)  # key not in the last manifest -> why it would be rendered


class _Planner:
    def __init__(self, options: NarrationOptions, voices: KnownVoices, store: Store | None) -> None:
        self._options, self._voices, self._store = options, voices, store
        self._candidates: list[_Candidate] = []
        self._failures: list[LessonFailure] = []
        self._places: dict[tuple[str, str], Path] = {}  # folded course and lesson -> where it was found

    def take(self, paths: Sequence[Path]) -> None:
        """Read some files, and decide for each lesson whether it is the same as before."""
        lessons = [lesson for path in paths for lesson in self._read(path)]
        for lesson, before in zip(lessons, self._previous(lessons), strict=True):
            try:
                self._candidates.append(self._candidate(lesson, before))
            except Permanent as error:
                self._fail(lesson.path, error)

    def finish(self) -> Plan:
        """Ask the store once for all that is not known, and count."""
        names = chain.from_iterable((*c.parts, *map(segment_name, c.wanted)) for c in self._candidates)
        there = self._store.existing(names) if self._store else set()
        lessons: list[PlannedLesson] = []
        missing: dict[str, Segment] = {}
        distinct: set[int] = set()
        for candidate in self._candidates:
            if any(part not in there for part in candidate.parts):
                try:
                    candidate = self._again(candidate)  # noqa: PLW2901
                except Permanent as error:
                    self._fail(candidate.lesson.path, error)
                    continue
            distinct.update(int(key[:16], 16) for key in candidate.keys)  # 64 bits of each are enough to count by
            lessons.append(_planned(candidate, there, missing))
        expected = expected_seconds(missing.values(), self._family)
        counts = (len(distinct), len(missing), *expected)
        return Plan(tuple(lessons), tuple(self._failures), *counts, relaxed=self._options.relaxed)

    def _read(self, path: Path) -> Iterator[Lesson]:
        try:
            found = readers.read_lessons(path, self._options.encoding, self._options.megabytes)
        except LessonError as error:
            self._fail(path, error)
            return
        for lesson in found:
            other = self._places.setdefault(lesson.folded, path)
            if other is path:
                yield lesson
            else:
                line = lesson.lines.get("lesson", lesson.lines.get("course", 0))
                message = f"{other} is lesson {lesson.course}/{lesson.id} already: set another `lesson:` or `course:`"
                self._failures.append(LessonFailure(path, line, message))

    def _previous(self, lessons: Sequence[Lesson]) -> list[Previous | None]:
        store = self._store
        if store is None:
            return [None] * len(lessons)

        def before(lesson: Lesson) -> Previous | None:
            return previous(store, lesson.course, lesson.id)

        if store.width == 1:
            return list(map(before, lessons))
        with ThreadPoolExecutor(store.width) as pool:
            return list(pool.map(before, lessons))

    def _candidate(self, lesson: Lesson, before: Previous | None) -> _Candidate:
        if before and source_digest(lesson, self._options, self._voices, before.used) == before.source_digest:
            return _Candidate(lesson.head(), before.keys, before.parts, before.entries)
        return self._segmented(lesson, before)

    def _segmented(self, lesson: Lesson, before: Previous | None) -> _Candidate:
        made = segment_lesson(lesson, self._options, self._voices)
        entries = made.plan.entries
        keys = frozenset(entry.key for entry in entries)
        why = reasons(set(keys.difference(before.keys if before else ())), entries, before)
        return _Candidate(lesson.head(), keys, (), len(entries), made.plan, made.notes, made.stale_takes, why)

    def _again(self, candidate: _Candidate) -> _Candidate:
        """Its parts are gone from the store: it must be assembled from its segments, which the manifest names."""
        lesson = next(
            one
            for one in readers.read_lessons(candidate.lesson.path, self._options.encoding, self._options.megabytes)
            if one.folded == candidate.lesson.folded
        )
        return replace(self._segmented(lesson, None), wanted={})

    def _fail(self, path: Path, error: Permanent) -> None:
        if isinstance(error, LessonError):  # of the lesson, or of its lexicon
            self._failures.append(LessonFailure(error.path, error.line, error.reason))
        else:
            self._failures.append(LessonFailure(path, 0, str(error)))

    def _family(self, voice_id: str) -> str:
        voice = self._voices.by_id(voice_id)
        return voice.family if voice else ""


def expected_seconds(segments: Iterable[Segment], family: Callable[[str], str]) -> tuple[float, float]:
    """Seconds of speech, and of one core's work on it; ``family`` gives that of a voice's id, or an empty word."""
    audio = work = 0.0
    for segment in segments:
        seconds = width(segment.text) / WIDTHS_PER_SECOND * 1000 / segment.speed
        audio += seconds
        work += seconds * RTF.get(family(segment.voice), 1.0)
    return audio, work


def _planned(candidate: _Candidate, there: set[str], missing: dict[str, Segment]) -> PlannedLesson:
    """The outcome for one lesson; its missing segments are added to those of all lessons."""
    wanted = {key: why for key, why in candidate.wanted.items() if segment_name(key) not in there}
    first_here = {key: why for key, why in wanted.items() if key not in missing}
    order: dict[str, None] = {}
    for entry in candidate.plan.entries if candidate.plan and wanted else ():
        if entry.key in wanted:
            order[entry.key] = None
            missing.setdefault(entry.key, entry.segment)
    return PlannedLesson(
        course=candidate.lesson.course,
        lesson=candidate.lesson.id,
        path=candidate.lesson.path,
        plan=candidate.plan,
        entries=candidate.entries,
        reused=len(candidate.keys) - len(wanted),
        missing=tuple(order),
        reasons=counted(first_here),
        notes=candidate.notes,
        stale_takes=candidate.stale_takes,
    )


def _grouped(paths: Iterable[Path], size: int) -> Iterator[list[Path]]:
    every = iter(paths)
    while group := list(islice(every, size)):
        yield group
