"""Why does it say that, and why was it rendered again: a lesson segment by segment, or a text of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import NarrationError, Permanent
from models.text.languages import guess
from models.text.lexicon import Lexicon
from models.text.normalise import fired, normalise
from models.text.segment import fold, punctuated
from producer import readers
from producer.lessons.model import Block, Lesson, Voicing
from producer.lessons.options import NO_OPTIONS, NarrationOptions
from producer.lexicon import pronounced
from producer.lexicon import read as read_lexicon
from producer.plan.previous import Previous, previous, reasons
from producer.plan.readings import spoken, voiced_part
from producer.plan.segments import Draft, draft, parts
from producer.plan.voices import Cast
from worker.contract.messages import LessonEntry, segment_name

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
    """Every segment of ``LESSON``, or those that begin on the line of ``LESSON:LINE`` (else the last before it).

    Of each: ``where``, ``written``, ``readings`` (how marks and the lexicon have words said), ``text``, ``language``,
    ``normalised``, ``phonemes``, ``tokens`` (ids by utterance), ``voice``, ``key``, ``role``, ``pause_ms``, and
    ``state``: "stored", or why it would be rendered. Where the voice cannot say it, ``error`` says so instead of
    phonemes. With ``why`` also ``rules``, as ``rules_of`` gives them. The store is that of the settings unless one is
    given. Raises Permanent where the lesson cannot be planned.
    """
    path, line = place_of(where)
    cast, settings = casting(settings, options)
    store = store or _store(settings)
    options = options.with_settings(settings)
    lessons = readers.read(path, options.encoding, options.megabytes)
    drafts = [(lesson, draft(lesson, cast, options)) for lesson in lessons]
    at = last_before(line, [entry.line for _, drafted in drafts for entry in drafted.plan.entries])
    found = []
    for lesson, drafted in drafts:
        entries = [entry for entry in drafted.plan.entries if at is None or entry.line == at]
        states = _states(lesson, drafted, store) if entries else {}
        found += [_described(entry, cast, f"{path}:{entry.line}", states, why=why) for entry in entries]
    return found


def explain_text(
    text: str, options: NarrationOptions = NO_OPTIONS, *, why: bool = False, settings: Settings | None = None
) -> dict[str, Any]:
    """How a text would be read: ``language``, ``segments`` (their texts), ``normalised``, ``voice``, ``phonemes``.

    ``normalised`` needs no voice; where none is there, or it cannot say the text, ``error`` says so instead of
    phonemes. The language is guessed where none is given. With ``why`` also ``rules``, as ``rules_of`` gives them.
    """
    language = options.language or guess(text)
    block = Block(text, "paragraph", 0, Voicing(options.voice))
    if options.lexicon:
        block = pronounced(block, Lexicon(read_lexicon(options.lexicon)), language)
    cut = list(parts(block, language))
    said = [(spoken(block, piece, language), piece.boundary) for piece, _, _ in cut]
    ready = fold(" ".join(one.text for one, _ in said) if block.readings else text)
    found: dict[str, Any] = {
        "text": text,
        "language": language,
        "normalised": normalise(ready, language),
        "segments": [punctuated(one.text, one.language, boundary) for one, boundary in said],
    }
    if why:
        found["rules"] = rules_of(ready, language)
    try:
        cast, _ = casting(settings, replace(options, language=language))
        phonemes = []
        for piece, _, _ in cut:
            voiced = voiced_part(_NO_LESSON, block, piece, language, cast)
            found.setdefault("voice", voiced.voice.id)
            one = voiced.said
            segment = punctuated(one.text, one.language, piece.boundary)
            utterances = cast.frontend(voiced.voice.bundle).prepare(segment, one.language, one.readings)
            phonemes += [utterance.phonemes for utterance in utterances]
        found["phonemes"] = " ".join(filter(None, phonemes))
    except NarrationError as error:
        found["error"] = str(error)
    return found


def rules_of(text: str, language: str) -> list[dict[str, str]]:
    """The rules of reading that change a text, in their order: ``kind``, ``rule``, what it ``took``, what it ``gave``.

    Those that only put a space between two signs are left out.
    """
    changes = [(one, one.took.strip(), one.gave.strip()) for one in fired(text, language)]
    return [
        {"kind": one.kind, "rule": one.name, "took": took, "gave": gave} for one, took, gave in changes if took or gave
    ]


_NO_LESSON = Lesson(course="-", id="-", path=Path("--text"), digest="", text="")


def place_of(where: str) -> tuple[Path, int | None]:
    """``intro.md:12`` as path and line; a file whose own name ends so is taken whole."""
    name, colon, line = where.rpartition(":")
    if colon and line.isdecimal() and not Path(where).exists():
        return Path(name), int(line)
    return Path(where), None


def casting(settings: Settings | None, options: NarrationOptions = NO_OPTIONS) -> tuple[Cast, Settings]:
    """The voices that the settings know, with what the caller asks for."""
    from models.catalog import Catalogue
    from models.family import load_frontend
    from worker.contract.settings import load_settings

    settings = settings or load_settings()
    catalogue = Catalogue.load(settings.voices_dir)
    return Cast(catalogue, load_frontend, voice=options.voice, language=options.language), settings


def _store(settings: Settings) -> Store | None:
    from worker.store.open import open_store

    return open_store(settings) if settings.store else None


def last_before(line: int | None, lines: list[int]) -> int | None:
    """Of the lines at which segments begin, the last that is not after ``line``."""
    if line is None:
        return None
    before = [begins for begins in lines if begins <= line]
    if not before:
        raise Permanent(f"nothing is spoken at or before line {line}; the first words are in line {min(lines)}")
    return max(before)


def _states(lesson: Lesson, drafted: Draft, store: Store | None) -> Mapping[str, str]:
    """Key -> "stored", or why it would be rendered."""
    keys = {entry.key for entry in drafted.plan.entries}
    if store is None:
        return dict.fromkeys(keys, NO_STORE)
    there = store.existing(map(segment_name, keys))
    before: Previous | None = previous(store, lesson.course, lesson.id)
    missing = {key for key in keys if segment_name(key) not in there}
    return dict.fromkeys(keys, PRESENT) | reasons(missing, drafted.plan.entries, before)


def _readings(entry: LessonEntry) -> list[str]:
    """ "kubectl: cube control", "Nguyen: /ŋwɪən/"; in the order of the text."""
    text = entry.segment.text
    said = [(one.start, f"{one.written}: {text[one.start : one.end]}") for one in entry.respelt]
    said += [(one.start, f"{text[one.start : one.end]}: /{one.ipa.strip('/')}/") for one in entry.segment.readings]
    return [what for _, what in sorted(said)]


def _described(entry: LessonEntry, cast: Cast, where: str, states: Mapping[str, str], *, why: bool) -> dict[str, Any]:
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
        utterances = cast.frontend(segment.bundle).prepare(segment.text, segment.language, segment.readings)
        found["phonemes"] = " ".join(filter(None, (utterance.phonemes for utterance in utterances)))
        found["tokens"] = [list(utterance.tokens) for utterance in utterances]
    except NarrationError as error:
        found["error"] = str(error)
    return found
