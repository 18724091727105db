"""Readers: from a file to lessons, one file format a module.

``find`` lists the lesson files, ``read`` gives a file's lessons with their heads only, ``body`` parses one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from models.voice import Permanent
from producer.lesson import Body, Lesson, LessonError
from producer.readers import markdown, ssml
from producer.readers.source import MAX_FILE


class Reader(Protocol):
    """What a module of this package offers for one file format."""

    def read(self, path: Path, data: bytes) -> list[Lesson]:
        """The lessons in a file, heads only."""

    def body(self, lesson: Lesson) -> Body:
        """One of them, parsed."""


READERS: dict[str, Reader] = {".md": markdown, ".markdown": markdown, ".ssml": ssml}
NOT_LESSONS = frozenset({"readme", "changelog", "contributing", "license", "licence"})  # stems, in lower case


def find(paths: Iterable[Path]) -> list[Path]:
    """The lesson files among the paths, each once, in the order given; folders are walked in the order of names.

    In a folder, what begins with a dot or an underscore is passed over, and so are README and its like; a file that
    is named itself is always taken. Links to folders are not followed. Raises Permanent for a path that is not there,
    a format that no reader knows, or where there is no lesson at all.
    """
    found: dict[Path, None] = {}
    paths = list(paths)
    for path in paths:
        if path.is_dir():
            found.update(dict.fromkeys(_walk(path)))
        elif not path.exists():
            raise Permanent(f"{path}: no such file or folder")
        else:
            _reader(path)
            found[path] = None
    if not found:
        where = ", ".join(map(str, paths)) or "nothing given"
        raise Permanent(f"no lessons found ({where}): lessons are files that end in {', '.join(READERS)}")
    return list(found)


def read(path: Path) -> list[Lesson]:
    """The lessons of one file, heads only. Raises LessonError with file and line."""
    reader = _reader(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise LessonError(path, 0, f"cannot be read: {error.strerror}") from None
    return reader.read(path, data)


def body(lesson: Lesson) -> Body:
    """The blocks of a lesson. Raises LessonError with file and line; never gives an empty body."""
    return _reader(lesson.path).body(lesson)


def _reader(path: Path) -> Reader:
    if path.suffix.lower() in READERS:
        return READERS[path.suffix.lower()]
    raise LessonError(path, 0, f"no reader for {path.suffix or 'a file without a suffix'!r}: {', '.join(READERS)}")


def _walk(folder: Path) -> Iterable[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        for name in sorted(files):
            path = Path(root, name)
            hidden = name.startswith((".", "_")) or path.stem.lower() in NOT_LESSONS
            if path.suffix.lower() in READERS and not hidden:
                yield path
