"""From a lesson to the plan that workers carry out, step by step; each takes a list and gives one.

blocks -> pronounced   the lexicon's words and the names of emoji stand beside them
       -> cut          segments, each with the silence after it and its marks
       -> voiced       each with who says it
       -> keyed        entries of the plan
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.text.segment import fold
from producer import readers
from producer.errors import LessonError
from producer.lessons.model import Body, Lesson
from producer.lessons.options import NarrationOptions
from producer.plan.cut import cut
from producer.plan.digest import source_digest
from producer.plan.keyed import keyed
from producer.plan.narration import Narration
from producer.plan.pronounced import pronounced
from producer.plan.voiced import voiced
from producer.plan.voices import KnownVoices
from worker.contract.messages import LessonEntry, LessonPlan

MAX_ENTRIES = 100_000  # worker.contract.messages.LessonPlan


@dataclass(frozen=True, slots=True)
class SegmentedLesson:
    """A lesson's plan, and what its author should know: ("12: code block, not spoken", ...)."""

    plan: LessonPlan
    notes: tuple[str, ...]
    stale_takes: tuple[str, ...] = ()  # texts of takes that no sentence matches any more


def segment_lesson(lesson: Lesson, asked: NarrationOptions, voices: KnownVoices) -> SegmentedLesson:
    """Segment, voice and key a lesson. Raises LessonError, with the line, or VoiceNotInstalled."""
    body, notes = _read(lesson, asked)
    narration = Narration.of(lesson, asked, body.blocks)
    blocks = pronounced(body.blocks, narration)
    segments = cut(blocks, narration)
    said = voiced(segments, narration, voices)
    entries = keyed(said, narration, voices)
    if not 0 < len(entries) <= MAX_ENTRIES:
        raise LessonError(lesson.path, 0, f"{len(entries)} segments: a lesson has 1 to {MAX_ENTRIES}; split it")
    notes += [f"{one.segment.line}: {one.note}" for one in said if one.note]
    spoken = {(fold(entry.caption), entry.segment.voice) for entry in entries}
    return SegmentedLesson(
        plan=_plan(narration, body, entries, voices),
        notes=tuple(dict.fromkeys(notes)),
        stale_takes=tuple(text for text, voice in lesson.takes if (text, voice) not in spoken),
    )


def _read(lesson: Lesson, asked: NarrationOptions) -> tuple[Body, list[str]]:
    """Return a lesson's blocks, and notes of what is left out. Raises LessonError for what nobody here can do."""
    language = asked.over(lesson.options).language
    body = readers.read_body(replace(lesson, options=replace(lesson.options, language=language)))
    if body.refused and not asked.lenient:
        raise body.refused[0]
    return body, [*lesson.notes, *body.notes, *(f"{error.line}: {error.reason}" for error in body.refused)]


def _plan(narration: Narration, body: Body, entries: list[LessonEntry], voices: KnownVoices) -> LessonPlan:
    lesson = narration.lesson
    heading = body.title or next((block.text for block in body.blocks if block.role == "heading"), lesson.id)
    used = {(entry.segment.voice, entry.segment.language) for entry in entries}
    return LessonPlan(
        course=lesson.course,
        lesson=lesson.id,
        title=lesson.title or " ".join(heading.split()),
        language=narration.language,
        source=str(lesson.path),
        source_digest=source_digest(lesson, narration.asked, voices, used),
        entries=tuple(entries),
        loudness=narration.loudness,
        outputs=narration.options.outputs or ("wav",),
    )
