"""A lesson's times for other programs: segments, words, marks and chapters, in seconds and in samples.

``python -m worker.contract.timings`` prints the JSON Schema, which is committed beside this file. What is here follows
from the lesson's key alone (no line numbers, no dates), so equal lessons have equal files.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import Field

from models.text.languages import Language
from worker.contract.manifest import Cue, Manifest, Sample
from worker.contract.messages import Identifier, Message, Role

UNSPACED = frozenset({"zh", "ja", "yue"})  # languages whose sentences follow each other without a space

Seconds = Annotated[float, Field(ge=0)]


class TimeSpan(Message):
    """A span [start, end) in seconds, and the same exactly, in samples of the lesson's audio."""

    start: Seconds
    end: Seconds
    start_sample: Sample
    end_sample: Sample


class TimedWord(TimeSpan):
    """A word as the author wrote it."""

    text: str


class TimedSegment(TimeSpan):
    """A sentence or part of one. ``words`` is null where its voice cannot tell."""

    text: str
    role: Role
    language: Language
    voice: str
    words: tuple[TimedWord, ...] | None


class Chapter(TimeSpan):
    """A stretch from one heading to the next; chapters cover the whole lesson."""

    title: str


class Moment(Message):
    """A place that the author marked; ``timing`` says how its time is known, see the manifest."""

    name: str
    time: Seconds
    sample: Sample
    timing: Literal["word", "segment", "share"]


class Timings(Message):
    """The record ``<lesson>.timings.json``. Readers pass over fields they do not know: new ones keep the version."""

    version: Literal[1] = 1
    course: Identifier
    lesson: Identifier
    title: str
    language: Language
    sample_rate: Annotated[int, Field(ge=8000, le=48000)]
    samples: Sample
    duration: Seconds
    word_timings: Literal["words", "segments"]
    chapters: tuple[Chapter, ...]
    segments: tuple[TimedSegment, ...]
    marks: tuple[Moment, ...] = ()


def timings(manifest: Manifest) -> Timings:
    """The times of a lesson, from its manifest."""
    rate = manifest.sample_rate
    return Timings(
        course=manifest.course,
        lesson=manifest.lesson,
        title=manifest.title,
        language=manifest.language,
        sample_rate=rate,
        samples=manifest.samples,
        duration=_seconds(manifest.samples, rate),
        word_timings=manifest.word_timings,
        chapters=tuple(Chapter(title=title, **_span(start, end, rate)) for title, start, end in chapters(manifest)),
        segments=tuple(_segment(cue, rate) for cue in manifest.cues),
        marks=tuple(Moment(time=_seconds(mark.sample, rate), **mark.model_dump()) for mark in manifest.marks),
    )


def chapters(manifest: Manifest) -> Iterator[tuple[str, int, int]]:
    """Yield (title, start, end) in samples: a chapter a heading; what comes before the first has the lesson's title."""
    starts: list[tuple[str, int]] = []
    block: list[Cue] = []
    for cue in manifest.cues:
        block.append(cue)
        if cue.role == "heading":
            starts.append((_joined(block), block[0].start))
        if cue.role not in ("sentence", "clause"):
            block = []
    if not starts or starts[0][1] > manifest.cues[0].start:
        starts.insert(0, (manifest.title or manifest.lesson, 0))
    starts[0] = (starts[0][0], 0)
    ends = [*(start for _, start in starts[1:]), manifest.samples]
    for (title, start), end in zip(starts, ends, strict=True):
        yield title, start, end


def _joined(cues: Iterable[Cue]) -> str:
    text, before = "", ""
    for cue in cues:
        spaced = {before, cue.segment.language} - UNSPACED
        text += (" " if text and spaced else "") + cue.caption
        before = cue.segment.language
    return text


def _segment(cue: Cue, rate: int) -> TimedSegment:
    words = None
    if cue.words is not None:
        words = tuple(TimedWord(text=text, **_span(start, end, rate)) for text, start, end in cue.words)
    return TimedSegment(
        text=cue.caption,
        role=cue.role,
        language=cue.segment.language,
        voice=cue.segment.voice,
        words=words,
        **_span(cue.start, cue.end, rate),
    )


def _span(start: int, end: int, rate: int) -> dict[str, float | int]:
    return {"start": _seconds(start, rate), "end": _seconds(end, rate), "start_sample": start, "end_sample": end}


def _seconds(samples: int, rate: int) -> float:
    return round(samples / rate, 5)  # finer than a sample


def timings_schema() -> str:
    """The JSON Schema of the file, as it is published."""
    described = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Timings.model_json_schema()}
    return json.dumps(described, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(timings_schema())
