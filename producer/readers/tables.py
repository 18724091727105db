"""Tables, whether in CSV or JSONL: many lessons a file, a row a block.

Columns: ``lesson_id`` (without it, the file is one lesson), ``segment_id``, ``text``, ``voice``, ``language`` and
``pause_after_ms``; all but ``text`` may be missing or empty. Rows of a lesson stay in their order, wherever they stand.
A name that nearly is one of these is an error; other columns are not read, and a note says so. ``segment_id`` lands in
the manifest. ``pause_after_ms`` is the whole silence after the row, in place of a paragraph's. Within ``text`` empty
lines part paragraphs, and ``[pause ...]`` is as in Markdown.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from models.text.languages import LANGUAGES
from producer.errors import LessonError
from producer.lessons.model import Body, Lesson, Row, Voicing, fold_id
from producer.readers.block_writer import BlockWriter
from producer.readers.lesson_head import check_id, default_id, place_of
from producer.readers.marks import MAX_PAUSE_MS
from worker.contract.messages import MAX_CUE_ID

COLUMNS = ("lesson_id", "segment_id", "text", "voice", "language", "pause_after_ms")


def column(path: Path, line: int, name: str) -> str | None:
    """Return the column that a name stands for; None for one that is not read. Raises LessonError for a near miss."""
    wanted = "_".join(unicodedata.normalize("NFKC", name).strip().lower().replace("-", " ").split())
    if wanted in COLUMNS:
        return wanted
    close = difflib.get_close_matches(wanted, COLUMNS, n=1, cutoff=0.75)
    if close:
        raise LessonError(path, line, f"unknown column {name!r}: did you mean {close[0]!r}?")
    return None


def lessons_of_rows(path: Path, rows: Iterable[Row], notes: tuple[str, ...]) -> list[Lesson]:
    """Return the rows as lessons, in the order in which these begin. Raises LessonError for ids that make none."""
    place = place_of(path)
    course = default_id(path, "course", place.parent.name)
    rows = [row for row in rows if row.cells]
    if not rows:
        raise LessonError(path, 0, "there are no rows")
    default = "" if any("lesson_id" in row.cells for row in rows) else default_id(path, "lesson", place.stem)
    grouped: dict[str, list[Row]] = {}
    names: dict[str, tuple[str, int]] = {}  # folded id -> as first written, and where
    for row in rows:
        name = row.cells.get("lesson_id", default)
        if not name:
            raise LessonError(path, row.line, "this row has no lesson_id, and others have")
        if name not in grouped:
            name = check_id(path, row.line, "lesson_id", name)
        first, line = names.setdefault(fold_id(name), (name, row.line))
        if first != name:
            raise LessonError(path, row.line, f"lesson_id {name!r} differs from {first!r} in line {line} in case alone")
        grouped.setdefault(name, []).append(row)
    return [_lesson(path, course, name, found, notes) for name, found in grouped.items()]


def body(lesson: Lesson) -> Body:
    """Turn a lesson's rows into blocks. Raises LessonError with the line for cells that make no sense."""
    writer = BlockWriter(lesson.path)
    ids: dict[str, int] = {}
    for row in lesson.rows:
        writer.id = _segment_id(lesson, row, ids)
        writer.voicing = Voicing(row.cells.get("voice"), row.line, _language(lesson, row))
        before = len(writer.blocks)
        writer.prose(row.cells.get("text", ""), row.text_line or row.line, one_line=not row.text_line)
        pause = _pause(lesson, row)
        if len(writer.blocks) == before:
            writer.not_spoken(row.line, "row without words")
        elif pause is not None:
            writer.blocks[-1] = replace(writer.blocks[-1], pause_ms=pause)
    return writer.finished()


def _lesson(path: Path, course: str, name: str, rows: list[Row], notes: tuple[str, ...]) -> Lesson:
    """Return one lesson; its digest covers its own rows alone, so that the file's other lessons may change."""
    return Lesson(
        course=course,
        id=name,
        path=path,
        digest=hashlib.sha256(json.dumps([[row.line, row.text_line, row.cells] for row in rows]).encode()).hexdigest(),
        text="",
        rows=tuple(rows),
        lines={"lesson": rows[0].line},
        notes=notes,
    )


def _segment_id(lesson: Lesson, row: Row, ids: dict[str, int]) -> str:
    name = row.cells.get("segment_id", "")
    if len(name) > MAX_CUE_ID:
        raise LessonError(lesson.path, row.line, f"segment_id of more than {MAX_CUE_ID} characters")
    if name and ids.setdefault(name, row.line) != row.line:
        raise LessonError(lesson.path, row.line, f"segment_id {name!r} is that of line {ids[name]} already")
    return name


def _language(lesson: Lesson, row: Row) -> str | None:
    language = row.cells.get("language", "").lower()
    if language and language not in LANGUAGES:
        raise LessonError(lesson.path, row.line, f"unknown language {language!r}: known are {', '.join(LANGUAGES)}")
    return language or None


def _pause(lesson: Lesson, row: Row) -> int | None:
    written = row.cells.get("pause_after_ms", "")
    if not written:
        return None
    whole, _, rest = unicodedata.normalize("NFKC", written).replace(",", ".").partition(".")  # 500.0 and 500,0: Excel
    if not (whole.isdecimal() and len(whole) <= 6 and rest.strip("0") == "" and int(whole) <= MAX_PAUSE_MS):
        raise LessonError(
            lesson.path, row.line, f"pause_after_ms {written!r} is no whole number of milliseconds up to {MAX_PAUSE_MS}"
        )
    return int(whole)


def unread(names: Iterable[str]) -> tuple[str, ...]:
    """Return a note for each column that is not read."""
    return tuple(f"column {name!r} is not read: known are {', '.join(COLUMNS)}" for name in names)
