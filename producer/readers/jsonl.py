"""JSONL lessons: an object a line, whose names are the columns of ``tables.py``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from producer.errors import LessonError
from producer.lessons.model import Lesson, Row
from producer.readers.encoding import clean_text, decode_text
from producer.readers.tables import body, column, lessons_of_rows, unread

__all__ = ["body", "read"]


def read(path: Path, data: bytes) -> list[Lesson]:
    """Return all lessons of a file. Raises LessonError, with the line, for a line that is no such object."""
    unknown: dict[str, None] = {}
    rows = list(_rows(path, decode_text(path, data), unknown))
    return lessons_of_rows(path, rows, unread(unknown))


def _rows(path: Path, text: str, unknown: dict[str, None]) -> Iterator[Row]:
    for line, source in enumerate(text.split("\n"), 1):
        if source.strip():
            yield Row(line, 0, _cells(path, line, source, unknown))


def _cells(path: Path, line: int, source: str, unknown: dict[str, None]) -> dict[str, str]:
    try:
        pairs = json.loads(source, object_pairs_hook=_Pairs)
    except json.JSONDecodeError as error:
        raise LessonError(path, line, f"no JSON: {error.msg} at column {error.colno}") from None
    except (ValueError, RecursionError):
        raise LessonError(path, line, "no JSON that can be read: a number or a nesting without end") from None
    if not isinstance(pairs, _Pairs):
        raise LessonError(path, line, 'must be an object such as {"lesson_id": "l1", "text": "Hello."}')
    cells: dict[str, str] = {}
    for name, value in pairs:
        known = column(path, line, name)
        if known is None:
            unknown[name] = None
        elif known in cells:
            raise LessonError(path, line, f"{known!r} is there twice")
        else:
            cells[known] = _value(path, line, known, value)
    if "text" not in cells:
        raise LessonError(path, line, "there is no 'text'")
    return {name: cell for name, cell in cells.items() if cell.strip()}


class _Pairs(list[tuple[str, Any]]):
    """An object's names and values, each as often as it stands there."""


def _value(path: Path, line: int, name: str, value: object) -> str:
    if value is None:
        return ""
    if name != "text" and isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise LessonError(path, line, f"{name!r} must be a text")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise LessonError(path, line, f"{name!r} holds half of a character (a lone surrogate)") from None
    text = clean_text(path, value, line)
    return text if name == "text" else text.strip()
