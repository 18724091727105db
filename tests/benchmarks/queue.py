"""What queue, ledger and store cost: the tiny voice through the whole system."""

from __future__ import annotations

import contextlib
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
ROUNDS = 3
TICKS = os.sysconf("SC_CLK_TCK")  # a second, in /proc
SERVERS = {"seaweedfs": {"weed"}, "radosgw": {"radosgw", "ceph-osd", "ceph-mon"}}  # names of their processes


def narrate(course: Path, out: Path, *options: str, **environment: str) -> dict[str, Any]:
    """One `narrator make` in a fresh process; gives its report with the wall seconds of the whole command."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("NARRATOR_")}
    began = time.perf_counter()
    command = [NARRATOR, "make", str(course), "--out", str(out), "--json", *options]
    done = subprocess.run(command, env=inherited | environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}\n{done.stdout}")
    return {**json.loads(done.stdout), "command_seconds": time.perf_counter() - began}


def main(*kinds: str) -> None:
    """60 lessons of 100 segments, two workers, into a directory; or 20 lessons into each of the S3 servers named."""
    with tempfile.TemporaryDirectory() as folder:
        if not kinds:
            course = write_course(Path(folder) / "course", 60, 100, voice="tiny/one")
            _directory(course, Path(folder))
            return
        course = write_course(Path(folder) / "course", 20, 100, voice="tiny/one")
        for turn in range(ROUNDS):  # in turns: what else the machine does hits all of them
            for kind in kinds:
                _server(kind, course, Path(folder) / f"{kind}-{turn}")


def _directory(course: Path, folder: Path) -> None:
    report = narrate(course, folder / "out", "--processes", "2", NARRATOR_VOICES_DIR=str(VOICES))
    rendered, seconds = report["rendered"], report["command_seconds"]
    print(f"{rendered} segments in {seconds:.1f} s: {rendered / seconds:.0f} segments/s, start, assembly and "
          f"delivery included (to reach: 300)")  # fmt: skip
    again = narrate(course, folder / "out", "--processes", "2", NARRATOR_VOICES_DIR=str(VOICES))
    print(f"again, unchanged: {again['rendered']} rendered, {again['command_seconds']:.2f} s")


def _server(kind: str, course: Path, out: Path) -> None:
    """Narrate into an S3 server, and say whose processor time bounds it: the server's, narrator's, or nobody's."""
    from tests.integration.s3_servers import BUCKET, start

    server = start(kind)
    environment = {
        "NARRATOR_VOICES_DIR": str(VOICES),
        "NARRATOR_STORE": f"s3://{BUCKET}/queue-{os.getpid()}-{out.name}",
        "NARRATOR_S3_ENDPOINT_URL": server.endpoint,
        "AWS_ACCESS_KEY_ID": server.access_key,
        "AWS_SECRET_ACCESS_KEY": server.secret_key,
    }
    idle, served = _idle_seconds(), _served_seconds(kind)
    report = narrate(course, out, "--processes", "2", **environment)
    rendered, seconds = report["rendered"], report["command_seconds"]
    processors = seconds * (os.cpu_count() or 1)
    theirs, nobody = (_served_seconds(kind) - served) / processors, (_idle_seconds() - idle) / processors
    print(
        f"{kind}: {rendered} segments in {seconds:.1f} s: {rendered / seconds:.0f} segments/s. The server had "
        f"{theirs:.0%} of the processors, {nobody:.0%} were idle, narrator and what else runs here had the rest.",
        flush=True,
    )


def _idle_seconds() -> float:
    """Seconds for which processors had nothing to do, or waited for a disk, all of them together, since the start."""
    _, _, _, _, idle, waiting, *_ = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return (int(idle) + int(waiting)) / TICKS


def _served_seconds(kind: str) -> float:
    """Processor seconds of the server's processes until now."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            name, _, rest = stat.read_text().partition("(")[2].rpartition(")")
            if name in SERVERS[kind]:
                total += sum(map(int, rest.split()[11:13]))  # in user mode, in the kernel
    return total / TICKS
