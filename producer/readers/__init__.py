"""Readers: from a file to lessons, one file format a module; ``formats.py`` lists them.

``find_lessons`` lists the files, ``read_lessons`` gives the lessons of one, heads only, ``read_body`` parses one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from models.errors import Permanent
from producer.errors import LessonError
from producer.lessons import takes
from producer.lessons.model import Body, Lesson
from producer.readers.encoding import utf8
from producer.readers.folders import lessons_in
from producer.readers.formats import BY_SUFFIX, format_of


def find_lessons(paths: Iterable[Path], *, follow_links: bool = False) -> list[Path]:
    """Find lesson files among the paths, each once, in the order given; folders in the order of names.

    In a folder, what begins with a dot or an underscore is passed over, and so are README and its like, and folders of
    results; a file that is named itself is always taken, also through a link. In a folder, links
    lead to lessons of their own, named by their place; ``follow_links`` lets them lead out of it. Raises Permanent
    for a path that is not there, a format that no reader knows, or where there is no lesson at all; LessonError for a
    link that leads out, nowhere or round in a circle.
    """
    found: dict[Path, None] = {}
    paths = list(paths)
    for path in paths:
        if path.is_dir():
            found.update(dict.fromkeys(lessons_in(path, follow_links=follow_links)))
        elif not path.exists():
            raise Permanent(f"{path}: no such file or folder")
        else:
            format_of(path)
            found[path] = None
    if not found:
        where = ", ".join(map(str, paths)) or "nothing given"
        raise Permanent(f"no lessons found ({where}): lessons are files that end in {', '.join(BY_SUFFIX)}")
    return list(found)


def read_lessons(path: Path, encoding: str | None = None, megabytes: int = 16) -> list[Lesson]:
    """Read the lessons of one file, heads only. Raises LessonError with file and line.

    ``encoding`` is that of text files which are not UTF-8, ``megabytes`` the most that they may have.
    """
    form = format_of(path)
    if not form.text:
        return form.reader().read(path, b"")
    try:
        with path.open("rb") as file:
            data = file.read((megabytes << 20) + 1)
    except OSError as error:
        raise LessonError(path, 0, f"cannot be read: {error.strerror}") from None
    if len(data) > megabytes << 20:
        raise LessonError(path, 0, f"larger than {megabytes} MB: split it, or raise NARRATOR_LESSON_MEGABYTES")
    data, note = utf8(path, data, encoding)
    chosen = takes.read(path)
    lessons = [replace(lesson, takes=chosen) for lesson in form.reader().read(path, data)]
    return [replace(lesson, notes=(note, *lesson.notes)) for lesson in lessons] if note else lessons


def read_body(lesson: Lesson) -> Body:
    """Parse the blocks of a lesson. Raises LessonError with file and line; never gives an empty body."""
    return format_of(lesson.path).reader().body(lesson)
