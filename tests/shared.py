"""What is made once for all processes of a test run: S3 servers, the narrated course, a run that nothing disturbs."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from typing import TypeVar

from tests.guard import NAME, run_folder

T = TypeVar("T")


def once(name: str, make: Callable[[], T]) -> T:
    """What ``make`` gives, for the first process that asks; the others wait for it. It has to pass through JSON."""
    path = run_folder() / f"{name}.json"
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            path.write_text(json.dumps(make()), encoding="utf-8")
        made: T = json.loads(path.read_text(encoding="utf-8"))
    return made


def environment() -> dict[str, str]:
    """For a process that all share: it ends with the whole run, not with the process that starts it."""
    return {**os.environ, NAME: str(run_folder())}
