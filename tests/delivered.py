"""Delivered lessons without having them spoken: a manifest beside a WAV, as ``outputs.deliver`` leaves them."""

from __future__ import annotations

import hashlib
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.text.languages import Language
from worker.contract.manifest import Cue, LessonPart, Manifest, MeasuredLoudness
from worker.contract.messages import Role, Segment

RATE = 8000
MEDIA_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg", "vtt": "text/vtt"}


def cue(caption: str, role: Role = "sentence", language: Language = "en", **fields: Any) -> Cue:
    """A cue of one second; ``deliver`` puts it and its words, whose times count from its start, in their place."""
    segment = Segment(
        voice=f"tiny/{language}",
        fingerprint="0" * 64,
        backend="cpu",
        precision="fp32",
        language=language,
        text=caption,
        frontend="1" * 64,
    )
    return Cue(key=segment.key(), segment=segment, caption=caption, role=role, line=3, start=0, end=RATE, **fields)


def deliver(out: Path, lesson: str, cues: Sequence[Cue], *, course: str = "physics", **fields: Any) -> Path:
    """Write a lesson whose cues follow each other without pauses, as ``out/course/lesson``; gives the course's folder.

    The WAV holds a tone for each cue, each higher than the last.
    """
    folder = out / course / lesson
    folder.mkdir(parents=True, exist_ok=True)
    placed, at, tones = [], 0, []
    for number, one in enumerate(cues):
        length = one.end - one.start
        words = one.words and tuple((text, at + start, at + end) for text, start, end in one.words)
        placed.append(one.model_copy(update={"start": at, "end": at + length, "words": words}))
        tones.append(8000 * np.sin(np.arange(length) * 2 * np.pi * (200 + 50 * number) / RATE))
        at += length
    with wave.open(str(folder / f"{lesson}.wav"), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(np.concatenate(tones).astype("<i2").tobytes())
    (folder / f"{lesson}.vtt").write_text("WEBVTT\n")
    fields = {"title": "", "language": "en", "submitted": 1_795_346_218_023_924, **fields}
    manifest = Manifest(
        course=course,
        lesson=lesson,
        source=f"{lesson}.md",
        source_digest="2" * 64,
        lesson_key="3" * 64,
        plan="4" * 64,
        sample_rate=RATE,
        samples=at,
        loudness=MeasuredLoudness(target=-1900, integrated=-2246, true_peak=-289, gain=346),
        cues=tuple(placed),
        **{"parts": [part(folder / f"{lesson}.{suffix}") for suffix in ("wav", "vtt")], **fields},
    )
    (folder / "manifest.json").write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
    return folder.parent


def part(path: Path) -> LessonPart:
    """What a manifest says of a file."""
    data = path.read_bytes()
    kind = "vtt" if path.suffix == ".vtt" else "audio"
    media_type = MEDIA_TYPES[path.suffix[1:]]
    sha256 = hashlib.sha256(data).hexdigest()
    return LessonPart(kind=kind, name=path.name, media_type=media_type, size=len(data), sha256=sha256)
