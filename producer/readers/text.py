"""Plain text lessons, with the same front matter as Markdown.

Empty lines part paragraphs; within one, line breaks are spaces (none between Chinese or Japanese characters), so that
hard-wrapped text reads as it should. ``[pause ...]``, ``[voice ...]`` and ``[language ...]`` are as in Markdown. Every
other character is spoken as it stands: for headings and lists, write Markdown.
"""

from __future__ import annotations

from pathlib import Path

from producer.errors import LessonError
from producer.lessons.model import Body, Lesson
from producer.readers.block_writer import BlockWriter
from producer.readers.front_matter import lesson_of


def read(path: Path, data: bytes) -> list[Lesson]:
    """Return the one lesson of a file."""
    lesson = lesson_of(path, data)
    if lesson.marp:
        raise LessonError(path, 1, "a Marp deck is Markdown: give the file a name in .md")
    return [lesson]


def body(lesson: Lesson) -> Body:
    """Parse its paragraphs. Raises LessonError, with the line, for marks without sense or no text to speak."""
    writer = BlockWriter(lesson.path)
    writer.prose(lesson.text, lesson.first_line)
    return writer.finished()
