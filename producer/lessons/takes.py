"""The takes that an author chose, in a file beside the lesson, ``<lesson file>.takes.toml``, to be committed with it.

    [[take]]
    text = "The sea is wide."
    voice = "piper-joe/joe"
    take = 2

A take belongs to a sentence and its voice, not to a line, so it survives edits everywhere else, and holds wherever the
lesson says that sentence. What no sentence matches any more stays in the file and is reported.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, ValidationError

from models.errors import Permanent
from models.text.segment import fold
from producer.atomic_file import replacing
from producer.errors import LessonError
from producer.lessons.options import MAX_TAKE
from worker.contract.messages import LessonEntry, Message, VoiceId

SUFFIX: Final = ".takes.toml"
MAX_FILE: Final = 4_000_000  # bytes
HEAD: Final = "# Takes chosen with `narrator retake`. Commit this file with the lesson.\n"

Said = tuple[str, str]  # a segment's text, white space folded, and its voice's id


class _Take(Message):
    text: Annotated[str, Field(min_length=1)]
    voice: VoiceId
    take: Annotated[int, Field(ge=0, le=MAX_TAKE)]


class _File(Message):
    take: tuple[_Take, ...] = ()


def said(entry: LessonEntry) -> Said:
    """Return what names an entry's take."""
    return fold(entry.caption), entry.segment.voice


def takes_file(lesson: Path) -> Path:
    """Return the path of a lesson file's takes."""
    return lesson.with_name(lesson.name + SUFFIX)


def read(lesson: Path) -> dict[Said, int]:
    """Read the takes beside a lesson file; none where there is no such file. Raises LessonError naming it."""
    path = takes_file(lesson)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise LessonError(path, 0, f"cannot be read: {error.strerror}") from None
    try:
        if len(data) > MAX_FILE:
            raise ValueError(f"more than {MAX_FILE // 1_000_000} MB")
        found = _File.model_validate(tomllib.loads(data.decode("utf-8")))
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)[0]
        raise LessonError(path, 0, f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from None
    except ValueError as error:  # TOML's and UTF-8's errors, too
        raise LessonError(path, 0, str(error)) from None
    return {(fold(one.text), one.voice): one.take for one in found.take}


def write(lesson: Path, takes: Mapping[Said, int]) -> Path:
    """Write the takes of a lesson file; without any the file goes. Raises Permanent where that is not possible."""
    path = takes_file(lesson)
    try:
        if not takes:
            path.unlink(missing_ok=True)
            return path
        with replacing(path) as file:
            file.write(HEAD.encode())
            for (text, voice), take in takes.items():
                lines = f"\n[[take]]\ntext = {_quoted(text)}\nvoice = {_quoted(voice)}\ntake = {take}\n"
                file.write(lines.encode())
    except OSError as error:
        raise Permanent(f"{path}: {error.strerror}") from error
    return path


def _quoted(text: str) -> str:
    """Write a TOML basic string: JSON's escapes are among its own, and it wants DEL escaped, too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
