"""Why does it say that, and why was it rendered again: a lesson segment by segment, or a text of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import NarrationError, Permanent
from models.text.normalise import fired, normalise
from models.text.segment import fold, punctuated
from models.voice import PreparedUtterance
from producer import readers
from producer.lessons.options import NO_OPTIONS, NarrationOptions
from producer.plan.cut import cut
from producer.plan.keyed import keyed
from producer.plan.narration import Narration
from producer.plan.previous import Previous, previous, reasons
from producer.plan.pronounced import pronounced
from producer.plan.segments import segment_lesson
from producer.plan.text import lesson_of_text, no_place, paragraph
from producer.plan.voiced import voiced
from producer.plan.voices import KnownVoices
from worker.contract.messages import LessonEntry, LessonPlan, segment_name
from worker.contract.settings import load_settings

if TYPE_CHECKING:
    from worker.contract.settings import Settings
    from worker.store.base import Store

PRESENT = "stored"
NO_STORE = "no store configured"


def explain(
    where: str,
    options: NarrationOptions = NO_OPTIONS,
    *,
    why: bool = False,
    settings: Settings | None = None,
    store: Store | None = None,
) -> list[dict[str, Any]]:
    """Describe every segment of ``LESSON``, or those that begin on the line of ``LESSON:LINE`` (else the last before).

    Of each: ``where``, ``written``, ``readings`` (how marks and the lexicon have words said), ``text``, ``language``,
    ``normalised``, ``phonemes``, ``tokens`` (ids by utterance), ``voice``, ``key``, ``role``, ``pause_ms``, and
    ``state``: "stored", or why it would be rendered. Where the voice cannot say it, ``error`` says so instead of
    phonemes. With ``why`` also ``rules``, as ``rules_of`` gives them. The store is that of the settings unless one is
    given. Raises Permanent where the lesson cannot be planned.
    """
    path, line = place_of(where)
    settings = settings or load_settings()
    store = store or _store(settings)
    voices, options = KnownVoices.of(settings), options.with_settings(settings)
    lessons = readers.read_lessons(path, options.encoding, options.megabytes)
    plans = [segment_lesson(lesson, options, voices).plan for lesson in lessons]
    at = last_before(line, [entry.line for plan in plans for entry in plan.entries])
    found = []
    for plan in plans:
        entries = [entry for entry in plan.entries if at is None or entry.line == at]
        states = _states(plan, store) if entries else {}
        found += [_described(entry, voices, f"{path}:{entry.line}", states, why=why) for entry in entries]
    return found


def explain_text(
    text: str, options: NarrationOptions = NO_OPTIONS, *, why: bool = False, settings: Settings | None = None
) -> dict[str, Any]:
    """Tell how a text would be read: ``language``, ``segments`` (their texts), ``normalised``, ``voice``, ``phonemes``.

    ``normalised`` needs no voice; where none is there, or it cannot say the text, ``error`` says so instead of
    phonemes. The language is guessed where none is given. With ``why`` also ``rules``, as ``rules_of`` gives them.
    """
    settings = settings or load_settings()
    blocks = [paragraph(text, options.voice)]
    narration = Narration.of(lesson_of_text(), replace(options, voice=None).with_settings(settings), blocks)
    blocks = pronounced(blocks, narration)
    segments = cut(blocks, narration)
    ready = fold(" ".join(one.said.text for one in segments) if blocks[0].readings else text)
    found: dict[str, Any] = {
        "text": text,
        "language": narration.language,
        "normalised": normalise(ready, narration.language),
        "segments": [punctuated(one.said.text, one.said.language, one.role) for one in segments],
    }
    if why:
        found["rules"] = rules_of(ready, narration.language)
    try:
        with no_place():
            voices = KnownVoices.of(settings)
            said = [entry.segment for entry in keyed(voiced(segments, narration, voices), narration, voices)]
            if said:
                found["voice"] = said[0].voice
            found["phonemes"] = _phonemes([one for segment in said for one in voices.utterances(segment)])
    except NarrationError as error:
        found["error"] = str(error)
    return found


def _phonemes(utterances: Iterable[PreparedUtterance]) -> str:
    return " ".join(filter(None, (utterance.phonemes for utterance in utterances)))


def rules_of(text: str, language: str) -> list[dict[str, str]]:
    """Return the rules of reading that change a text, in order: ``kind``, ``rule``, what each ``took`` and ``gave``.

    Those that only put a space between two signs are left out.
    """
    changes = [(one, one.took.strip(), one.gave.strip()) for one in fired(text, language)]
    return [
        {"kind": one.kind, "rule": one.name, "took": took, "gave": gave} for one, took, gave in changes if took or gave
    ]


def place_of(where: str) -> tuple[Path, int | None]:
    """``intro.md:12`` as path and line; a file whose own name ends so is taken whole."""
    name, colon, line = where.rpartition(":")
    if colon and line.isdecimal() and not Path(where).exists():
        return Path(name), int(line)
    return Path(where), None


def _store(settings: Settings) -> Store | None:
    from worker.store.open import open_store

    return open_store(settings) if settings.store else None


def last_before(line: int | None, lines: list[int]) -> int | None:
    """Return, of the lines at which segments begin, the last that is not after ``line``."""
    if line is None:
        return None
    before = [begins for begins in lines if begins <= line]
    if not before:
        raise Permanent(f"nothing is spoken at or before line {line}; the first words are in line {min(lines)}")
    return max(before)


def _states(plan: LessonPlan, store: Store | None) -> Mapping[str, str]:
    """Key -> "stored", or why it would be rendered."""
    keys = {entry.key for entry in plan.entries}
    if store is None:
        return dict.fromkeys(keys, NO_STORE)
    there = store.existing(map(segment_name, keys))
    before: Previous | None = previous(store, plan.course, plan.lesson)
    missing = {key for key in keys if segment_name(key) not in there}
    return dict.fromkeys(keys, PRESENT) | reasons(missing, plan.entries, before)


def _readings(entry: LessonEntry) -> list[str]:
    """ "kubectl: cube control", "Nguyen: /ŋwɪən/"; in the order of the text."""
    text = entry.segment.text
    said = [(one.start, f"{one.written}: {text[one.start : one.end]}") for one in entry.respelt]
    said += [(one.start, f"{text[one.start : one.end]}: /{one.ipa.strip('/')}/") for one in entry.segment.readings]
    return [what for _, what in sorted(said)]


def _described(
    entry: LessonEntry, voices: KnownVoices, where: str, states: Mapping[str, str], *, why: bool
) -> dict[str, Any]:
    segment = entry.segment
    found: dict[str, Any] = {
        "where": where,
        "written": entry.caption,
        "readings": _readings(entry),
        "text": segment.text,
        "language": segment.language,
        "normalised": normalise(segment.text, segment.language),
        "voice": segment.voice,
        "key": entry.key,
        "role": entry.role,
        "pause_ms": entry.pause_ms,
        "state": states[entry.key],
    }
    if why:
        found["rules"] = rules_of(segment.text, segment.language)
    try:
        utterances = voices.utterances(segment)
        found["phonemes"] = _phonemes(utterances)
        found["tokens"] = [list(utterance.tokens) for utterance in utterances]
    except NarrationError as error:
        found["error"] = str(error)
    return found
