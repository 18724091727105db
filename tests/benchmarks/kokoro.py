"""Kokoro through the whole system, beside kokoro-onnx and beside bare engines, on the same weights and text.

kokoro-onnx lives in an environment of its own, ``.venv-kokoro-onnx``, made at the first run.
"""

from __future__ import annotations

import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from models.catalog import Catalogue
from tests.benchmarks.courses import sentences
from tests.benchmarks.queue import narrate

ROOT = Path(__file__).parents[2]
OTHER = ROOT / ".venv-kokoro-onnx"
VOICE = "af_heart"
SCRIPT = """
import json, sys, time
asked = json.load(sys.stdin)
began = time.perf_counter()
from kokoro_onnx import Kokoro
kokoro = Kokoro(asked["model"], asked["voices"])
ready, samples = time.perf_counter(), 0
for text in asked["texts"]:
    audio, rate = kokoro.create(text, voice=asked["voice"], speed=1.0, lang="en-us")
    samples += len(audio)
json.dump({"audio": samples / rate, "seconds": time.perf_counter() - ready}, sys.stdout)
"""


def main(count: str = "80", rounds: str = "3") -> None:
    """Audio seconds per second on two cores, interleaved: the whole system, kokoro-onnx, two bare engines."""
    python = _environment()
    text = sentences()
    ratios, against_bare, overheads = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        voices = _voices(Path(folder))
        model = Catalogue.load().bundle("kokoro").path("model.onnx")
        for round_ in range(int(rounds)):
            texts = [" ".join(pair) for pair in zip(*[itertools.islice(text, int(count))] * 2, strict=True)]
            texts = [t.replace(". A", ", and a").replace(". T", ", and t") for t in texts]
            ours = _ours(Path(folder), round_, texts)
            asked = {"texts": texts, "voice": VOICE, "model": str(model), "voices": str(voices)}
            other = _run([[str(python), "-c", SCRIPT]], [asked])
            halves = [{"texts": texts[i::2], "voice": VOICE, "language": "en"} for i in range(2)]
            bare = _run([[sys.executable, "-m", "tests.benchmarks.bare_engine"]] * 2, halves)
            ratios.append(ours["rate"] / other["rate"])
            against_bare.append(ours["rate"] / bare["rate"])
            overheads.append(1 - ours["rate"] / bare["rate"])
            print(f"round {round_ + 1}: narrator {ours['rate']:.2f} audio s/s (start and assembly included), "
                  f"kokoro-onnx {other['rate']:.2f}, two bare engines {bare['rate']:.2f}", flush=True)  # fmt: skip
    print(f"against kokoro-onnx: {statistics.median(ratios):.2f} x (to reach: 1.05)")
    print(f"against two bare engines: {statistics.median(against_bare):.1%} (to reach: 95 %), "
          f"the system's share of wall time {statistics.median(overheads):.1%} (to reach: under 5 %)")  # fmt: skip


def _ours(folder: Path, round_: int, texts: list[str]) -> dict[str, float]:
    course = folder / f"course-{round_}"
    course.mkdir()
    paragraphs = "\n\n".join(" ".join(texts[i : i + 4]) for i in range(0, len(texts), 4))
    (course / "lesson.md").write_text(f"---\nvoice: {VOICE}\n---\n\n{paragraphs}\n", encoding="utf-8")
    report = narrate(course, folder / f"out-{round_}", "--processes", "2")
    assert report["rendered"] == len(texts), report
    return {"rate": _raw_audio(folder / f"out-{round_}") / report["command_seconds"]}


def _raw_audio(out: Path) -> float:
    """Seconds of speech in the segments, plus what finishing trimmed off, so that all three count the same audio."""
    from worker.audio.wav import read_record

    total = 0.0
    for path in (out / ".narrator" / "segments").rglob("*.wav"):
        record = read_record(path.read_bytes())
        total += soundfile.info(str(path)).duration + record.trimmed / record.sample_rate
    return total


def _run(commands: list[list[str]], asked: list[dict[str, Any]]) -> dict[str, float]:
    """All commands at once; audio of all over the time until the last has ended, start included as for narrator."""
    began = time.perf_counter()
    processes = [
        subprocess.Popen(c, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) for c in commands
    ]
    for process, question in zip(processes, asked, strict=True):
        assert process.stdin is not None
        process.stdin.write(json.dumps(question))
        process.stdin.close()
    answers = [json.loads(process.stdout.read()) for process in processes if process.stdout]
    if any(process.wait() for process in processes):
        raise SystemExit(f"{commands[0]} failed")
    return {"rate": sum(answer["audio"] for answer in answers) / (time.perf_counter() - began)}


def _environment() -> Path:
    python = OTHER / "bin" / "python"
    if not python.exists():
        venv.create(OTHER, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "kokoro-onnx==0.6.1"], check=True)
    return python


def _voices(folder: Path) -> Path:
    """Our style table in the form that kokoro-onnx reads: name -> float32 [510, 1, 256]."""
    table = np.load(Catalogue.load().bundle("kokoro").path(f"kokoro/{VOICE}.npy")).astype(np.float32)
    np.savez(folder / "voices.npz", **{VOICE: table.reshape(510, 1, 256)})
    return folder / "voices.npz"
