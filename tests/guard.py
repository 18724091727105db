"""Ends all that a test run has started when the run is gone, however it went: servers, workers, browsers (Linux).

Each process of pytest has a guard. ``begin`` makes a folder for its servers and names it in the environment, which
every process inherits that a test starts, through any number of forks and sessions. When the pipe from pytest reads
empty, the guard kills whatever has that name in its environment, and removes the folder. Servers that write a title
over their environment (Redis and Valkey) have to be told not to: ``set-proc-title no``.

What all processes of a run share (tests/shared.py) lies in the folder of the first one, and ends with it.
"""

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

NAME = "TEST_RUN_FOLDER"
ALSO = "remove-in-the-end"  # a file of patterns
OTHER_GUARDS_SECONDS = 5.0  # an embedded stack's guard knows best what to kill; that of a worker of pytest, too


_run: list[Path] = []  # the folder of the whole run, once there is one
_pipe: list[int] = []  # its end in this process


def begin(*, worker: bool = False) -> None:
    """Start this process's guard, and name its folder in the environment; a worker of pytest has that of the run."""
    folder = tempfile.mkdtemp(prefix="nt-", dir="/tmp")  # a socket's path may have 108 bytes
    reading, writing = os.pipe()
    _pipe.append(writing)
    command = [sys.executable, "-I", "-S", __file__, folder]
    os.posix_spawn(sys.executable, command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, reading, 0)], setsid=True)
    os.close(reading)
    os.register_at_fork(after_in_child=_let_go)
    _run.append(Path(os.environ[NAME] if worker else folder))
    os.environ[NAME] = folder


def _let_go() -> None:
    """Close the pipe in a process that was forked, and in no child of that once more."""
    while _pipe:
        os.close(_pipe.pop())


def run_folder() -> Path:
    """The folder that all processes of the run share. A script that is no test begins a run with it."""
    if not _run:
        begin()
    return _run[0]


def server_folder(prefix: str) -> Path:
    """A new folder for a server's data, gone with this run."""
    return Path(tempfile.mkdtemp(prefix=prefix, dir=os.environ.get(NAME, "/tmp")))


def remove_in_the_end(patterns: list[str]) -> None:
    """Have the run's guard remove files that a server makes elsewhere."""
    with (run_folder() / ALSO).open("a") as file:
        file.writelines(f"{pattern}\n" for pattern in patterns)


def marked(folder: str) -> list[tuple[int, bool]]:
    """Every process with that folder in its environment, and whether it is a guard."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"{NAME}={folder}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append((int(process.name), b"guard.py\0" in (process / "cmdline").read_bytes()))
    return found


def main(folder: str) -> None:
    """Wait for the end of standard input; then kill what is marked, and remove the folder."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    while os.read(0, 64):
        pass
    began = time.monotonic()
    while found := marked(folder):
        for pid, guard in found:
            if not guard or time.monotonic() - began > OTHER_GUARDS_SECONDS:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    with contextlib.suppress(FileNotFoundError):
        for pattern in (Path(folder) / ALSO).read_text().splitlines():
            for file in Path("/").glob(pattern.lstrip("/")):
                file.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
