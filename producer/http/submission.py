"""The submission of a lesson that came over HTTP."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from models.errors import Permanent
from producer.errors import Unfit
from producer.http.narration_fields import FIELDS
from producer.lessons.model import slug
from producer.lessons.options import NarrationOptions
from producer.plan.result import PlannedLesson
from producer.readers.formats import FORMATS
from producer.run.submit import plan_paths, submit
from worker.contract.messages import Identifier
from worker.contract.settings import Settings

COURSE: Final = "uploads"  # of lessons that name none
TEXTS: Final = tuple(one.name for one in FORMATS if one.text)


class Upload(BaseModel):
    """A lesson and how it is to be narrated, as the command line's options say it."""

    model_config = ConfigDict(extra="forbid")

    course: Identifier = COURSE
    lesson: Identifier | None = Field(None, description="default: the file's name, or one made from the text's digest")

    def options(self) -> NarrationOptions:
        """Return the options of its narration."""
        said = self.model_dump(include=set(FIELDS), exclude_none=True)
        return NarrationOptions(**said)


class TextUpload(Upload):
    """A lesson, as a text."""

    text: Annotated[str, Field(min_length=1)]
    format: str = "markdown"


LessonOptions = create_model("LessonOptions", __base__=Upload, __doc__=Upload.__doc__, **FIELDS)
_FORMAT: Any = (Literal[TEXTS], "markdown")
LessonText = create_model("LessonText", __base__=TextUpload, __doc__=TextUpload.__doc__, format=_FORMAT, **FIELDS)


class Submitted(BaseModel):
    """The work that was sent to the workers: ``run`` is null where everything is there already."""

    run: str | None
    lessons: list[str] = Field(description="course/lesson")
    segments: int
    missing: int = Field(description="segments that are not in the store yet")
    estimated_seconds: float = Field(description="of work on one core")
    failures: list[str] = Field(description="lessons of the file that cannot be narrated, each with its line")


def send(data: bytes, suffix: str, name: str, upload: Upload, settings: Settings) -> Submitted:
    """Plan and submit the lessons of one file. Blocks. Raises Unfit where none of them can be narrated."""
    stem = upload.lesson or slug(Path(name).stem) or f"lesson-{hashlib.sha256(data).hexdigest()[:8]}"
    with tempfile.TemporaryDirectory(prefix="narrator-") as folder:
        path = Path(folder, upload.course, stem + suffix)
        path.parent.mkdir()
        path.write_bytes(data)
        try:
            plan, store, _ = plan_paths([path], upload.options(), settings)
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


def _without_folder(lesson: PlannedLesson, path: Path) -> PlannedLesson:
    """Return the lesson; its source is the file's name, not a temporary folder of this machine."""
    if lesson.plan is None:
        return lesson
    return replace(lesson, path=Path(path.name), plan=lesson.plan.model_copy(update={"source": path.name}))
