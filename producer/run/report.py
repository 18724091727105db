"""What a run did, once it is over: counts that add up, figures with their definition, failures with file and line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import Permanent
from producer.lessons.takes import takes_file
from producer.outputs.archive import pack
from producer.outputs.deliver import deliver
from producer.outputs.preview import preview
from producer.run.batches import written
from worker.contract.messages import lesson_folder
from worker.store import manifests
from worker.store.base import Store

if TYPE_CHECKING:
    from producer.plan.result import Plan, PlannedLesson
    from producer.run.run import Run

LATE_MS = 40  # a video frame: nobody sees less
CANCELLED = "the run was cancelled"  # the reason of its unfinished lessons
DELIVERIES = 8  # lessons at once: hides an object store's latency


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something given up: ``where`` is ``file:line`` as far as it is known."""

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Misheard:
    """A segment that a recogniser did not hear as it is written; ``error_rate`` is of words, syllables or kana."""

    where: str
    said: str
    heard: str
    error_rate: float


@dataclass(frozen=True, slots=True)
class Report:
    """The end of a run. ``segments == reused + rendered + failed``, over distinct segments of all readable lessons."""

    run: str
    lessons: int  # named on the command line, unreadable ones included
    unchanged: int  # delivered by an earlier run and left alone
    failed_lessons: int
    segments: int
    reused: int  # in the store already, or put there by another run meanwhile
    rendered: int
    failed: int
    audio_seconds: float  # of speech rendered by this run
    course_seconds: float  # of all lessons delivered into a folder, silences included; 0 where none was named
    cpu_seconds: float  # spent rendering
    wall_seconds: float  # from the first file read to this report
    reasons: Mapping[str, int] = field(default_factory=dict)  # why segments were missing, and how many for each
    failures: tuple[Trouble, ...] = ()
    late: tuple[Trouble, ...] = ()  # of the lessons made anew, where speech begins after the time its author gave
    results: tuple[str, ...] = ()  # folders, or names in the store
    loudness: tuple[Mapping[str, Any], ...] = ()  # of lessons delivered that wanted one: as in their manifests
    stale_takes: tuple[Trouble, ...] = ()  # takes chosen once that no sentence matches any more
    archives: tuple[str, ...] = ()  # one a course delivered, where they were wanted
    preview: tuple[str, ...] = ()  # pages to look at and listen to, one a course delivered
    heard: int | None = None  # segments listened back to; None where nobody asked for it
    misheard: tuple[Misheard, ...] = ()  # of those; a hint, not a failure: a recogniser mishears, too
    relaxed: bool = False  # NARRATOR_RELAXED_CHECKS was set: a test's sound, not checked as speech is

    @property
    def rtf(self) -> float | None:
        """Real-time factor: processor seconds for one second of rendered speech. None when nothing was rendered."""
        return self.cpu_seconds / self.audio_seconds if self.audio_seconds else None

    @property
    def exit_code(self) -> int:
        """0 when every lesson is ready, 1 when some are not. (2, "could not run", is an exception's.)"""
        return 1 if self.failures or self.failed_lessons else 0

    def as_json(self) -> dict[str, Any]:
        """One object for machines; seconds with three decimals, the real-time factor with five."""
        record = {name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(self).items()}
        return record | {"rtf": None if self.rtf is None else round(self.rtf, 5)}


