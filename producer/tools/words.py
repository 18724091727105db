"""Words that the voices do not know: how often a course says them, where first, and how they will be said.

What is in the voice's own lists, in the lexicon, or has a reading in the text is known. The rest is said by rule.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from models.errors import Permanent, Unspeakable
from producer import readers
from producer.lessons.options import NarrationOptions
from producer.plan.segments import segment_lesson
from producer.plan.voices import KnownVoices
from worker.contract.settings import Settings, load_settings


@dataclass(slots=True)
class Unknown:
    """A word in no list: as it is first written, its phonemes in IPA, how often it is said, and where first."""

    word: str
    ipa: str
    where: str
    count: int = 1


@dataclass(slots=True)
class UnknownWords:
    """The unknown words, the most frequent first; what is wrong with lessons; sentences of voices without lists."""

    words: list[Unknown] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    untold: dict[str, int] = field(default_factory=dict)  # voice -> segments


def words(paths: Iterable[Path], options: NarrationOptions, *, settings: Settings | None = None) -> UnknownWords:
    """Go through lesson files and folders of them.

    Raises Permanent for paths and options that make no sense; what is wrong with a lesson is in the report.
    """
    settings = settings or load_settings()
    voices, options = KnownVoices.of(settings), options.with_settings(settings)
    found: dict[str, Unknown] = {}
    report = UnknownWords()
    for path in readers.find_lessons(paths, follow_links=options.follow_links):
        try:
            lessons = readers.read_lessons(path, options.encoding, options.megabytes)
            entries = [entry for lesson in lessons for entry in segment_lesson(lesson, options, voices).plan.entries]
        except Permanent as error:
            report.failures.append(str(error))
            continue
        for entry in entries:
            where = f"{path}:{entry.line}"
            frontend = voices.frontend(entry.segment.bundle)
            try:
                guessed = frontend.guesses(entry.segment.text, entry.segment.language, entry.segment.readings)
            except Unspeakable as error:
                report.failures.append(f"{where}: {error}")
                continue
            if guessed is None:
                report.untold[entry.segment.voice] = report.untold.get(entry.segment.voice, 0) + 1
            for word, ipa in guessed or ():
                _count(found, word, ipa, where)
    report.words = sorted(found.values(), key=lambda one: (-one.count, one.word.lower()))
    return report


def as_toml(report: UnknownWords) -> str:
    """A lexicon that says every word as it is said now: its author corrects what is wrong, and deletes the rest."""
    lines = ["[words]"]
    for one in report.words:
        written = json.dumps(one.word, ensure_ascii=False)
        times = "once" if one.count == 1 else f"{one.count} times"
        lines.append(f'{written} = {{ ipa = "{one.ipa}" }}  # {times}, first in {one.where}')
    return "\n".join(lines) + "\n"


def _count(found: dict[str, Unknown], word: str, ipa: str, where: str) -> None:
    if word.lower() in found:
        found[word.lower()].count += 1
    else:
        found[word.lower()] = Unknown(word, ipa, where)
