"""What queue, ledger and store cost: the tiny voice through the whole system."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.courses import write_course

NARRATOR = str(Path(sys.executable).with_name("narrator"))
VOICES = Path(__file__).parents[1] / "data"


def narrate(course: Path, out: Path, *options: str, **environment: str) -> dict[str, Any]:
    """One `narrator make` in a fresh process; gives its report with the wall seconds of the whole command."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("NARRATOR_")}
    began = time.perf_counter()
    command = [NARRATOR, "make", str(course), "--out", str(out), "--json", *options]
    done = subprocess.run(command, env=inherited | environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}\n{done.stdout}")
    return {**json.loads(done.stdout), "command_seconds": time.perf_counter() - began}


def main(lessons: str = "60", segments: str = "100") -> None:
    """60 lessons of 100 segments, two workers, directory store."""
    with tempfile.TemporaryDirectory() as folder:
        course = write_course(Path(folder) / "course", int(lessons), int(segments), voice="tiny/one")
        report = narrate(course, Path(folder) / "out", "--processes", "2", NARRATOR_VOICES_DIR=str(VOICES))
        rendered, seconds = report["rendered"], report["command_seconds"]
        print(f"{rendered} segments in {seconds:.1f} s: {rendered / seconds:.0f} segments/s, start, assembly and "
              f"delivery included (to reach: 300)")  # fmt: skip
        again = narrate(course, Path(folder) / "out", "--processes", "2", NARRATOR_VOICES_DIR=str(VOICES))
        print(f"again, unchanged: {again['rendered']} rendered, {again['command_seconds']:.2f} s")
