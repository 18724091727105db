"""``python -m tests.benchmarks.light OUT``: what a recogniser hears of a light vocoder's sounds, beside its teacher's.

OUT is a folder that ``models.training.judge`` made. Needs the extra ``listen``. Prints a table in Markdown: errors by
the written text of both, how far the two are from each other, and the sentences that only the student has wrong.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import soundfile

from producer.run.word_errors import error_rate
from worker.listen_back.recogniser import transcribe


def heard(path: Path, language: str) -> str:
    """What the recogniser hears in a file."""
    samples, rate = soundfile.read(path, dtype="float32")
    return transcribe(samples, rate, language)


def main(folder: Path) -> None:
    rates: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    worse = []
    for figure in json.loads((folder / "figures.json").read_text("utf-8"))["sentences"]:
        name, text, language = figure["name"], figure["text"], figure["language"]
        teacher, light = (heard(folder / f"{name}.{kind}.wav", language) for kind in ("teacher", "light"))
        three = [error_rate(*pair, language) for pair in ((text, teacher), (text, light), (teacher, light))]
        for group in ("all", language, f"{language}, {figure['kind']}"):
            rates[group].append((three[0], three[1], three[2]))
        if three[1] > three[0]:
            worse.append(f"- {name} ({three[0]:.2f}, {three[1]:.2f}): {text} -> {light.strip()}")
    print("| sentences | number | teacher | light | light against teacher |\n| --- | --- | --- | --- | --- |")
    for group, triples in rates.items():
        print(f"| {group} | {len(triples)} | " + " | ".join(f"{100 * m:.1f} %" for m in np.mean(triples, 0)) + " |")
    print("\n".join(["", *worse]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
