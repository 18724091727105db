"""`narrator sync` over 1,000 lessons of which none has changed: how long until it knows.

python -m tests.benchmarks nights                        lessons and store in directories
python -m tests.benchmarks nights moto                   in buckets; radosgw and seaweedfs where they are installed
"""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.benchmarks.courses import write_course
from tests.benchmarks.measure import measured
from tests.benchmarks.queue import NARRATOR, VOICES
from worker.contract.settings import Settings
from worker.store import open_store

LESSONS, SEGMENTS = 1000, 5


def main(kind: str = "directory") -> None:
    """A second night over 1,000 unchanged lessons."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        course = write_course(folder / "course", LESSONS, SEGMENTS, voice="tiny/one")
        os.environ["NARRATOR_VOICES_DIR"] = str(VOICES)
        first = _sync(course, folder / "store", "--here")
        print(f"the first night: {first['rendered']} segments in {first['wall_seconds']:.0f} s")
        if kind == "directory":
            for _ in range(3):
                _sync(course, folder / "store", reach=2)
            return
        from tests.integration.s3_servers import BUCKET, start

        server = start(kind)
        os.environ["NARRATOR_S3_ENDPOINT_URL"] = server.endpoint
        os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"] = server.access_key, server.secret_key
        place = f"s3://{BUCKET}/nights"
        for root, where in ((folder / "store", f"{place}/store"), (course, f"{place}/course")):
            bucket = open_store(Settings(store=where))
            files = [
                path for path in root.rglob("*") if path.is_file() and path.name[0] != "." and "locks" not in path.parts
            ]
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda f: bucket.put(str(f.relative_to(root)), f.read_bytes()), files))  # noqa: B023
        for source in (course, f"{place}/course", f"{place}/course"):  # the second time its files are known
            _sync(source, f"{place}/store", reach=10)


def _sync(source: Path | str, store: Path | str, *words: str, reach: int = 0) -> dict[str, Any]:
    command = [NARRATOR, "sync", str(source), "--store", str(store), "--json", *words]
    night, seconds, usage = measured(command, os.environ)
    if reach:
        assert night["unchanged"] == LESSONS
        print(f"{source}: nothing changed: {seconds:.2f} s, {usage.ru_utime + usage.ru_stime:.2f} s of processor, "
              f"peak RSS {usage.ru_maxrss / 1024:.0f} MB (to reach: {reach} s)")  # fmt: skip
    return night
