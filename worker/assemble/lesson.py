"""Assemble a lesson: its segments, in order, with their pauses, one gain for all, captions, and the manifest last.

Memory does not grow with the lesson: segments are fetched a few ahead and laid down in a temporary file (TMPDIR, about
the size of the lesson's WAV, and as much again for the parts); everything after that streams from there.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any, Final

from models.errors import Permanent, Transient
from worker.assemble import captions
from worker.assemble.loudness import Levels, levelled
from worker.assemble.marks import moment
from worker.assemble.sound import LessonSound, Spool, gather, lay_out
from worker.audio.encode import MEDIA_TYPES, LessonFile
from worker.contract.manifest import Cue, LessonPart, Manifest, PartKind, TimedMark, WordTime
from worker.contract.messages import AssembleLesson, LessonPlan, lesson_folder
from worker.contract.timings import timings
from worker.errors import Exists, Missing, StoreRefused, UnreadableManifest
from worker.observe import tracing
from worker.store import manifests
from worker.store.base import Store

TEMPORARY: Final = "narrator-lesson-"  # begins the name of an assembly's folder
ALWAYS: Final = ("audio", "vtt", "srt", "timings", "chapters")  # kinds of parts that every lesson has
STALE_S: Final = 24 * 3600  # no assembly takes a day


def assemble_lesson(store: Store, plan: LessonPlan, message: AssembleLesson) -> Manifest:
    """Assemble one lesson and put its parts and its manifest into the store; gives the manifest that stands there.

    That is another one where a newer submission got there first. Calling it again does no harm and little work.
    Raises MissingSegments; Permanent for damaged segments and for lessons too long for a WAV.
    """
    if (plan.course, plan.lesson) != (message.course, message.lesson):
        raise Permanent(f"plan {message.plan} is of {plan.course}/{plan.lesson}, not {message.course}/{message.lesson}")
    present, _ = _present(store, message)
    if present and present.submitted > message.submitted:
        return present
    if present and present.lesson_key == plan.lesson_key() and _in_place(store, present):
        return _publish(store, _renewed(present, plan, message), message)
    try:
        _sweep()
        with TemporaryDirectory(prefix=TEMPORARY) as folder:
            return _publish(store, _link(store, plan, message, Path(folder)), message)
    except OSError as error:
        raise StoreRefused(
            f"temporary files, in TMPDIR: {error}: make room there for twice the lesson's audio"
        ) from error


def _sweep() -> None:
    """Remove the temporary files of assemblies that were killed more than a day ago."""
    for left in Path(gettempdir()).glob(f"{TEMPORARY}*"):
        with suppress(OSError):  # somebody else's, or just gone
            if time.time() - left.lstat().st_mtime > STALE_S:
                shutil.rmtree(left)


# --- the manifest that is there already


def _present(store: Store, message: AssembleLesson) -> tuple[Manifest | None, str | None]:
    """The lesson's present manifest, None where there is none that can be read, and its tag, None where none is there.

    Raises Transient where a newer submission's manifest is of a version that this worker does not know.
    """
    try:
        present = manifests.at(store, manifests.manifest_name(message.course, message.lesson))
    except Missing:
        return None, None
    except UnreadableManifest as error:
        if error.submitted > message.submitted:
            raise Transient(
                f"lesson {message.course}/{message.lesson}: a newer submission's manifest cannot be read by this"
                f" worker, which may be out of date: {error}"
            ) from None
        return None, error.tag
    return present.manifest, present.tag


def _in_place(store: Store, present: Manifest) -> bool:
    """Tell whether all parts of the manifest are there, and it has those that this version writes."""
    if not {part.kind for part in present.parts}.issuperset(ALWAYS):
        return False
    folder = lesson_folder(present.course, present.lesson)
    sizes = {entry.name: entry.size for entry in store.list(folder)}
    return all(sizes.get(folder + part.name) == part.size for part in present.parts)


def _renewed(present: Manifest, plan: LessonPlan, message: AssembleLesson) -> Manifest:
    """The present manifest for a plan that sounds and reads the same: a comment was edited, lines have moved."""
    moved = zip(present.cues, plan.entries, strict=True)
    cues = tuple(cue.model_copy(update={"line": entry.line, "id": entry.id}) for cue, entry in moved)
    return present.model_copy(update={**_origin(plan, message), "cues": cues})


def _publish(store: Store, manifest: Manifest, message: AssembleLesson) -> Manifest:
    """Write the manifest unless a newer submission's is there; whoever loses a race looks again."""
    name = manifests.manifest_name(manifest.course, manifest.lesson)
    data = (manifest.model_dump_json(indent=1) + "\n").encode()
    for _ in range(100):
        present, tag = _present(store, message)
        if present and (present.submitted > manifest.submitted or present == manifest):
            return present
        try:
            if tag is None:
                store.create(name, data, content_type="application/json")
            else:
                store.replace(name, data, tag, content_type="application/json")
        except (Exists, Missing):
            continue
        return manifest
    raise Transient(f"{store.url}: {name} changes faster than it can be written")


