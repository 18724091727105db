"""Courses made up for benchmarks: English sentences, every one distinct."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

SUBJECTS = ("A plant", "The sea", "A river", "The teacher", "A small cell", "The moon", "This engine", "An old clock")
VERBS = ("takes in", "gives back", "carries", "measures", "builds", "moves", "shows", "keeps")
OBJECTS = ("water", "light", "energy", "heat", "sugar", "time", "sound", "salt")
TAILS = ("every day", "at night", "in spring", "for a while", "near the coast", "in the lab", "by itself", "again")


def sentences() -> Iterator[str]:
    """Distinct sentences of about 40 characters, without end."""
    for round_ in itertools.count(1):
        number = "" if round_ == 1 else f" on page {round_}"
        for s, v, o, t in itertools.product(SUBJECTS, VERBS, OBJECTS, TAILS):
            yield f"{s} {v} {o} {t}{number}."


def write_course(folder: Path, lessons: int, segments: int, *, voice: str = "", skip: int = 0) -> Path:
    """Write ``lessons`` Markdown lessons of ``segments`` sentences each, from the ``skip``-th sentence on."""
    folder.mkdir(parents=True, exist_ok=True)
    text = itertools.islice(sentences(), skip, None)
    head = f"---\nvoice: {voice}\n---\n\n" if voice else ""
    for lesson in range(lessons):
        lines = list(itertools.islice(text, segments))
        paragraphs = [" ".join(lines[i : i + 5]) for i in range(0, len(lines), 5)]
        (folder / f"lesson-{lesson:05}.md").write_text(head + "\n\n".join(paragraphs) + "\n", encoding="utf-8")
    return folder
