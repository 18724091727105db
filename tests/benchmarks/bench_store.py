"""What the stores cost: writes, and finding a course's segments among many others.

python -m tests.benchmarks.bench_store directory [PLACE]     210,000 files, on the disk under PLACE
python -m tests.benchmarks.bench_store moto|seaweedfs|radosgw    10,000 objects on that server

A directory is filled without fsync, which nobody times; HEAD requests cost the same among ten as among ten million.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from models.records import digest
from tests.integration.s3_servers import BUCKET, start
from worker.contract.messages import segment_name
from worker.contract.settings import Settings
from worker.store import Store, open_store

WAV = os.urandom(100_000)  # bytes of a segment of two seconds
COURSE = 10_000
OTHERS = 200_000
WRITES = 400


def names(count: int, kind: str) -> list[str]:
    """Names of that many segments."""
    return [segment_name(digest({kind: number})) for number in range(count)]


def timed(what: str, count: int, action: Callable[[], object]) -> None:
    """Run once; print the rate and the CPU of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{what:<34}{count / wall:8.0f}/s {wall:8.2f} s {cpu / count * 1e3:8.3f} ms CPU each", flush=True)


def each(threads: int, action: Callable[[str], object], over: Iterable[str]) -> None:
    """Do it for all names, in so many threads."""
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(action, over):
            pass


def measure(store: Store, course: list[str], others: int) -> None:
    """Print the figures of a store that holds the course and so many others."""
    for threads in (1, 2, 8):
        fresh = names(WRITES, f"write-{threads}")
        timed(f"create 100 kB, {threads} threads", WRITES, lambda: each(threads, lambda n: store.create(n, WAV), fresh))  # noqa: B023
    timed("get 100 kB, 1 thread", WRITES, lambda: each(1, store.get, fresh))
    wanted = random.sample(course + names(COURSE, "absent"), COURSE)
    found: set[str] = set()
    timed(f"existing, among {others:,} others", COURSE, lambda: found.update(store.existing(wanted)))
    if found != set(wanted) & set(course):
        raise SystemExit("existing is wrong")


def main(kind: str = "directory", place: str | None = None) -> None:
    """Fill a store, then measure it."""
    course = names(COURSE, "course")
    if kind == "directory":
        with tempfile.TemporaryDirectory(dir=place) as folder:
            for name in course + names(OTHERS, "other"):
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
            measure(open_store(Settings(store=folder)), course, OTHERS)
        return
    server = start(kind)
    os.environ |= {"AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key}
    store = open_store(Settings(store=f"s3://{BUCKET}/bench-{os.getpid()}", s3_endpoint_url=server.endpoint))
    timed("put 1 byte, 16 threads", COURSE, lambda: each(16, lambda name: store.put(name, b"x"), course))
    measure(store, course, 0)
    store.delete(entry.name for entry in store.list())


if __name__ == "__main__":
    main(*sys.argv[1:])
