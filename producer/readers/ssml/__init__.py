"""SSML lessons: the subset of W3C's Speech Synthesis Markup Language that authors use; docs/ssml.md has every tag.

A lesson is a file. Its language is ``xml:lang`` of ``<speak>``, its title ``<title>`` inside ``<metadata>`` or ``<meta
name="title" content="..."/>``; everything else comes from the options. What is no SSML, or asks for what cannot be done
(``pitch``), is an error with line and column. Where the caller is lenient it is a note, and text inside an unknown tag
is spoken. Values that make no sense are errors always.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from producer.lessons.model import Body, Lesson
from producer.lessons.options import NarrationOptions
from producer.readers.encoding import decode_text
from producer.readers.lesson_head import lesson_head
from producer.readers.ssml.tags import TagReader, root_language
from producer.readers.xml import End, Start, Text, events


def read(path: Path, data: bytes) -> list[Lesson]:
    """Return the one lesson of a file; only what stands before its first words is parsed."""
    text = decode_text(path, data)
    language, title = _head(path, text)
    options = NarrationOptions(language=language)
    return [lesson_head(path, hashlib.sha256(data).hexdigest(), text, title=title, options=options)]


def body(lesson: Lesson) -> Body:
    """Parse a lesson. Raises LessonError with line and column, or where nothing can be spoken."""
    reader = TagReader(lesson)
    for event in events(lesson.path, lesson.text):
        match event:
            case Start():
                reader.start(event)
            case End():
                reader.end()
            case Text():
                reader.text(event)
    return reader.finished()


def _head(path: Path, text: str) -> tuple[str | None, str | None]:
    """Return the language and the title of a document."""
    language: str | None = None
    title = ""
    open_tags: list[str] = []
    for event in events(path, text):
        if isinstance(event, Start):
            if not open_tags:
                language = root_language(event)
            elif event.tag == "meta" and event.attributes.get("name", "").lower() == "title":
                title = title or event.attributes.get("content", "")
            elif "metadata" not in (*open_tags, event.tag) and event.tag != "meta":
                break
            open_tags.append(event.tag)
        elif isinstance(event, End):
            open_tags.pop()
        elif "metadata" in open_tags and open_tags[-1].rpartition(":")[2] == "title":
            title += event.text
        elif "metadata" not in open_tags and event.text.strip():
            break
    return language, " ".join(title.split()) or None
