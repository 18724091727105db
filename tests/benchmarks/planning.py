"""Reading, segmenting and keying a course of 200,000 words, by format: segments per second of CPU, and peak memory.

python -m tests.benchmarks planning
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from tests.benchmarks.courses import sentences

WORDS = 200_000
PER_LESSON = 500  # sentences


def main(*only: str) -> None:
    """Reading, segmenting and keying 200,000 words, by format."""
    with tempfile.TemporaryDirectory() as temporary:
        for name, write in FORMATS.items():
            if only and name not in only:
                continue
            folder = Path(temporary, name)
            folder.mkdir()
            write(folder, _text())
            done = subprocess.run(
                [sys.executable, "-m", "tests.benchmarks.planning", str(folder)], check=True, capture_output=True
            )
            found = json.loads(done.stdout)
            speed = found["segments"] / found["cpu"]
            print(f"{name:6} {found['segments']} segments: {speed:.0f} a second of CPU, peak RSS {found['rss']:.0f} MB "
                  f"(to reach: 2,000; 300 MB)", flush=True)  # fmt: skip


def measure(folder: Path) -> dict[str, float]:
    """Plan a folder in this process, with the tiny voice and no store."""
    from models.catalog import Catalogue
    from models.family import load_frontend
    from producer.lessons.options import NarrationOptions
    from producer.plan.planner import plan
    from producer.plan.voices import KnownVoices
    from tests.conftest import TINY_VOICES

    began = time.process_time()
    made = plan(
        [folder], NarrationOptions(voice="tiny/one"), KnownVoices(Catalogue.load(TINY_VOICES), load_frontend), None
    )
    cpu = time.process_time() - began
    assert not made.failures, made.failures[0]
    return {"segments": made.segments, "cpu": cpu, "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _text() -> list[str]:
    found, words = [], 0
    for sentence in sentences():
        found.append(sentence)
        words += len(sentence.split())
        if words >= WORDS:
            break
    return found


def _files(suffix: str, joint: str, head: str = "", tail: str = "\n") -> Callable[[Path, list[str]], None]:
    def write(folder: Path, text: list[str]) -> None:
        every = iter(text)
        for number in range(len(text) // PER_LESSON + 1):
            if lesson := list(islice(every, PER_LESSON)):
                (folder / f"lesson-{number:04}{suffix}").write_text(head + joint.join(lesson) + tail)

    return write


def _table(folder: Path, text: list[str], suffix: str) -> None:
    rows = [(f"lesson-{at // PER_LESSON}", f"s{at}", sentence) for at, sentence in enumerate(text)]
    if suffix == ".csv":
        lines = ["lesson_id,segment_id,text", *(",".join(row) for row in rows)]
    else:
        lines = [json.dumps({"lesson_id": row[0], "segment_id": row[1], "text": row[2]}) for row in rows]
    (folder / f"course{suffix}").write_text("\n".join(lines))


def _srt(folder: Path, text: list[str]) -> None:
    def clock(second: int) -> str:
        return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02},000"

    cues = (f"{at}\n{clock(at)} --> {clock(at + 1)}\n{sentence}\n" for at, sentence in enumerate(text))
    (folder / "film.srt").write_text("\n".join(cues))


def _pptx(folder: Path, text: list[str]) -> None:
    from pptx import Presentation

    every = iter(text)
    for number in range(len(text) // PER_LESSON + 1):
        deck = Presentation()
        while notes := list(islice(every, 10)):
            slide = deck.slides.add_slide(deck.slide_layouts[5])
            slide.notes_slide.notes_text_frame.text = " ".join(notes)
            if len(deck.slides) == PER_LESSON // 10:
                break
        if len(deck.slides):
            deck.save(str(folder / f"deck-{number:04}.pptx"))


def _reveal(folder: Path, text: list[str]) -> None:
    slides = "\n".join(f'<section><aside class="notes">{sentence}</aside></section>' for sentence in text)
    (folder / "deck.html").write_text(f'<div class="reveal"><div class="slides">{slides}</div></div>')


def _lexicon(folder: Path, text: list[str]) -> None:
    """Markdown with a lexicon of 500 words and phrases made of the text's own words."""
    _files(".md", " ")(folder, text)
    words = sorted({word.strip(".,").lower() for sentence in text for word in sentence.split() if word[0].isalpha()})
    words = (words + [f"{word} {other}" for word in words for other in words[:50]])[:500]
    (folder / "lexicon.toml").write_text("[words]\n" + "".join(f'"{word}" = "say {word}"\n' for word in words))


FORMATS: dict[str, Callable[[Path, list[str]], None]] = {
    "md": _files(".md", " "),
    "lexicon": _lexicon,
    "txt": _files(".txt", "\n"),
    "csv": lambda folder, text: _table(folder, text, ".csv"),
    "jsonl": lambda folder, text: _table(folder, text, ".jsonl"),
    "srt": _srt,
    "marp": _files(".md", " -->\n\n---\n\n<!-- ", "---\nmarp: true\n---\n<!-- ", " -->\n"),
    "reveal": _reveal,
    "pptx": _pptx,
}

if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
