"""The cores that this process may really use: not the host's, where a container has a quota."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

CGROUPS = Path("sys/fs/cgroup")


def available_cores(root: Path = Path("/")) -> int:
    """Return the cores that this process may use: by affinity, and by the quota of its cgroup (v1 or v2), rounded up.

    ``root`` is where /proc and /sys are looked for.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([cores, *(math.ceil(quota) for quota in _quotas(root))]))


def _quotas(root: Path) -> Iterator[float]:
    """Yield the quota, in cores, of this process's cgroup and of every one above it, where there is one."""
    for line in _lines(root / "proc/self/cgroup"):
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:  # v2
            mounts = [root / CGROUPS]
        elif "cpu" in controllers.split(","):
            mounts = [root / CGROUPS / controllers, root / CGROUPS / "cpu"]
        else:
            continue
        for mount in mounts:
            group = mount / path.lstrip("/")
            # Inside a container the path may be the host's, of which only the mount itself is visible.
            for folder in (group, *group.parents):
                if folder.is_relative_to(mount):
                    yield from _quota(folder)


def _quota(folder: Path) -> Iterator[float]:
    words = " ".join(_lines(folder / "cpu.max")).split() or [
        word for name in ("cpu.cfs_quota_us", "cpu.cfs_period_us") for word in _lines(folder / name)
    ]
    if len(words) == 2 and all(word.isdigit() for word in words) and int(words[1]):
        yield int(words[0]) / int(words[1])  # "max" and -1 mean no quota


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
