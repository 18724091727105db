"""Looking at and hurting real processes, for tests (Linux: /proc)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Seen(NamedTuple):
    pid: int
    parent: int
    group: int
    command: str


def processes() -> list[Seen]:
    """Every process that is not a zombie."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent, group = (folder / "stat").read_text().rpartition(") ")[2].split()[:3]
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state not in "ZX":
            found.append(Seen(int(folder.name), int(parent), int(group), command))
    return found


def group(leader: int) -> list[Seen]:
    return [seen for seen in processes() if seen.group == leader]


def guard_of(command: int) -> int | None:
    """The guard that a command started: it leads the group of what the command keeps running."""
    return next((seen.pid for seen in processes() if seen.parent == command and "local/guard.py" in seen.command), None)


def pool_children(leader: int) -> list[Seen]:
    """Of the stack's Celery workers: processes whose parent is in the group as well, and is not the guard."""
    members = group(leader)
    pids = {seen.pid for seen in members} - {leader}
    return [seen for seen in members if seen.parent in pids]


def until(look: Callable[[], T | None], seconds: float = 60.0) -> T:
    """Poll until something true comes back."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(0.02)
    return found


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
