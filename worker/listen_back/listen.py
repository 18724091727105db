"""Listening back to assembled lessons: ``python -m worker.listen_back.listen`` reads which ones from standard input.

A recogniser hears every cue in the lesson's own audio, and what it heard is compared with what the cue should say.
Nothing is rendered, stored or keyed by it. One line of JSON for each lesson, as soon as it has been heard.
"""

from __future__ import annotations

import sys
from pathlib import PurePosixPath

import numpy as np
import soundfile

from models.errors import NarrationError, Permanent
from models.voice import Samples
from worker.contract.manifest import Cue, LessonPart, Manifest
from worker.contract.messages import Identifier, Message, lesson_folder
from worker.contract.settings import load_settings
from worker.errors import Missing
from worker.listen_back.recogniser import error_rate, recogniser, transcribe
from worker.store import manifests, open_store
from worker.store.base import Store

# Of words, syllables or kana: above it the author should listen.
MOST_WRONG = {"en": 0.2, "zh": 0.2, "ja": 0.35}
MOST_WRONG_ELSE = 0.35
EXACT = (".wav", ".flac", ".opus", ".mp3")  # an audio file is taken in this order


class Listen(Message):
    """The lessons to hear, (course, lesson) each."""

    lessons: tuple[tuple[Identifier, Identifier], ...]


class Misheard(Message):
    """A cue that was not heard as it is written; ``wrong`` is the error rate in thousandths."""

    line: int
    said: str
    heard: str
    wrong: int


class Heard(Message):
    """A lesson, heard: how many cues, and those that were not understood."""

    course: str
    lesson: str
    source: str
    cues: int
    misheard: tuple[Misheard, ...]


def hear(store: Store, course: str, lesson: str) -> Heard:
    """Listen to one lesson. Raises Permanent where it has no audio in the store, or where no recogniser is."""
    folder = lesson_folder(course, lesson)
    try:
        manifest = manifests.read(store, course, lesson)
        with store.open(folder + _audio(manifest).name) as source, soundfile.SoundFile(source) as sound:
            found = [_compare(cue, *_cut(sound, cue, manifest.sample_rate)) for cue in manifest.cues]
    except Missing as error:
        raise Permanent(f"{course}/{lesson} cannot be heard, it is not in the store: {error}") from None
    misheard = tuple(one for one in found if one)
    return Heard(course=course, lesson=lesson, source=manifest.source, cues=len(found), misheard=misheard)


def _audio(manifest: Manifest) -> LessonPart:
    order = {suffix: place for place, suffix in enumerate(EXACT)}
    audio = [part for part in manifest.parts if part.kind == "audio"]
    return min(audio, key=lambda part: order.get(PurePosixPath(part.name).suffix, len(order)))


def _cut(sound: soundfile.SoundFile, cue: Cue, rate: int) -> tuple[Samples, int]:
    """A cue's samples (n,) and their rate, which in Opus is not the lesson's."""
    start, end = (round(edge * sound.samplerate / rate) for edge in (cue.start, cue.end))
    sound.seek(start)
    samples = sound.read(end - start, dtype="float32", always_2d=True).mean(axis=1)
    return np.ascontiguousarray(samples, np.float32), sound.samplerate


def _compare(cue: Cue, samples: Samples, rate: int) -> Misheard | None:
    language, said = cue.segment.language, cue.segment.text
    heard = transcribe(samples, rate, language).strip()
    wrong = error_rate(said, heard, language)
    if wrong <= MOST_WRONG.get(language, MOST_WRONG_ELSE):
        return None
    return Misheard(line=cue.line, said=said, heard=heard, wrong=round(wrong * 1000))


def main() -> int:
    """Exit code 2 with the reason on standard error, or what was heard, a line a lesson, on standard output."""
    try:
        asked = Listen.model_validate_json(sys.stdin.buffer.read())
        recogniser()
        store = open_store(load_settings())
        for course, lesson in asked.lessons:
            sys.stdout.write(hear(store, course, lesson).model_dump_json() + "\n")
            sys.stdout.flush()
    except NarrationError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
