"""Processes that end with the command that started them, however it goes, and the private folder that they share."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from producer.local import guard

LONGEST_SOCKET_NAME = 16  # bytes that a socket's name may take in the private folder
MAX_SOCKET_PATH = 100  # bytes; macOS allows 104, Linux 108
GRACE_SECONDS = 10.0  # for a worker to finish or give back what it holds when the command is interrupted
GUARD_SECONDS = 2.0  # for the guard to end everything once it is told
LOG_LINES = 15  # quoted when a process dies


class GuardedProcesses:
    """A context manager: what is started inside it is gone with it, and by ``guard`` when this process is killed."""

    def __enter__(self) -> GuardedProcesses:
        self._started: list[subprocess.Popen[bytes]] = []
        self.folder = _private_folder()
        self.guard, self._pipe = _start_guard(self.folder)
        return self

    def __exit__(self, *_: object) -> None:
        """Have the guard kill whatever is left, then collect the dead."""
        os.close(self._pipe)
        try:
            self.guard.wait(GUARD_SECONDS)
        except subprocess.TimeoutExpired:  # a fork of this process holds the pipe as well
            os.killpg(self.guard.pid, signal.SIGKILL)
        for process in (self.guard, *self._started):
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, command: Sequence[str], name: str, env: Mapping[str, str] = os.environ) -> subprocess.Popen[bytes]:
        """Start a command whose log is ``log(name)``; a terminal's Ctrl-C does not reach it."""
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=env,
                process_group=self.guard.pid,
            )
        self._started.append(process)
        return process

    def log(self, name: str) -> Path:
        """The file that takes what a process says."""
        return self.folder / f"{name}.log"

    def last_words(self, process: subprocess.Popen[bytes], name: str) -> str:
        """Say how a process ended, and how its log ends: "(exit code 1):" and some lines."""
        return f"({_fate(process)}):\n{_tail(self.log(name))}"

    @staticmethod
    def stop(processes: Iterable[subprocess.Popen[bytes]]) -> None:
        """Let workers finish the segment they are at and give back the rest; those that take too long are killed."""
        told = list(processes)
        for process in told:
            process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for process in told:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _private_folder() -> Path:
    """Make a folder of mode 0700 whose path leaves room for a socket's name."""
    folder = Path(tempfile.mkdtemp(prefix="narrator-"))
    if len(os.fsencode(folder)) + 1 + LONGEST_SOCKET_NAME <= MAX_SOCKET_PATH:
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="narrator-", dir="/tmp"))  # made 0700 under a random name


def _start_guard(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start the guard; gives it and its pipe's write end, which must stay in this process alone (Python's pipes do)."""
    reading, writing = os.pipe()
    command = [sys.executable, "-I", "-S", str(Path(guard.__file__)), str(folder)]
    try:
        process = subprocess.Popen(command, stdin=reading, stdout=subprocess.DEVNULL, process_group=0)
    except BaseException:
        os.close(writing)
        raise
    finally:
        os.close(reading)
    return process, writing


def _fate(process: subprocess.Popen[bytes]) -> str:
    code = process.poll()
    if code is None:
        return "still starting"
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def _tail(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return "\n".join(lines[-LOG_LINES:]) or "(its log is empty)"
