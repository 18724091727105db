"""Draw what bench_cosyvoice measured: load time, speed and memory by batch size and by segment length.

    python -m tests.benchmarks.bench_cosyvoice DIR load batch
    python -m tests.benchmarks.plot_cosyvoice DIR docs/cosyvoice.png

Needs matplotlib: the extra ``plots``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tests.benchmarks.bench_cosyvoice import FIGURES

SPEED, MEMORY = "tab:blue", "tab:orange"
PAIR = 2  # segments at once of the rows that differ in length


def draw(folder: Path, out: Path) -> None:
    """The figures in the folder as one picture of three panels."""
    found = json.loads((folder / FIGURES).read_text(encoding="utf-8"))
    figure = Figure(figsize=(13, 4), layout="constrained")
    loading, batches, lengths = figure.subplots(1, 3)
    _bars(loading, found["load"])
    usual = min(row["audio s each"] for row in found["batch"] if row["segments"] != PAIR)
    rows = [row for row in found["batch"] if abs(row["audio s each"] - usual) < 0.1]
    _curves(batches, rows, "segments", f"segments at once, {usual:.1f} s each")
    batches.set_title("by batch size, int8", fontsize=10)
    rows = sorted((row for row in found["batch"] if row["segments"] == PAIR), key=lambda row: row["audio s each"])
    _curves(lengths, rows, "audio s each", f"length of a segment in s, {PAIR} at once")
    lengths.set_title("by segment length, int8", fontsize=10)
    figure.suptitle("CosyVoice-300M-SFT, full size, random weights, one thread", fontsize=11)
    figure.savefig(out, dpi=110)


def _bars(axes: Axes, rows: list[dict]) -> None:
    names = [row["mix"] for row in rows]
    beside = axes.twinx()
    for shift, over, key, colour in ((-0.2, axes, "CPU seconds to load", SPEED), (0.2, beside, "MB resident", MEMORY)):
        bars = over.bar([i + shift for i in range(len(rows))], [row[key] for row in rows], 0.38, color=colour)
        over.bar_label(bars)
        _label(over, key, colour)
    axes.set_xticks(range(len(rows)), names)
    axes.set_xlabel("precision of the bundle")
    axes.set_title("loading", fontsize=10)


def _curves(axes: Axes, rows: list[dict], x: str, title: str) -> None:
    beside = axes.twinx()
    for over, key, colour in ((axes, "RTF", SPEED), (beside, "MB peak", MEMORY)):
        over.plot([row[x] for row in rows], [row[key] for row in rows], "os"[over is beside] + "-", color=colour)
        _label(over, {"RTF": "CPU seconds a second of audio", "MB peak": "peak memory, MB"}.get(key, key), colour)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.set_xlabel(title)


def _label(axes: Axes, text: str, colour: str) -> None:
    axes.set_ylabel(text, color=colour)
    axes.tick_params(axis="y", labelcolor=colour)
    axes.set_ylim(0, 1.15 * axes.get_ylim()[1])


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
