"""Messages that cross the queue, and the keys that name a sound.

Everything here is frozen, schema-checked and bounded. Both sides import it; it imports nothing heavy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from models.records import digest
from models.text.languages import Language

SCHEMA = 1  # of the segment key; a rise renders every segment again
LIMITER = 1  # version of what loudness does to a lesson's sound; a rise links lessons with loudness again
MAX_TEXT = 4_000  # characters in one segment
MAX_AT_MS = 24 * 3600 * 1000  # of a segment that is to begin at a time
MAX_CUE_ID = 200  # characters
MAX_MICROS = 1 << 53  # of Redis TIME: the year 2255
MAX_BATCH = 64  # segments in one task

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Identifier = Annotated[str, StringConstraints(pattern=r"^[^\W_][\w.\-]*$", max_length=100)]  # course, lesson
VoiceId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}/[\w.\-]{1,64}$")]
BundleId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
RunId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,63}$")]
Role = Literal["heading", "paragraph", "list_item", "sentence", "clause"]


class Message(BaseModel):
    """A frozen record that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)


class Pronunciation(Message):
    """How the span [start, end) of a segment's text is said: phonemes in the International Phonetic Alphabet."""

    start: Annotated[int, Field(ge=0, lt=MAX_TEXT)]
    end: Annotated[int, Field(ge=1, le=MAX_TEXT)]
    ipa: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Segment(Message):
    """The unit that is keyed, queued, cached and stored: all that determines a segment's sound.

    Pauses, loudness, captions and file formats are not here: changing them renders nothing.
    Integers only, so that no two machines can disagree about a float's digits.
    """

    voice: VoiceId
    fingerprint: Digest  # of the voice's files, from models.catalog
    backend: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]
    precision: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]
    language: Language
    text: Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT)]  # NFC, white space folded
    frontend: Digest  # FrontEnd.fingerprint(language)
    speed: Annotated[int, Field(ge=250, le=4000)] = 1000  # thousandths
    take: Annotated[int, Field(ge=0, le=1000)] = 0  # which of several renderings the author wants
    options: Mapping[str, int | str] = Field(default_factory=dict, max_length=16)  # of the family: vocoder, steps, ...
    readings: tuple[Pronunciation, ...] = Field(default=(), max_length=100)  # ascending; those that apply to this text
    relaxed: bool = False  # random weights are to pass the checks: never what a strict run would reuse

    @property
    def bundle(self) -> str:
        """The voice's bundle, which names its queue."""
        return self.voice.partition("/")[0]

    @property
    def speaker(self) -> str:
        """The voice's name inside its bundle."""
        return self.voice.partition("/")[2]

    def key(self) -> str:
        """The segment key, 64 hex digits. Fields at their defaults are left out, so adding one renders nothing."""
        return digest({"schema": SCHEMA, **self.model_dump(mode="json", exclude_defaults=True)})


class Job(Message):
    """A segment on its way to a worker, under the key that the producer computed."""

    key: Digest
    segment: Segment


class RenderBatch(Message):
    """The message of the task ``render``: segments of one bundle. ``alone`` marks a segment under suspicion."""

    version: Literal[1] = 1
    bundle: BundleId
    jobs: Annotated[tuple[Job, ...], Field(min_length=1, max_length=MAX_BATCH)]
    alone: bool = False


class AssembleLesson(Message):
    """The message of the task ``assemble``: one lesson of one run, to be made of its segments.

    ``plan`` names ``plans/<plan>.json`` in the store; ``submitted`` is microseconds of Redis TIME, and orders
    manifests of the same lesson.
    """

    version: Literal[1] = 1
    run: RunId
    course: Identifier
    lesson: Identifier
    plan: Digest
    submitted: Annotated[int, Field(ge=0, le=MAX_MICROS)]


class Loudness(Message):
    """One gain for a whole lesson, and its peaks limited; ``lufs`` in hundredths, None leaves the level alone."""

    lufs: Annotated[int, Field(ge=-4000, le=-500)] | None = None
    true_peak: Annotated[int, Field(ge=-900, le=0)] = -100  # hundredths of dBTP


class CaptionMark(Message):
    """A moment that the author named: where the character at ``offset`` of the caption is said, or its end."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    offset: Annotated[int, Field(ge=0)]


class Respelling(Message):
    """A span [start, end) of a segment's text that is said in place of what the author wrote."""

    start: Annotated[int, Field(ge=0, lt=MAX_TEXT)]
    end: Annotated[int, Field(ge=1, le=MAX_TEXT)]
    written: Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT)]


