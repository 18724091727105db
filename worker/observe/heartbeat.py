"""Signs of life of one worker: shared between its processes, and written for whoever checks its health.

A page of shared memory holds whether the worker was asked to stop, when its main loop last turned, and, for each
pool process, by when it must have shown progress; zero while it is idle. So an idle worker is healthy, and one that
has work and gets nowhere is not, however many processes of it are alive.
"""

from __future__ import annotations

import json
import mmap
import os
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from billiard.process import current_process

STOPPING, LOOP, AWAY, FIRST = 0, 1, 2, 3  # places in the page; the pool's processes follow
PROCESSES = 509  # what is left of the page
LOOP_SECONDS = 5.0  # between two turns of the main loop that are noted


class Heartbeat:
    """The page of one worker, made before the pool forks. Values are eight aligned bytes: none is seen half written."""

    def __init__(self) -> None:
        self._page = memoryview(mmap.mmap(-1, 8 * (FIRST + PROCESSES))).cast("d")
        self.turned()

    def stop(self) -> None:
        """Ask the processes to stop: they finish the segment they are at and give the rest back."""
        self._page[STOPPING] = 1.0

    def stopping(self) -> bool:
        """Tell whether the worker was asked to stop."""
        return self._page[STOPPING] != 0.0

    def turned(self) -> None:
        """Note a turn of the main loop."""
        self._page[LOOP] = time.monotonic()

    def away(self) -> None:
        """Note that the broker is away: the main loop waits for it, and is not to blame."""
        self._page[AWAY] = time.monotonic()

    def expect(self, seconds: float) -> None:
        """Note when this pool process must show progress again, or something is wrong with it."""
        self._page[self._place()] = time.monotonic() + seconds

    def idle(self) -> None:
        """Note that this pool process has nothing to do."""
        self._page[self._place()] = 0.0

    def record(self) -> dict[str, Any]:
        """The record for ``worker.health``: times are of the machine's monotonic clock, which its processes share."""
        due = {str(i): at for i, at in enumerate(self._page[FIRST:]) if at}
        return {
            "written": time.monotonic(),
            "pid": os.getpid(),
            "stopping": self.stopping(),
            "loop": max(self._page[LOOP], self._page[AWAY]),
            "due": due,
        }

    @staticmethod
    def _place() -> int:
        """The process's place in the page: the pool numbers them, and gives the number of a dead one to the next."""
        return FIRST + int(getattr(current_process(), "index", 0) or 0) % PROCESSES


def write_record(record: dict[str, Any], path: Path) -> None:
    """Leave the record where ``worker.health`` reads it, whole; a full disk must not stop the worker."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    with suppress(OSError):
        part.write_text(json.dumps(record), encoding="utf-8")
        part.replace(path)


def tell_systemd(words: str) -> None:
    """Say something to systemd where it listens (``Type=notify``, ``WatchdogSec=``); nothing elsewhere."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        there.connect(address.replace("@", "\0", 1))
        there.send(words.encode())
