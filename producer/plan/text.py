"""A text of one's own, which stands in no file, as a lesson."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from models.errors import Permanent
from producer.errors import LessonError
from producer.lessons.model import Block, Lesson, Voicing

NO_FILE: Final = Path("-", "text.txt")  # the suffix names the reader; a folder of that name holds no lexicon


def lesson_of_text(text: str = "") -> Lesson:
    """Return the lesson that a text is, to be read as a file of plain text is."""
    return Lesson(course="text", id="text", path=NO_FILE, digest="0" * 64, text=text)


def paragraph(text: str, voice: str | None) -> Block:
    """Return a text as one paragraph, whatever stands in it, to be said by this voice and no other."""
    return Block(text, "paragraph", 0, Voicing(voice))


@contextmanager
def no_place() -> Iterator[None]:
    """Leave the place out of errors about the text; those about a lexicon keep it."""
    try:
        yield
    except LessonError as error:
        if error.path != NO_FILE:
            raise
        raise Permanent(error.reason) from None
