"""The formats of lesson files, a line each; commands, HTTP API and docs know them from here.

To add one: write a module of this package that is a ``Reader``, and its line below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from producer.errors import LessonError
from producer.lessons.model import Body, Lesson


class Reader(Protocol):
    """A module of this package that reads one format: every one has functions of these names."""

    def read(self, path: Path, data: bytes) -> list[Lesson]:
        """Return the lessons in a file, heads only.

        ``data`` is its content, in UTF-8 or in UTF-16 with its mark; empty for a format that is no text.
        """

    def body(self, lesson: Lesson) -> Body:
        """Parse one of them."""


class _PickyReader(Reader, Protocol):
    def is_lesson(self, path: Path) -> bool:
        """Tell whether a file of these suffixes is a lesson."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format of lesson files, and the module that reads it, which is loaded when there is such a file."""

    name: str  # as the HTTP API has it
    suffixes: tuple[str, ...]
    module: str
    text: bool = True  # else its reader opens the file, a piece at a time
    mixed: bool = False  # other files have these suffixes, too: the module's ``is_lesson`` tells them apart

    def reader(self) -> Reader:
        """Load the module."""
        return cast(Reader, import_module(f"producer.readers.{self.module}"))

    def recognises(self, path: Path) -> bool:
        """Tell whether a file of this suffix, found in a folder, is a lesson for sure."""
        return not self.mixed or cast(_PickyReader, self.reader()).is_lesson(path)


FORMATS = (
    Format("markdown", (".md", ".markdown"), "markdown"),
    Format("text", (".txt",), "text"),
    Format("ssml", (".ssml",), "ssml"),
    Format("csv", (".csv",), "csv"),
    Format("jsonl", (".jsonl",), "jsonl"),
    Format("srt", (".srt",), "subtitles"),
    Format("vtt", (".vtt",), "subtitles"),
    Format("html", (".html", ".htm"), "reveal", mixed=True),
    Format("pptx", (".pptx",), "powerpoint", text=False),
)
BY_NAME: Mapping[str, Format] = {one.name: one for one in FORMATS}
BY_SUFFIX: Mapping[str, Format] = {suffix: one for one in FORMATS for suffix in one.suffixes}


def format_of(path: Path) -> Format:
    """Return the format of a file. Raises LessonError where there is none."""
    if found := BY_SUFFIX.get(path.suffix.lower()):
        return found
    if path.is_dir():
        raise LessonError(path, 0, "a folder: name one of the lessons in it")
    raise LessonError(path, 0, f"no reader for {path.suffix or 'a file without a suffix'!r}: {', '.join(BY_SUFFIX)}")