class LessonEntry(Message):
    """A segment in its place in a lesson: how it is captioned, what it is, how long the silence after it."""

    key: Digest
    segment: Segment
    caption: str  # the author's own words, as written
    role: Role
    pause_ms: Annotated[int, Field(ge=0, le=600_000)]  # silence after it
    line: Annotated[int, Field(ge=0)] = 0  # in the source; not part of the lesson key
    gain: Annotated[int, Field(ge=-4000, le=1200)] = 0  # hundredths of dB against the rest of the lesson
    marks: Annotated[tuple[CaptionMark, ...], Field(max_length=1000)] = ()  # ascending
    id: Annotated[str, StringConstraints(max_length=MAX_CUE_ID)] = ""  # the author's; not in the lesson key
    at_ms: Annotated[int, Field(ge=0, le=MAX_AT_MS)] | None = None  # when it should begin
    respelt: Annotated[tuple[Respelling, ...], Field(max_length=MAX_TEXT)] = ()  # ascending; words are shown as written


class LessonPlan(Message):
    """All that assembly needs, stored as ``plans/<plan id>.json``; its id is the digest of its content."""

    version: Literal[1] = 1
    course: Identifier
    lesson: Identifier
    title: str = ""
    language: Language
    source: str = ""  # the file's name, for reports
    source_digest: Digest  # of the source with its settings, lexicon and front-ends
    entries: Annotated[tuple[LessonEntry, ...], Field(min_length=1, max_length=100_000)]
    loudness: Loudness = Loudness()
    outputs: tuple[Literal["wav", "mp3", "opus", "flac"], ...] = ("wav",)
    assembly: int = 1  # version of the assembly code

    def plan_id(self) -> str:
        """The digest of everything in the plan, which names it in the store."""
        return digest(self.model_dump(mode="json"))

    def lesson_key(self) -> str:
        """The digest of the lesson's sound and captions: line numbers and source digest do not count."""
        limiter = {} if self.loudness.lufs is None else {"limiter": LIMITER}
        return digest(
            {
                "entries": [[e.key, e.caption, e.role, e.pause_ms, *_set(e)] for e in self.entries],
                "title": self.title,
                "loudness": self.loudness.model_dump(mode="json"),
                "outputs": list(self.outputs),
                "assembly": self.assembly,
                **limiter,
            }
        )


def _set(entry: LessonEntry) -> list[dict[str, Any]]:
    """The fields that are not at their defaults, so that a new field changes no lesson's key."""
    given = entry.model_dump(mode="json", include={"gain", "marks", "at_ms", "respelt"}, exclude_defaults=True)
    return [given] if given else []


class SegmentRecord(Message):
    """The record of a rendered segment; it travels inside the segment's WAV, so the two can never disagree."""

    version: Literal[1] = 1
    key: Digest
    voice: VoiceId
    sample_rate: Annotated[int, Field(ge=8000, le=48000)]
    samples: Annotated[int, Field(ge=1)]  # after trimming
    sound: Digest | None = None  # sha256 of the samples as stored, 16 bits little endian; older ones have none
    trimmed: Annotated[int, Field(ge=0)] = 0  # samples taken off the front; word times are already shifted
    peak: Annotated[int, Field(ge=-20000, le=0)]  # hundredths of dBFS
    rms: Annotated[int, Field(ge=-20000, le=0)]  # hundredths of dBFS
    seed: Annotated[int, Field(ge=0)]
    attempt: Annotated[int, Field(ge=0)] = 0  # draws that were rejected before this one
    utterances: Annotated[int, Field(ge=1)] = 1
    words: tuple[tuple[str, int, int], ...] | None = None  # text, start, end in samples of the trimmed segment
    versions: Mapping[str, str] = Field(default_factory=dict)  # of what rendered it
    cpu_ms: Annotated[int, Field(ge=0)] = 0


def seed(key: str, attempt: int = 0) -> int:
    """The seed of a segment's random draws, 64 bits: of the key, and of the attempt where earlier ones failed."""
    return int.from_bytes(hashlib.sha256(f"{key}/{attempt}".encode()).digest()[:8], "little")


def segment_name(key: str) -> str:
    """The name of a segment in the store."""
    return f"segments/{key[:2]}/{key}.wav"


def plan_name(plan_id: str) -> str:
    """The name of a lesson's plan in the store."""
    return f"plans/{plan_id[:2]}/{plan_id}.json"


def lesson_folder(course: str, lesson: str) -> str:
    """The folder of a lesson's parts and its ``manifest.json`` in the store, with the trailing slash."""
    return f"lessons/{course}/{lesson}/"


def render_queue(namespace: str, bundle: str) -> str:
    """The name of a bundle's queue: each has its own, so that a worker process holds exactly one engine."""
    return f"{namespace}.render.{bundle}"


def interactive_queue(namespace: str, bundle: str) -> str:
    """The name of a bundle's queue of segments that somebody waits for: served before bulk work."""
    return f"{namespace}.interactive.{bundle}"


def is_interactive(queue: str) -> bool:
    """Tell whether this names a queue of segments that somebody waits for."""
    return ".interactive." in queue


def assemble_queue(namespace: str) -> str:
    """The name of the queue of lessons to assemble; its workers hold no engine."""
    return f"{namespace}.assemble"
