"""A fully cached course of 10,000 segments in a store that holds 200,000 others: how long until it is reported.

python -m tests.benchmarks cached directory
python -m tests.benchmarks cached moto          an S3 server from pip; radosgw and seaweedfs where they are installed
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.benchmarks.courses import write_course
from tests.benchmarks.measure import measured
from tests.benchmarks.queue import NARRATOR, VOICES, narrate
from worker.contract.settings import Settings
from worker.store import open_store
from worker.store.base import Store

LESSONS, SEGMENTS = 200, 50


def main(kind: str = "directory", others: str = "200000") -> None:
    """A fully cached course of 10,000 segments among 200,000 others."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        course = write_course(folder / "course", LESSONS, SEGMENTS, voice="tiny/one")
        report = narrate(course, folder / "out", NARRATOR_VOICES_DIR=str(VOICES))
        print(f"filled: {report['rendered']} segments in {report['command_seconds']:.0f} s")
        local = open_store(Settings(store=str(folder / "out" / ".narrator")))
        if kind == "directory":
            _fill(local, int(others), threads=2)
            _measure(course, folder, {"NARRATOR_STORE": local.url})
            shutil.rmtree(Path(local.url) / "lessons")
            _measure(course, folder, {"NARRATOR_STORE": local.url}, "plan")
            return
        from tests.integration.s3_servers import BUCKET, start

        server = start(kind)
        environment = {
            "NARRATOR_STORE": f"s3://{BUCKET}/bench",
            "NARRATOR_S3_ENDPOINT_URL": server.endpoint,
            "AWS_ACCESS_KEY_ID": server.access_key,
            "AWS_SECRET_ACCESS_KEY": server.secret_key,
        }
        os.environ.update(environment)
        remote = open_store(Settings())
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda entry: remote.put(entry.name, local.get(entry.name)[0]), list(local.list())))
        _fill(remote, int(others), threads=8)
        _measure(course, folder, environment)
        remote.delete(entry.name for entry in list(remote.list("lessons/")))
        _measure(course, folder, environment, "plan")


def _fill(store: Store, count: int, threads: int) -> None:
    began = time.perf_counter()

    def put(number: int) -> None:
        key = hashlib.sha256(str(number).encode()).hexdigest()
        name = f"segments/{key[:2]}/{key}.wav"
        path = Path(store.url, name)
        if path.is_absolute() and not store.url.startswith("s3:"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"RIFF")  # without the store's fsync: this is scenery
        else:
            store.put(name, b"RIFF")

    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, count, 10_000):
            list(pool.map(put, range(start, min(count, start + 10_000))))
    print(f"{count} other segments in {time.perf_counter() - began:.0f} s")


def _measure(course: Path, folder: Path, environment: dict[str, str], command: str = "make") -> None:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("NARRATOR_")}
    out = ["--out", str(folder / "out")] if command == "make" else []
    environment = inherited | {"NARRATOR_VOICES_DIR": str(VOICES)} | environment
    report, seconds, usage = measured([NARRATOR, command, str(course), *out, "--json"], environment)
    what = "nothing changed" if command == "make" else "manifests gone, every segment looked up"
    print(f"{command}: {report['segments']} segments, {report['reused']} reused ({what}): {seconds:.1f} s, peak RSS "
          f"{usage.ru_maxrss / 1024:.0f} MB (to reach: 15 s, 200 MB)")  # fmt: skip
