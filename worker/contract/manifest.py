"""The manifest, a lesson's JSON record, written last: who reads it finds every part that it names.

``python -m worker.contract.manifest`` prints its JSON Schema, which is committed beside this file.
"""

from __future__ import annotations

import json
import sys
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from models.text.languages import Language
from worker.contract.messages import Digest, Identifier, Message, Role, Segment

MANIFEST: Final = "manifest.json"  # in the lesson's folder


Sample = Annotated[int, Field(ge=0)]
PartKind = Literal["audio", "vtt", "srt", "timings", "chapters"]
WordTime = tuple[str, Sample, Sample]  # text, and [start, end) in samples


class LessonPart(Message):
    """A file of the lesson; ``name`` is relative to the manifest's folder and carries the lesson key."""

    kind: PartKind
    name: Annotated[str, StringConstraints(pattern=r"^[^/\\]+$", max_length=250)]
    media_type: str
    size: Annotated[int, Field(ge=0)]
    sha256: Digest


class Cue(Message):
    """A segment as it is heard in the lesson: [start, end) in samples of the lesson audio.

    ``words`` are the author's words with the same kind of times; None where the voice cannot tell, or where the
    segment was stored before it could. ``gain``, hundredths of dB, is what the author asked for, as far as the
    segment's peaks allow; it is in the lesson's audio, and not in the stored segment. ``speech_ms`` is the time from
    the speech's onset to its end, ``pitch`` the median of its voiced sounds in tenths of Hz; None where too little is
    voiced, or an older version wrote the manifest. ``id`` is the author's: a table's segment_id, a slide's or a
    subtitle's number. ``late_ms`` says by how much it begins after the time that its author gave; None where none was.
    """

    key: Digest
    segment: Segment
    caption: str
    role: Role
    line: int
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]
    words: tuple[WordTime, ...] | None = None
    gain: int = 0
    speech_ms: Annotated[int, Field(ge=0)] | None = None
    pitch: Annotated[int, Field(ge=0)] | None = None
    id: str = ""
    late_ms: Annotated[int, Field(ge=0)] | None = None


class TimedMark(Message):
    """A moment that the author named, in samples of the lesson audio.

    ``timing`` says how it is known: a timed "word" begins there, the "segment" does or ends there, or it was shared
    out between those by how long the characters take to say ("share").
    """

    name: str
    sample: Sample
    timing: Literal["word", "segment", "share"]


class MeasuredLoudness(Message):
    """Hundredths of LUFS, dBTP and dB, before and after the lesson was brought to its ``target``.

    ``integrated`` is None where the lesson is too short or silent to measure; ``true_peak`` and what follows ``gain``
    where no loudness was wanted. Where ``integrated_after`` is below the target, the peaks stood too far out.
    """

    target: int | None
    integrated: int | None
    true_peak: int | None
    gain: int
    integrated_after: int | None = None
    true_peak_after: int | None = None
    limited: Annotated[int, Field(ge=0)] = 0  # the most that the limiter took off a peak
    limited_share: Annotated[int, Field(ge=0, le=10_000)] = 0  # of the samples, made quieter by it: ten-thousandths

    @property
    def delivered(self) -> int | None:
        """The loudness of the lesson's audio files."""
        if self.integrated_after is not None or self.integrated is None:
            return self.integrated_after
        return self.integrated + self.gain


class Manifest(Message):
    """The record ``manifest.json`` in the lesson's folder; its JSON Schema stands beside this file."""

    version: Literal[1] = 1
    course: Identifier
    lesson: Identifier
    title: str
    language: Language
    source: str
    source_digest: Digest
    lesson_key: Digest
    plan: Digest
    submitted: int
    sample_rate: int
    samples: int
    loudness: MeasuredLoudness
    # "words" where every cue has them. Segments are not rendered again for it: a retake, or a new store, brings them.
    word_timings: Literal["words", "segments"] = "segments"
    parts: tuple[LessonPart, ...]
    cues: tuple[Cue, ...]
    marks: tuple[TimedMark, ...] = ()
    relaxed: bool = False  # NARRATOR_RELAXED_CHECKS was set: a test's sound, not checked as speech is


def manifest_schema() -> str:
    """The manifest's JSON Schema, as it is published."""
    described = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Manifest.model_json_schema()}
    return json.dumps(described, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(manifest_schema())
