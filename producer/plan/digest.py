"""The digest over all that shapes a lesson's plan: on a match with the manifest's, it need not even be parsed."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from models.records import digest
from models.text.segment import VERSION as SEGMENTATION
from producer.lessons.model import Lesson
from producer.lessons.options import NarrationOptions
from producer.lexicon import emoji, lexicon_of
from producer.plan.chooser import VoiceChooser
from producer.plan.narration import speed_of
from producer.plan.voices import KnownVoices
from worker.contract.messages import SCHEMA, LessonPlan

VERSION = 3  # of planning and the readers; a rise plans every lesson anew, and renders only what comes out different


def source_digest(
    lesson: Lesson, asked: NarrationOptions, voices: KnownVoices, used: AbstractSet[tuple[str, str]]
) -> str:
    """Return the digest of a lesson's source, its settings, voices and front-ends.

    ``used`` are the (voice id, language) pairs of its segments: their voices and front-ends as they are now are in it,
    and so is the voice that each of those languages would get today.
    """
    options = asked.over(lesson.options)
    chooser = VoiceChooser(lesson, asked, voices)
    now: list[list[str]] = []
    for voice_id, language in sorted(used):
        voice = voices.by_id(voice_id)
        if voice is None:
            now.append([voice_id, language])
            continue
        frontend = voices.fingerprint(voice.bundle, language)
        now.append([voice_id, language, voice.fingerprint, frontend, chooser.usual(language)])
    return digest(
        {
            "versions": [VERSION, SEGMENTATION, SCHEMA, LessonPlan.model_fields["assembly"].default],
            "source": lesson.digest,
            "lesson": [lesson.course, lesson.id],
            "language": options.language,
            "voice": asked.voice,
            "speed": speed_of(options),
            "loudness": options.loudness,
            "outputs": options.outputs,
            "take": options.take,
            "takes": sorted([*said, take] for said, take in lesson.takes.items()),
            "vocoder": asked.vocoder,
            "voices": now,
            **({"lenient": True} if options.lenient else {}),
            **({"relaxed": True} if options.relaxed else {}),
            **({"lexicon": lexicon} if (lexicon := lexicon_of(lesson.path.parent, options.lexicon).digest) else {}),
            **({"emoji": emoji.edition()} if options.emoji == "name" else {}),
        }
    )
