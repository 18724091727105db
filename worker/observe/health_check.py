"""The check of the worker on this machine, ``python -m worker.health``: exit code 0 or 1, and the reason in one line.

For a container's health check and a pod's liveness probe. An idle worker is well, and so is one whose broker is away;
one whose main loop or any of whose processes gets nowhere is not. Reads the file that ``NARRATOR_HEALTH_FILE`` names,
which the worker renews as long as it lives; imports nothing else, so that asking costs nothing.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

STALE_SECONDS = 120.0  # without a new record; a sweep may wait this long for a broker that does not answer
LOOP_SECONDS = 90.0  # without a turn of the main loop; it looks for a broker that is back every 30 s


def complaint(record: Mapping[str, Any], now: float) -> str | None:
    """The fault of a worker with this record, ``now`` by the monotonic clock; None where it is well."""
    if record["stopping"]:
        return None  # whoever stops it has a grace period of its own
    if now - record["written"] > STALE_SECONDS:
        return f"the worker has not been heard of for {now - record['written']:.0f} s"
    if now - record["loop"] > LOOP_SECONDS:
        return f"the worker's main loop has stood still for {now - record['loop']:.0f} s"
    late = {name: now - due for name, due in record["due"].items() if now > due}
    if late:
        which = ", ".join(f"process {name} is {seconds:.0f} s overdue" for name, seconds in sorted(late.items()))
        return f"work without progress: {which}"
    return None


def main() -> int:
    """Check the worker; gives 0 where it is well, 1 where it is not, 2 where that cannot be known."""
    where = os.environ.get("NARRATOR_HEALTH_FILE", "")
    if not where:
        print("set NARRATOR_HEALTH_FILE to a file, for the worker and for this check", file=sys.stderr)  # noqa: T201
        return 2
    try:
        record = json.loads(Path(where).read_text(encoding="utf-8"))
        reason = complaint(record, time.monotonic())
        at_work = len(record["due"])
    except FileNotFoundError:
        reason = f"no worker has written {where} yet"
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = f"{where}: {error}"
    print(reason or f"well, {at_work} processes at work")  # noqa: T201
    return 1 if reason else 0


if __name__ == "__main__":
    sys.exit(main())
