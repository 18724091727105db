"""CSV lessons, as spreadsheets write them: see ``tables.py`` for the columns.

The delimiter is a comma, a semicolon or a tab, as the head shows, or as Excel's ``sep=;`` line says. Errors name the
line in the file, also below cells of several lines.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from producer.errors import LessonError
from producer.lessons.model import Lesson, Row
from producer.readers.encoding import decode_text
from producer.readers.tables import COLUMNS, body, column, lessons_of_rows, unread

__all__ = ["body", "read"]

DELIMITERS = ",;\t"


def read(path: Path, data: bytes) -> list[Lesson]:
    """Return all lessons of a file. Raises LessonError, with the line, for no table or one without column ``text``."""
    text = decode_text(path, data)
    rows = _rows(path, text)
    first = next(rows, None)
    if first is None:
        raise LessonError(path, 0, "the file is empty: its first line must name the columns")
    line, names = first
    columns = [column(path, line, name) if name.strip() else "" for name in names]
    for name in COLUMNS:
        if columns.count(name) > 1:
            raise LessonError(path, line, f"column {name!r} is there twice")
    if "text" not in columns:
        raise LessonError(path, line, f"no column 'text' among {', '.join(map(repr, names))[:200]}")
    notes = unread(name for name, known in zip(names, columns, strict=True) if known is None)
    return lessons_of_rows(path, (_row(path, line, columns, cells) for line, cells in rows), notes)


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield rows that are not empty, each with the line at which it begins."""
    delimiter, skip = _delimiter(text)
    found = csv.reader(io.StringIO(text[skip:], newline=""), delimiter=delimiter, strict=True)
    before = 1 if skip else 0
    line = before + 1
    try:
        for cells in found:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = before + found.line_num + 1
    except csv.Error as error:
        raise LessonError(path, line, f'broken row: {error}; write " inside of a quoted cell twice') from None


def _delimiter(text: str) -> tuple[str, int]:
    """Return the delimiter, and how many characters of the text declare it."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.rstrip(" ")) <= 5 and first[4:5] in DELIMITERS:
        return first[4], len(first) + 1
    head = first if first.strip() else rest.lstrip("\n").partition("\n")[0]
    return max(DELIMITERS, key=head.count), 0


def _row(path: Path, line: int, columns: list[str | None], cells: list[str]) -> Row:
    """Return one row; what Excel appends, empty cells, is nothing."""
    found: dict[str, str] = {}
    at = text_line = line
    for number, cell in enumerate(cells):
        name = columns[number] if number < len(columns) else ""
        if not cell.strip() and name:
            pass
        elif name == "text":
            found[name], text_line = cell, at
        elif name:
            found[name] = cell.strip()
        elif name == "" and cell.strip():
            raise LessonError(path, line, f"cell {number + 1} belongs to no column: {cell[:40]!r}")
        at += cell.count("\n")
    return Row(line, text_line, found)
