"""The last step: entries of a plan, each with the key that names its sound."""

from __future__ import annotations

from collections.abc import Iterable

from models.text.segment import fold, punctuated
from producer.errors import LessonError
from producer.lessons.model import SPEED_UNIT
from producer.lessons.options import FASTEST, SLOWEST
from producer.plan.cut import CutSegment
from producer.plan.narration import Narration
from producer.plan.readings import check_size
from producer.plan.voiced import VoicedSegment
from producer.plan.voices import KnownVoices
from worker.contract.messages import LessonEntry, Segment


def keyed(segments: Iterable[VoicedSegment], narration: Narration, voices: KnownVoices) -> list[LessonEntry]:
    """Make entries of segments. Raises LessonError where one is too large, or too slow or fast."""
    return [_entry(one, narration, voices) for one in segments]


def _entry(one: VoicedSegment, narration: Narration, voices: KnownVoices) -> LessonEntry:
    segment, said, voice = one.segment, one.segment.said, one.voice
    check_size(narration.lesson.path, segment.line, said)
    sound = Segment(
        voice=voice.id,
        fingerprint=voice.fingerprint,
        backend=voice.backend,
        precision=voice.precision,
        language=said.language,
        text=punctuated(said.text, said.language, segment.role),
        readings=said.readings,
        frontend=voices.fingerprint(voice.bundle, said.language),
        speed=_speed(segment, narration),
        take=narration.lesson.takes.get((fold(segment.written.text), voice.id), narration.options.take),
        options=one.rendering,
        relaxed=narration.options.relaxed,
    )
    return LessonEntry(
        key=sound.key(),
        segment=sound,
        caption=segment.written.text,
        role=segment.role,
        pause_ms=segment.pause_ms,
        line=segment.line,
        gain=segment.block.voicing.gain,
        marks=segment.marks,
        id=segment.block.id,
        at_ms=segment.block.at_ms if segment.first else None,
        respelt=said.respelt,
    )


def _speed(segment: CutSegment, narration: Narration) -> int:
    """The lesson's speed times that of the block, in thousandths."""
    rate = segment.block.voicing.rate
    speed = round(narration.speed * rate / SPEED_UNIT)
    if not SLOWEST <= speed / SPEED_UNIT <= FASTEST:
        raise LessonError(
            narration.lesson.path, segment.line, f"a rate of {rate / SPEED_UNIT:g} times the lesson's speed is "
            f"{speed / SPEED_UNIT:g}, not from {SLOWEST:g} to {FASTEST:g}"
        )  # fmt: skip
    return speed