# --- the sound and the parts


def _link(store: Store, plan: LessonPlan, message: AssembleLesson, work: Path) -> Manifest:
    """Make all parts in the folder ``work`` and put them into the store; gives the manifest, not yet stored."""
    with (work / "spool").open("w+b") as file:
        spool = Spool(file)
        gather(store, plan, spool)
        lesson = lay_out(plan, spool)
        levels, loudness = levelled(lesson, plan.loudness)
        parts = _write(work, plan, lesson, levels)
    words = list(lesson.words())
    manifest = Manifest(
        **_origin(plan, message),
        course=plan.course,
        lesson=plan.lesson,
        lesson_key=plan.lesson_key(),
        sample_rate=lesson.rate,
        samples=lesson.samples,
        loudness=loudness,
        parts=tuple(parts),
        word_timings="segments" if None in words else "words",
        cues=_cues(plan, lesson),
        marks=_marks(plan, lesson.spans, words),
        relaxed=any(entry.segment.relaxed for entry in plan.entries),
    )
    manifest = manifest.model_copy(update={"parts": (*parts, *_write_timings(work, manifest))})
    for part in manifest.parts:
        name = lesson_folder(plan.course, plan.lesson) + part.name
        with tracing.span("store", key=name):
            store.put_file(name, work / part.name, content_type=part.media_type)
    return manifest


def _write(work: Path, plan: LessonPlan, lesson: LessonSound, levels: Levels) -> list[LessonPart]:
    """Write all parts into the folder ``work``: one pass over the lesson for all audio files together."""
    stem = f"{plan.lesson}.{plan.lesson_key()[:8]}"
    with ExitStack() as files:
        writers = [files.enter_context(LessonFile(o, work / f"{stem}.{o}", lesson.rate)) for o in plan.outputs]
        for block in levels.blocks(lesson):
            for writer in writers:
                writer.write(block)
    cues = captions.lesson_captions(
        [
            (entry.caption, *span, words or ())
            for entry, span, words in zip(plan.entries, lesson.spans, lesson.words(), strict=True)
        ],
        lesson.rate,
        lesson.samples,
    )
    (work / f"{stem}.vtt").write_text(captions.webvtt(cues), encoding="utf-8", newline="\n")
    (work / f"{stem}.srt").write_text(captions.srt(cues), encoding="utf-8", newline="\n")
    return [
        *(_part(work / f"{stem}.{output}", "audio", MEDIA_TYPES[output]) for output in plan.outputs),
        _part(work / f"{stem}.vtt", "vtt", "text/vtt"),
        _part(work / f"{stem}.srt", "srt", "application/x-subrip"),
    ]


def _write_timings(work: Path, manifest: Manifest) -> list[LessonPart]:
    """Write the parts that follow from the manifest's times into the folder ``work``."""
    stem = f"{manifest.lesson}.{manifest.lesson_key[:8]}"
    times, chapters = work / f"{stem}.timings.json", work / f"{stem}.chapters.vtt"
    times.write_text(timings(manifest).model_dump_json(indent=1) + "\n", encoding="utf-8", newline="\n")
    chapters.write_text(captions.webvtt(captions.chapter_captions(manifest)), encoding="utf-8", newline="\n")
    return [_part(times, "timings", "application/json"), _part(chapters, "chapters", "text/vtt")]


def _part(path: Path, kind: PartKind, media_type: str) -> LessonPart:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return LessonPart(kind=kind, name=path.name, media_type=media_type, size=path.stat().st_size, sha256=sha256)


def _origin(plan: LessonPlan, message: AssembleLesson) -> dict[str, Any]:
    """The manifest's fields that change with the submission, though the lesson may sound the same."""
    return {
        "title": plan.title,
        "language": plan.language,
        "source": plan.source,
        "source_digest": plan.source_digest,
        "plan": message.plan,
        "submitted": message.submitted,
    }


def _cues(plan: LessonPlan, lesson: LessonSound) -> tuple[Cue, ...]:
    return tuple(
        Cue(
            key=entry.key,
            segment=entry.segment,
            caption=entry.caption,
            role=entry.role,
            line=entry.line,
            start=start,
            end=end,
            words=words,
            gain=piece.gain,
            speech_ms=piece.speech_ms,
            pitch=piece.pitch,
            id=entry.id,
            late_ms=None if entry.at_ms is None else max(0, round(start * 1000 / lesson.rate) - entry.at_ms),
        )
        for entry, (start, end), words, piece in zip(
            plan.entries, lesson.spans, lesson.words(), lesson.spool.pieces, strict=True
        )
    )


def _marks(
    plan: LessonPlan, spans: Sequence[tuple[int, int]], words: Sequence[tuple[WordTime, ...] | None]
) -> tuple[TimedMark, ...]:
    found = []
    for entry, span, said in zip(plan.entries, spans, words, strict=True):
        for mark in entry.marks:
            sample, timing = moment(entry.caption, mark.offset, span, said)
            found.append(TimedMark(name=mark.name, sample=sample, timing=timing))
    return tuple(found)
