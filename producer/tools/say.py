"""One text without queue or store, for trying a voice: the worker's engine and checks, in a helper process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from models.errors import Permanent
from models.text.languages import guess
from models.text.segment_cuts import speakable
from producer.helper_process import HelperProcess
from producer.lessons.options import NO_OPTIONS, NarrationOptions
from producer.plan.cut import uncut
from producer.plan.keyed import keyed
from producer.plan.narration import Narration
from producer.plan.pronounced import pronounced
from producer.plan.text import lesson_of_text, no_place, paragraph
from producer.plan.voiced import voiced
from producer.plan.voices import KnownVoices
from worker.contract.helper_requests import Audition
from worker.contract.messages import MAX_TEXT, Segment
from worker.contract.settings import Settings, load_settings


def say(
    text: str,
    out: Path,
    options: NarrationOptions = NO_OPTIONS,
    *,
    settings: Settings | None = None,
) -> float:
    """Speak a text into a WAV file, as one segment; gives its seconds of audio.

    Without a voice the language's default speaks; without a language it is the one the text is written in, or, where
    the voice does not speak that, the voice's own. Raises NarrationError with the reason.
    """
    settings = settings or load_settings()
    segment = segment_of(text, options.with_settings(settings), settings)
    return speak({out: segment}, settings=settings)[out]


def speak(segments: Mapping[Path, Segment], *, settings: Settings | None = None) -> dict[Path, float]:
    """Speak segments of one bundle into WAV files, as a run would; gives the seconds of each. Raises NarrationError."""
    settings = settings or load_settings()
    with HelperProcess("worker.render.audition", settings) as helper:
        return {out: _audition(helper, segment, out) for out, segment in segments.items()}


def _audition(helper: HelperProcess, segment: Segment, out: Path) -> float:
    asked = Audition(segment=segment, out=str(out.absolute()))
    return float(helper.ask(asked.model_dump(mode="json"))["seconds"])


def segment_of(text: str, options: NarrationOptions, settings: Settings) -> Segment:
    """Return the segment that a lesson of just this text would have. Raises Permanent."""
    if not speakable(text):
        raise Permanent(f"nothing to say in {text[:40]!r}: no letter and no digit")
    voices, block = KnownVoices.of(settings), paragraph(text, options.voice)
    if options.voice and not options.language and guess(text) not in (spoken := voices.find(options.voice).languages):
        options = replace(options, language=spoken[0])
    narration = Narration.of(lesson_of_text(), replace(options, voice=None), [block])
    with no_place():
        blocks = pronounced([block], narration)
        said = voiced([uncut(block, narration.language) for block in blocks], narration, voices)
        if (length := len(said[0].segment.said.text)) >= MAX_TEXT:
            raise Permanent(f"{length} characters are too many for one segment ({MAX_TEXT}): make a lesson of them")
        [entry] = keyed(said, narration, voices)
    return entry.segment
