"""Markdown lessons: CommonMark with tables, strikethrough, task and definition lists, footnotes, formulas between
dollars, admonitions (``!!! note``, ``::: tip``, ``> [!NOTE]``), and YAML front matter.

Spoken: headings, paragraphs, list items, terms and their definitions, block quotes, table rows (cell by cell, the head
too), the text of links, inline code, text between inline HTML tags, what is inside an admonition and the title that its
author gave it, formulas without commands (``$a + b$``). Not spoken, and noted: code blocks, HTML blocks, pictures,
footnotes, other formulas. Not spoken, as it is no content: link addresses, HTML comments and tags, list numbers and
check boxes, rules, an admonition's kind, a heading's ``{#id}``.

Marks for pauses, voices and languages: see ``marks.py``. A line break in the source is a space (none between Chinese or
Japanese characters); two spaces or a backslash at a line's end, or ``<br>``, end the sentence.
"""

from __future__ import annotations

from pathlib import Path

from producer.lessons.model import Body, Lesson
from producer.readers import marp
from producer.readers.block_writer import BlockWriter
from producer.readers.front_matter import lesson_of
from producer.readers.markdown_blocks import write_markdown


def read(path: Path, data: bytes) -> list[Lesson]:
    """Return the one lesson of a file; its body is not parsed yet."""
    return [lesson_of(path, data)]


def body(lesson: Lesson) -> Body:
    """Parse a lesson. Raises LessonError with the line for marks that make no sense, or where nothing can be spoken."""
    if lesson.marp:
        return marp.body(lesson)
    writer = BlockWriter(lesson.path)
    write_markdown(writer, lesson.text, lesson.first_line)
    return writer.finished()
