"""Readers: from a file to lessons, one file format a module.

``find`` lists the lesson files, ``read`` gives a file's lessons with their heads only, ``body`` parses one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from models.errors import Permanent
from producer.errors import LessonError
from producer.lessons import takes
from producer.lessons.model import Body, Lesson
from producer.readers.encoding import utf8


class Reader(Protocol):
    """What a module of this package offers for one file format."""

    def read(self, path: Path, data: bytes) -> list[Lesson]:
        """The lessons in a file, heads only.

        ``data`` is its content, in UTF-8 or in UTF-16 with its mark; empty for a format that is no text.
        """

    def body(self, lesson: Lesson) -> Body:
        """One of them, parsed."""


# By suffix, the module: loaded when there is such a file.
READERS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".ssml": "ssml",
    ".txt": "text",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".srt": "subtitles",
    ".vtt": "subtitles",
    ".pptx": "slides",
    ".html": "reveal",
    ".htm": "reveal",
}
BINARY = frozenset({".pptx"})  # read by their readers themselves, a piece at a time
NOT_LESSONS = frozenset(  # stems, in lower case
    {"readme", "changelog", "contributing", "license", "licence", "notice", "authors", "requirements", "robots"}
)
DELIVERED = "manifest.json"  # a folder with it holds results, captions among them


def find(paths: Iterable[Path]) -> list[Path]:
    """The lesson files among the paths, each once, in the order given; folders are walked in the order of names.

    In a folder, what begins with a dot or an underscore is passed over, and so are README and its like, and folders of
    results; a file that is named itself is always taken. Links to folders are not followed. Raises Permanent for a path
    that is not there, a format that no reader knows, or where there is no lesson at all.
    """
    found: dict[Path, None] = {}
    paths = list(paths)
    for path in paths:
        if path.is_dir():
            found.update(dict.fromkeys(_walk(path)))
        elif not path.exists():
            raise Permanent(f"{path}: no such file or folder")
        else:
            reader_of(path)
            found[path] = None
    if not found:
        where = ", ".join(map(str, paths)) or "nothing given"
        raise Permanent(f"no lessons found ({where}): lessons are files that end in {', '.join(READERS)}")
    return list(found)


def read(path: Path, encoding: str | None = None, megabytes: int = 16) -> list[Lesson]:
    """The lessons of one file, heads only; ``encoding`` is that of text files which are not UTF-8, ``megabytes`` the
    most that they may have.

    Raises LessonError with file and line.
    """
    reader = reader_of(path)
    if path.suffix.lower() in BINARY:
        return reader.read(path, b"")
    try:
        with path.open("rb") as file:
            data = file.read((megabytes << 20) + 1)
    except OSError as error:
        raise LessonError(path, 0, f"cannot be read: {error.strerror}") from None
    if len(data) > megabytes << 20:
        raise LessonError(path, 0, f"larger than {megabytes} MB: split it, or raise NARRATOR_LESSON_MEGABYTES")
    data, note = utf8(path, data, encoding)
    chosen = takes.read(path)
    lessons = [replace(lesson, takes=chosen) for lesson in reader.read(path, data)]
    return [replace(lesson, notes=(note, *lesson.notes)) for lesson in lessons] if note else lessons


def body(lesson: Lesson) -> Body:
    """The blocks of a lesson. Raises LessonError with file and line; never gives an empty body."""
    return reader_of(lesson.path).body(lesson)


def reader_of(path: Path) -> Reader:
    """The reader of a file's format. Raises LessonError where there is none."""
    if module := READERS.get(path.suffix.lower()):
        return cast(Reader, import_module(f"producer.readers.{module}"))
    if path.is_dir():
        raise LessonError(path, 0, "a folder: name one of the lessons in it")
    raise LessonError(path, 0, f"no reader for {path.suffix or 'a file without a suffix'!r}: {', '.join(READERS)}")


def _walk(folder: Path) -> Iterable[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        for name in sorted(files) if DELIVERED not in files else ():
            path = Path(root, name)
            hidden = name.startswith((".", "_")) or path.stem.lower() in NOT_LESSONS
            if path.suffix.lower() in READERS and not hidden and _ours(path):
                yield path


def _ours(path: Path) -> bool:
    """Whether a file in a folder is a lesson for sure: HTML is all sorts of things."""
    if READERS[path.suffix.lower()] != "reveal":
        return True
    from producer.readers.reveal import is_deck

    return is_deck(path)
