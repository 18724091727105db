"""The course that every case narrates: 8 lessons, 218 distinct segments, some of them in two lessons.

``make acceptance`` and ``make soak`` narrate 20 lessons, 542 segments.
"""

from __future__ import annotations

import os
from pathlib import Path

LESSONS = int(os.environ.get("NARRATOR_FAULT_LESSONS", "8"))
SENTENCES = 26  # of a lesson's own
SEGMENTS = LESSONS * (SENTENCES + 1) + 2  # with headings; the last lesson shares two sentences with nobody
WORDS = ["river", "stone", "light", "paper", "cloud", "window", "garden", "bridge", "letter", "mirror"]


def sentence(number: int) -> str:
    house, rest = divmod(number, 10_000)
    first, second, third, fourth = (WORDS[int(digit)] for digit in f"{rest:04}")
    where = f" of house {house}" if house else ""
    return f"The {first} and the {second} meet the {third} near the {fourth}{where}."


def write(folder: Path, lessons: int = LESSONS, *, sentences: int = SENTENCES, first: int = 0) -> Path:
    """Write the lessons; each shares two sentences with the next. ``first`` numbers the first sentence."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(lessons):
        begin = first + number * sentences
        write_lesson(folder, number, [sentence(begin + i) for i in range(sentences + 2)])
    return folder


def write_lesson(folder: Path, number: int, sentences: list[str]) -> Path:
    path = folder / f"lesson-{number:02}.md"
    text = " ".join(sentences)
    path.write_text(f"---\nvoice: tiny/one\n---\n# Lesson number {number}\n\n{text}\n", encoding="utf-8")
    return path
