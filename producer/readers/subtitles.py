"""SubRip and WebVTT: a video is spoken anew. One block a cue, which begins at the cue's time.

Speech that is longer than its cue may run on until the next cue begins. Where it is longer than that, the next begins
as soon as it can, the manifest says how late (``late_ms``), and so does the run's report. Nothing is sped up: shorten
the text, or give ``--speed``. A cue that ends within a sentence is spoken as a clause, its voice kept up; the pause is
the cues' own.

Not spoken: cue numbers and settings, tags (``<i>``, ``<v Anna>``, ``{\\an8}``), NOTE, STYLE and REGION blocks. A cue's
number or name lands in the manifest. Cues that overlap or go backward are errors.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from models.text.segment import ends
from producer.errors import LessonError
from producer.lessons.model import BlockRole, Body, Lesson
from producer.readers.block_writer import BlockWriter
from producer.readers.encoding import decode_text
from producer.readers.lesson_head import lesson_head
from worker.contract.messages import MAX_AT_MS, MAX_CUE_ID

_CLOCK = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{3})"
_TIMES = re.compile(rf"\s*{_CLOCK}\s*-->\s*{_CLOCK}(?=\s|$)[^\n]*")
_TAG = re.compile(
    r"</?(?:[biuscv]|font|lang|ruby|rt|rp)(?:[.\s][^<>\n]*)?/?>|<(?:\d+:)?\d\d:\d\d\.\d{3}>|\{\\[^{}\n]*\}",
    re.IGNORECASE,
)
_RUBY = re.compile(r"<rt(?:[.\s][^<>\n]*)?>([^<\n]*)(?:</rt>)?", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:amp|lt|gt|nbsp|lrm|rlm|quot|#\d{1,7}|#x[0-9a-f]{1,6});", re.IGNORECASE)
_ASIDE = re.compile(r"(?:NOTE|STYLE|REGION)(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Subtitle:
    """A cue of the file: its times in milliseconds, its text, and the line at which that begins."""

    id: str
    line: int
    start: int
    end: int
    text: str


def read(path: Path, data: bytes) -> list[Lesson]:
    """Return the one lesson of a file."""
    return [lesson_head(path, hashlib.sha256(data).hexdigest(), decode_text(path, data))]


def body(lesson: Lesson) -> Body:
    """Parse its cues. Raises LessonError, with the line, for times that make no sense or text outside of cues."""
    writer = BlockWriter(lesson.path)
    before: Subtitle | None = None
    for cue in _cues(lesson.path, lesson.text):
        _check(lesson.path, cue, before)
        before = cue
        writer.id = cue.id
        first = len(writer.blocks)
        _write(writer, cue)
        for at in range(first, len(writer.blocks)):
            begins = cue.start if at == first else None
            writer.blocks[at] = replace(writer.blocks[at], at_ms=begins, pause_ms=0)
    if writer.blocks:  # after the last words there is nothing to keep the voice up for
        writer.blocks[-1] = replace(writer.blocks[-1], role="paragraph")
    return writer.finished()


def _write(writer: BlockWriter, cue: Subtitle) -> None:
    text = cue.text
    if ruby := _RUBY.search(text):
        writer.not_spoken(cue.line, f"ruby {ruby[1]!r}")
        text = _RUBY.sub("", text)
    text = _ENTITY.sub(lambda m: html.unescape(m[0]), _TAG.sub("", text))
    role: BlockRole = "paragraph" if ends(" ".join(text.split())) == "sentence" else "clause"
    writer.begin(role, cue.line)
    for number, line in enumerate(text.split("\n")):
        if number:
            writer.soft_break()
        writer.write(line.strip())
    writer.end()


def _cues(path: Path, text: str) -> Iterator[Subtitle]:
    lines = text.split("\n")
    webvtt = path.suffix.lower() == ".vtt"
    if webvtt and not re.match(r"WEBVTT(?:[ \t]|$)", lines[0]):
        raise LessonError(path, 1, "a WebVTT file begins with WEBVTT")
    for first, block in _blocks(lines):
        if webvtt and (first == 1 or _ASIDE.match(block[0])):
            continue
        at = 0 if "-->" in block[0] else 1
        times = _TIMES.fullmatch(block[at]) if at < len(block) else None
        if times is None:
            raise LessonError(
                path, first + min(at, len(block) - 1), "no times such as 00:00:01,000 --> 00:00:04,000: a cue is a "
                "number, its times, and its text up to an empty line"
            )  # fmt: skip
        name = block[0].strip()[:MAX_CUE_ID] if at else ""
        start, end = (_milliseconds(times.group(*range(n, n + 4))) for n in (1, 5))
        yield Subtitle(name, first + at + 1, start, end, "\n".join(block[at + 1 :]))


def _blocks(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines that are not empty, each with the number of its first line."""
    block: list[str] = []
    for number, line in enumerate([*lines, ""], 1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _milliseconds(clock: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, rest = (int(part or 0) for part in clock)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


def _check(path: Path, cue: Subtitle, before: Subtitle | None) -> None:
    line = cue.line - 1  # of its times
    if cue.end <= cue.start:
        raise LessonError(path, line, "the cue ends before it begins")
    if cue.start > MAX_AT_MS:
        raise LessonError(path, line, "the cue begins after more than a day")
    if before and cue.start < before.start:
        raise LessonError(path, line, f"the times go backward: the cue before it, line {before.line - 1}, is later")
    if before and cue.start < before.end:
        raise LessonError(path, line, f"the cue begins before the one in line {before.line - 1} ends")
