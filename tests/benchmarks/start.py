"""How long the command line takes to start."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

NARRATOR = str(Path(sys.executable).with_name("narrator"))


def main() -> None:
    """`narrator --help`, five times after a warm-up."""
    times = []
    for _ in range(6):
        began = time.perf_counter()
        subprocess.run([NARRATOR, "--help"], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    print(f"median {statistics.median(times[1:]):.3f} s, slowest {max(times[1:]):.3f} s (to reach: 0.4 s)")
