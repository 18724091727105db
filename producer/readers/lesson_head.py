"""The head of a lesson: its ids, given by its author or taken from the names of folder and file."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from producer.errors import LessonError
from producer.lessons.model import Lesson, slug
from worker.contract.messages import Identifier

_IDENTIFIER: TypeAdapter[str] = TypeAdapter(Identifier)


def lesson_head(path: Path, digest: str, text: str, *, course: str = "", lesson: str = "", **known: Any) -> Lesson:
    """Return the lesson of a file that holds one; ``known`` is whatever else its reader knows of it.

    Raises LessonError where neither an id is given nor one can be made of a name.
    """
    place = place_of(path)
    return Lesson(
        course=course or default_id(path, "course", place.parent.name),
        id=lesson or default_id(path, "lesson", place.stem),
        path=path,
        digest=digest,
        text=text,
        **known,
    )


def place_of(path: Path) -> Path:
    """Return the place that names a lesson: absolute, but never a link's target."""
    return Path(os.path.normpath(path.absolute()))


def default_id(path: Path, name: str, source: str) -> str:
    """Return the id of a course or lesson whose author gives none. Raises LessonError where the name has no letter."""
    made = slug(source)
    if not made:
        raise LessonError(
            path, 0, f"no {name} id can be made of the name {source!r}: set `{name}:` in front matter, or rename it"
        )
    return made


def check_id(path: Path, line: int, name: str, value: str) -> str:
    """Return a course's or lesson's id in Unicode's composed form. Raises LessonError for what is none."""
    try:
        return _IDENTIFIER.validate_python(unicodedata.normalize("NFC", value))
    except ValidationError:
        raise LessonError(
            path, line, f"{name}: {value!r} is no id: letters, digits, '.', '-' and '_', at most 100, "
            "beginning with a letter or digit"
        ) from None  # fmt: skip
