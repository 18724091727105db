"""A lesson that came over HTTP, on its way to the workers."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.errors import Permanent
from producer.errors import Unfit
from producer.lessons.model import slug
from producer.plan.planner import Options, PlannedLesson
from producer.run.submit import plan_paths, submit
from worker.contract.messages import Identifier, Language
from worker.contract.settings import Settings

COURSE: Final = "uploads"  # of lessons that name none
SUFFIXES: Final = {
    "markdown": ".md", "text": ".txt", "ssml": ".ssml", "csv": ".csv", "jsonl": ".jsonl", "srt": ".srt", "vtt": ".vtt",
    "html": ".html", "pptx": ".pptx",
}  # fmt: skip


class LessonOptions(BaseModel):
    """How a lesson is to be narrated, as the command line's options say it."""

    model_config = ConfigDict(extra="forbid")

    course: Identifier = COURSE
    lesson: Identifier | None = Field(None, description="default: the file's name, or one made from the text's digest")
    voice: Annotated[str, Field(max_length=100)] | None = None
    language: Language | None = None
    speed: Annotated[float, Field(ge=0.25, le=4.0)] | None = None
    loudness: Literal["off", "-16", "-19", "-23"] | None = None
    outputs: list[Literal["wav", "mp3", "opus", "flac"]] | None = None
    lenient: bool = False


class LessonText(LessonOptions):
    """A lesson, as a text."""

    text: Annotated[str, Field(min_length=1)]
    format: Literal["markdown", "text", "ssml", "csv", "jsonl", "srt", "vtt", "html"] = "markdown"


class Submitted(BaseModel):
    """What was sent to the workers: ``run`` is null where everything is there already."""

    run: str | None
    lessons: list[str] = Field(description="course/lesson")
    segments: int
    missing: int = Field(description="segments that are not in the store yet")
    estimated_seconds: float = Field(description="of work on one core")
    failures: list[str] = Field(description="lessons of the file that cannot be narrated, each with its line")


def send(data: bytes, suffix: str, name: str, options: LessonOptions, settings: Settings) -> Submitted:
    """Plan and submit the lessons of one file. Blocks. Raises Unfit where none of them can be narrated."""
    stem = options.lesson or slug(Path(name).stem) or f"lesson-{hashlib.sha256(data).hexdigest()[:8]}"
    with tempfile.TemporaryDirectory(prefix="narrator-") as folder:
        path = Path(folder, options.course, stem + suffix)
        path.parent.mkdir()
        path.write_bytes(data)
        try:
            plan, store, _ = plan_paths([path], _planning(options), settings)
        except Permanent as error:
            raise Unfit(str(error).replace(str(path), path.name)) from error
    failures = [str(failure).replace(str(path), path.name) for failure in plan.failures]
    if not plan.lessons:
        raise Unfit("; ".join(failures))
    plan = replace(plan, lessons=tuple(_without_folder(lesson, path) for lesson in plan.lessons))
    run = submit(plan, store, settings)
    run.app.close()
    return Submitted(
        run=run.id if run.work else None,
        lessons=[f"{lesson.course}/{lesson.lesson}" for lesson in plan.lessons],
        segments=plan.segments,
        missing=plan.missing,
        estimated_seconds=round(plan.estimated_seconds, 1),
        failures=failures,
    )


def _planning(options: LessonOptions) -> Options:
    chosen: dict[str, Any] = options.model_dump(include={"voice", "language", "speed", "loudness", "lenient"})
    return Options(**chosen, outputs=tuple(options.outputs) if options.outputs else None)


def _without_folder(lesson: PlannedLesson, path: Path) -> PlannedLesson:
    """The same; its source is the file's name, not a temporary folder of this machine."""
    if lesson.plan is None:
        return lesson
    return replace(lesson, path=Path(path.name), plan=lesson.plan.model_copy(update={"source": path.name}))
