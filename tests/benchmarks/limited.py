"""CosyVoice at full size under a memory limit: two workers, Valkey, assembly and the command in one cgroup.

    python -m tests.benchmarks.limited DIR [GIB] [SEGMENTS]       4 GiB, 32 segments; Linux, as root

DIR is what bench_cosyvoice keeps its bundles in. Batches are filled to two minutes of work, six times the default, and
the last ones are not made smaller, as the end of a course would have it. Printed with the peak: how many segments the
batches had, and what the workers warned of. Swap is not allowed for.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from tests.benchmarks.bench_cosyvoice import bundle

CGROUPS = Path("/sys/fs/cgroup")
SUBJECTS = "山水风云日月星河"
COMMAND = "import producer.run.batches as batches; batches.SHARES = 1; import producer.cli as cli; cli.main()"
SENTENCE = "第{}课我们一起看{}怎样随着四季慢慢变化，再想一想这和我们的生活有什么关系。"


class Group:
    """A cgroup with a memory limit, version 1 or 2."""

    def __init__(self, limit: int) -> None:
        """``limit`` is in bytes."""
        new = (CGROUPS / "cgroup.controllers").exists()
        self.folder = (CGROUPS if new else CGROUPS / "memory") / f"narrator-{os.getpid()}"
        self.folder.mkdir()
        names = ("memory.max", "memory.peak") if new else ("memory.limit_in_bytes", "memory.max_usage_in_bytes")
        self._limit, self._peak = (self.folder / name for name in names)
        self._killed = self.folder / ("memory.events" if new else "memory.oom_control")
        self._limit.write_text(str(limit))

    def join(self) -> None:
        """Put the calling process, and all that it starts, under the limit."""
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def usage(self) -> dict[str, int]:
        """Peak in MB (10^6), page cache included, and how many processes the kernel has killed."""
        counts = dict(line.split() for line in self._killed.read_text().splitlines())
        return {"peak MB": int(self._peak.read_text()) // 10**6, "killed": int(counts.get("oom_kill", 0))}

    def resident(self) -> int:
        """MB that processes hold now, without page cache."""
        parts = dict(line.split() for line in (self.folder / "memory.stat").read_text().splitlines())
        return int(parts.get("total_rss", parts.get("anon", "0"))) // 10**6


def main(folder: str, gib: str = "4", segments: str = "32") -> None:
    """Narrate a lesson under the limit, and print what it took."""
    voices = Path(folder).absolute()
    bundle(voices, "int8")
    group = Group(round(float(gib) * 2**30))
    with tempfile.TemporaryDirectory() as temporary:
        lesson = Path(temporary, "seasons.md")
        lines = [SENTENCE.format(i + 1, SUBJECTS[i % 8] + SUBJECTS[i // 8 % 8]) for i in range(int(segments))]
        lesson.write_text("---\nlanguage: zh\n---\n" + "\n\n".join(lines) + "\n", encoding="utf-8")
        command = ["make", str(lesson), "--out", f"{temporary}/out", "--voice", "int8/zh-female"]
        own = {"NARRATOR_VOICES_DIR": str(voices), "NARRATOR_TASK_SECONDS": "120", "TMPDIR": temporary}
        own["NARRATOR_VISIBILITY_TIMEOUT"] = "3600"  # such batches end in one go, however busy the machine is
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *command, "--processes", "2", "--json"],
            env={**os.environ, **own},
            stdout=subprocess.PIPE,
            preexec_fn=group.join,
        )
        resident, log = 0, ""
        while True:
            try:
                output, _ = process.communicate(timeout=0.2)
                break
            except subprocess.TimeoutExpired:
                resident = max(resident, group.resident())
                with suppress(OSError, StopIteration):  # not there yet, or gone
                    log = next(Path(temporary).glob("narrator-*/narrator.render.*.log")).read_text(encoding="utf-8")
    if process.returncode not in (0, 1):  # 1: some segments failed, and the report says which
        sys.exit(f"narrator make ended with {process.returncode}")
    report = json.loads(output)
    print({"limit MB": round(float(gib) * 2**30) // 10**6, **group.usage(), "processes alone, MB": resident})
    print({name: report[name] for name in ("segments", "rendered", "failed", "audio_seconds", "wall_seconds")})
    print("segments of the batches:", *re.findall(r"a batch of (\d+) segments", log))
    print(*(line for line in log.splitlines() if re.search("WARNING|ERROR|CRITICAL|again", line)), sep="\n")
    for failure in report["failures"][:3]:
        print(failure)
    group.folder.rmdir()


if __name__ == "__main__":
    main(*sys.argv[1:])
