"""A test run that is killed leaves nothing running and no folder of a server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guard import NAME
from tests.integration.processes import Seen, processes, until

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc")
ROOT = Path(__file__).parents[2]


def started_by(pid: int) -> list[Seen]:
    """All descendants of a process."""
    seen = processes()
    found = {pid}
    while more := {one.pid for one in seen if one.parent in found} - found:
        found |= more
    return [one for one in seen if one.pid in found - {pid}]


def folder_of(pid: int) -> Path | None:
    """The folder that a process of a test has for its servers."""
    for line in Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0"):
        if line.startswith(f"{NAME}="):
            return Path(line.partition("=")[2])
    return None


def test_a_killed_run_leaves_nothing_running(tmp_path: Path) -> None:
    """The test itself runs in a worker of pytest, which is another process than the one that is killed."""
    log = tmp_path / "log"
    command = [sys.executable, "-m", "pytest", "-n", "1", "-p", "no:cacheprovider"]
    with log.open("wb") as output:
        run = subprocess.Popen(
            [*command, "tests/integration/left_running.py", f"--basetemp={tmp_path / 'temp'}"],
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )

    def all_there() -> list[Seen]:
        assert run.poll() is None, log.read_text()
        found = started_by(run.pid)
        wanted = ["moto", "weed", "valkey", "odd_worker", "serve", "-m worker", "local/guard.py"]
        return found if all(any(name in one.command for one in found) for name in wanted) else []

    found = until(all_there, 120)
    folders = {folder for one in found if (folder := folder_of(one.pid))} - {Path(os.environ[NAME])}
    assert folders
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    until(lambda: not {one.pid for one in found} & {one.pid for one in processes()})
    until(lambda: not any(folder.exists() for folder in folders))
