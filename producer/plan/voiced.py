"""The third step: who says each segment, in which words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from models.catalog import Voice
from models.errors import Unspeakable, VoiceNotInstalled
from models.voice import FrontEnd
from producer.errors import LessonError
from producer.lessons.model import Reading
from producer.plan.chooser import VoiceChooser
from producer.plan.cut import CutSegment
from producer.plan.narration import Narration
from producer.plan.readings import readings_within, spoken
from producer.plan.voices import KnownVoices


@dataclass(frozen=True, slots=True)
class VoicedSegment:
    """A segment with its voice, how that renders it, and a note where it cannot speak all of it."""

    segment: CutSegment
    voice: Voice
    rendering: Mapping[str, int | str]  # parameters of the voice's family
    note: str


def voiced(segments: Iterable[CutSegment], narration: Narration, voices: KnownVoices) -> list[VoicedSegment]:
    """Choose who says each segment; phonemes that a voice does not take give way to a respelling, where there is one.

    Raises LessonError where there is none, and where a voice is unknown or does not speak what it is named for.
    """
    chooser = VoiceChooser(narration.lesson, narration.asked, voices)
    chooser.check(narration.language)
    return [_voiced(segment, narration, voices, chooser) for segment in segments]


def _voiced(segment: CutSegment, narration: Narration, voices: KnownVoices, chooser: VoiceChooser) -> VoicedSegment:
    block, said = segment.block, segment.said
    voice, note = chooser.choose(block.voicing, said.plain, said.language)
    refused = dict(_refused(segment, voices.frontend(voice.bundle))) if said.readings else {}
    for reading, why in refused.items():
        if reading.words is None:
            source = f" ({reading.source})" if reading.source else ""
            quoted = f"{block.text[reading.start : reading.end]!r} as /{reading.ipa}/{source}"
            raise LessonError(narration.lesson.path, block.line_at(reading.start), f"{quoted}: {why}")
    if not refused:
        rendering = chooser.rendering(voice, said.plain, said.language)
        return VoicedSegment(segment, voice, rendering, note)
    respelt = tuple(replace(one, ipa=None) if one in refused else one for one in block.readings)
    block = replace(block, readings=respelt)
    language = block.voicing.language or narration.language
    segment = replace(segment, block=block, said=spoken(block, segment.written, language))
    return _voiced(segment, narration, voices, chooser)


def _refused(segment: CutSegment, frontend: FrontEnd) -> Iterator[tuple[Reading, str]]:
    """Yield the readings in phonemes that a voice does not take, and why."""
    for reading in readings_within(segment.block, segment.written):
        if reading.ipa is not None:
            try:
                frontend.symbols(reading.ipa, segment.block.text[reading.start : reading.end], segment.said.language)
            except VoiceNotInstalled:
                return  # its table of symbols is where its weights are: the worker will see
            except Unspeakable as error:
                yield reading, str(error)