def conclude(
    plan: Plan, store: Store, started: float, *, run: Run | None = None, out: Path | None = None, archives: bool = False
) -> Report:
    """Sum up a plan, and the ended run that carried it out where there was work.

    With ``out`` every lesson that is ready is delivered there, and with ``archives`` every course packed into a ZIP;
    what cannot be is a failure like any other.
    ``started`` is seconds, monotonic.
    """
    failed = _failed_lessons(run)
    troubles = [Trouble(place(f.path, f.line), f.message) for f in plan.failures]
    troubles += [trouble for lesson in failed.values() for trouble in lesson]
    ready = [lesson for lesson in plan.lessons if (lesson.course, lesson.lesson) not in failed]
    results, delivered, undelivered = _collect(ready, store, out)
    courses = list(dict.fromkeys(Path(result).parent for result in results)) if out else []
    pages, unwritten = _each(courses, preview)
    packed, unpacked = _each([Path(page).parent for page in pages] if archives else [], pack)
    counts = _Counts.of(run)
    return Report(
        run=run.id if run else "",
        lessons=len(plan.lessons) + len(plan.failures),
        unchanged=sum(lesson.unchanged for lesson in plan.lessons),
        failed_lessons=len(plan.failures) + len(failed) + len(undelivered),
        segments=plan.segments,
        reused=plan.segments - counts.rendered - counts.failed,
        rendered=counts.rendered,
        failed=counts.failed,
        audio_seconds=counts.audio_ms / 1000,
        course_seconds=sum(record["samples"] / record["sample_rate"] for record in delivered),
        cpu_seconds=counts.cpu_ms / 1000,
        wall_seconds=time.monotonic() - started,
        reasons=plan.reasons,
        failures=(*troubles, *undelivered, *unwritten, *unpacked),
        late=tuple(late(ready, store)),
        results=tuple(results),
        loudness=tuple(
            {"lesson": f"{record['course']}/{record['lesson']}", **record["loudness"]}
            for record in delivered
            if record["loudness"]["target"] is not None
        ),
        stale_takes=tuple(_stale_takes(plan.lessons)),
        archives=tuple(packed),
        preview=tuple(pages),
        relaxed=plan.relaxed,
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    """Counts of segments over every submission of the run (more than one where the ledger was lost in between)."""

    rendered: int = 0
    failed: int = 0
    audio_ms: int = 0
    cpu_ms: int = 0

    @classmethod
    def of(cls, run: Run | None) -> _Counts:
        if run is None or run.last is None:
            return cls()
        submissions = [*run.lost, run.last]
        return cls(
            rendered=sum(progress.rendered for progress in submissions),
            failed=run.last.failed + run.last.remaining,  # what remains of an ended run is what a cancelled one left
            audio_ms=sum(progress.audio_ms for progress in submissions),
            cpu_ms=sum(progress.cpu_ms for progress in submissions),
        )


def _failed_lessons(run: Run | None) -> dict[tuple[str, str], list[Trouble]]:
    """(course, lesson) -> why it is not ready; of a cancelled run, every lesson without a manifest of this plan."""
    failed: dict[tuple[str, str], list[Trouble]] = {}
    if run is None or not run.work:
        return failed
    plans = {(plan.course, plan.lesson): plan for plan in map(written, run.work)}
    for failure in run.ledger.failures(run.id):
        plan = plans[failure.course, failure.lesson]
        line = next((entry.line for entry in plan.entries if entry.key == failure.key), 0)
        failed.setdefault((plan.course, plan.lesson), []).append(Trouble(place(plan.source, line), failure.reason))
    if run.last is not None and run.last.state == "cancelled":
        for lesson in run.unfinished():
            plan = written(lesson)
            failed.setdefault((plan.course, plan.lesson), [Trouble(place(plan.source, 0), CANCELLED)])
    return failed


def _collect(
    lessons: Sequence[PlannedLesson], store: Store, out: Path | None
) -> tuple[list[str], list[dict[str, Any]], list[Trouble]]:
    """Return where the lessons are (delivered where ``out`` is given), their manifests then, and what went wrong."""
    if out is None:
        return [lesson_folder(lesson.course, lesson.lesson) for lesson in lessons], [], []
    with ThreadPoolExecutor(DELIVERIES) as pool:
        delivered = list(pool.map(lambda lesson: _deliver(lesson, store, out), lessons))
    troubles = [one for one in delivered if isinstance(one, Trouble)]
    ready = [one for one in delivered if not isinstance(one, Trouble)]
    return [folder for folder, _ in ready], [record for _, record in ready], troubles


def _deliver(lesson: PlannedLesson, store: Store, out: Path) -> tuple[str, dict[str, Any]] | Trouble:
    """The folder that the lesson was brought to, and its manifest without cues; or why it was not."""
    try:
        *_, manifest = deliver(store, lesson.course, lesson.lesson, out)
        record = json.loads(manifest.read_bytes())
    except (Permanent, OSError) as error:
        return Trouble(str(lesson.path), str(error))
    return str(manifest.parent), {name: value for name, value in record.items() if name != "cues"}


def late(lessons: Iterable[PlannedLesson], store: Store) -> Iterator[Trouble]:
    """Find where speech that has a time to begin, as subtitles give, begins later, and what keeps it."""
    for lesson in lessons:
        plan = lesson.plan
        if plan is None or all(entry.at_ms is None for entry in plan.entries):
            continue
        before = 0
        for cue in manifests.read(store, plan.course, plan.lesson).cues:
            if (late_ms := cue.late_ms or 0) >= LATE_MS:
                reason = f"begins {late_ms / 1000:.2f} s late: the speech of line {before} is longer than its time"
                yield Trouble(place(plan.source, cue.line), reason)
            before = cue.line


def _stale_takes(lessons: Iterable[PlannedLesson]) -> Iterator[Trouble]:
    """Takes that no lesson of their file says any more; of files that were read whole."""
    by_file: dict[Path, list[PlannedLesson]] = {}
    for lesson in lessons:
        by_file.setdefault(lesson.path, []).append(lesson)
    for path, together in by_file.items():
        if all(lesson.plan for lesson in together):
            for text in together[0].stale_takes:
                if all(text in lesson.stale_takes for lesson in together):
                    yield Trouble(str(takes_file(path)), f"no sentence says this any more: {text}")


def _each(courses: Iterable[Path], make: Callable[[Path], Path]) -> tuple[list[str], list[Trouble]]:
    """Return what ``make`` makes of each course's folder, and what went wrong."""
    made, troubles = [], []
    for course in courses:
        try:
            made.append(str(make(course)))
        except Permanent as error:
            troubles.append(Trouble(str(course), str(error)))
    return made, troubles


def place(path: Path | str, line: int) -> str:
    """``file:line``, or the file alone where no line is known."""
    return f"{path}:{line}" if line else str(path)
