"""One text without queue or store, for trying a voice: the worker's own entry, started as a process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from models.catalog import Catalogue
from models.errors import NarrationError, Permanent
from models.family import load_frontend
from models.text.languages import guess
from models.text.lexicon import Lexicon
from models.text.segment import SegmentText, fold, punctuated, speakable
from producer.lessons.model import SPEED_UNIT, Block, Lesson, Voicing
from producer.lessons.options import NO_OPTIONS, NarrationOptions
from producer.lexicon import pronounced
from producer.lexicon import read as read_lexicon
from producer.local.stack import environment
from producer.plan.readings import voiced_part
from producer.plan.voices import Cast
from worker.contract.messages import MAX_TEXT, Segment
from worker.contract.settings import Settings, load_settings

NO_LESSON = Lesson(course="-", id="-", path=Path("say"), digest="", text="")


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
    sounds = [{"segment": one.model_dump(mode="json"), "out": str(out.absolute())} for out, one in segments.items()]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "worker.render.standalone"],
        input=json.dumps({"sounds": sounds}).encode(),
        capture_output=True,
        env=environment(settings),
        check=False,
    )
    if done.returncode == 0:
        return dict(zip(segments, map(float, json.loads(done.stdout)["seconds"]), strict=True))
    reason = done.stderr.decode(errors="replace").strip()
    if done.returncode == 2:
        raise Permanent(reason)
    raise NarrationError(f"worker.render.standalone ended with {done.returncode}:\n{reason}")


def segment_of(text: str, options: NarrationOptions, settings: Settings) -> Segment:
    """The segment that a lesson of just this text would have. Raises Permanent."""
    voice, language = options.voice, options.language
    catalogue = Catalogue.load(settings.voices_dir)
    cast = Cast(catalogue, load_frontend, voice=voice, language=language)
    if language is None:
        language = guess(text)
        if voice is not None and language not in (spoken := catalogue.find(voice).languages):
            language = spoken[0]
    if not speakable(text):
        raise Permanent(f"nothing to say in {text[:40]!r}: no letter and no digit")
    block = Block(text, "paragraph", 0, Voicing(voice))
    if options.lexicon:
        block = pronounced(block, Lexicon(read_lexicon(options.lexicon)), language)
    whole = SegmentText(fold(text), language, "sentence", len(text) - len(text.lstrip()), len(text.rstrip()))
    voiced = voiced_part(NO_LESSON, block, whole, language, cast)
    chosen, said = voiced.voice, voiced.said
    if len(said.text) >= MAX_TEXT:
        raise Permanent(f"{len(said.text)} characters are too many for one segment ({MAX_TEXT}): make a lesson of them")
    return Segment(
        voice=chosen.id,
        fingerprint=chosen.fingerprint,
        backend=chosen.backend,
        precision=chosen.precision,
        language=said.language,
        text=punctuated(said.text, said.language, "paragraph"),
        readings=said.readings,
        frontend=cast.fingerprint(chosen.bundle, said.language),
        speed=round((options.speed or 1) * SPEED_UNIT),
        relaxed=options.relaxed,
    )
