"""Hours of work, lesson after lesson: memory, file descriptors and Redis stay flat.

    SOAK_SECONDS=600 .venv/bin/pytest -s -m soak tests/faults/test_soak.py

ends after that time (three hours by default) or 100,000 segments, whatever comes first.
"""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import Valkey
from tests.faults import course
from tests.faults.conftest import Deploy
from tests.integration.processes import processes
from worker.contract.messages import segment_name

SECONDS = float(os.environ.get("SOAK_SECONDS", 3 * 3600))
SEGMENTS = 100_000
pytestmark = [pytest.mark.soak, pytest.mark.timeout(int(SECONDS) + 1200)]


class Sample(NamedTuple):
    """Of the worker's processes together, and of Redis."""

    megabytes: float
    descriptors: int
    redis_megabytes: float
    redis_keys: int


def look(group: int, server: Valkey) -> Sample:
    kilobytes = descriptors = 0
    for seen in processes():
        if seen.group == group:
            status = Path(f"/proc/{seen.pid}/status").read_text()
            kilobytes += int(status.partition("VmRSS:")[2].split()[0])
            descriptors += len(list(Path(f"/proc/{seen.pid}/fd").iterdir()))
    used = server.client.info("memory")["used_memory"] / 1e6
    return Sample(kilobytes / 1e3, descriptors, used, int(server.client.dbsize()))


def test_nothing_grows(deploy: Deploy, redis_server: Valkey, tmp_path: Path) -> None:
    deployment = deploy(ledger_days=120 / 86_400)  # records expire after two minutes, instead of a week
    worker = deployment.worker(2, FAULT_SECONDS=0)
    samples: list[Sample] = []
    began, done, number = time.monotonic(), 0, 0
    while time.monotonic() - began < SECONDS and done < SEGMENTS:
        lessons = course.write(tmp_path / f"course-{number}", first=number * course.LESSONS * course.SENTENCES)
        report = deployment.end(deployment.submit(course=lessons))
        assert report["failed"] == 0
        done += report["rendered"]
        number += 1
        samples.append(look(worker.pid, redis_server))
        print(f"{time.monotonic() - began:6.0f} s {done:6} segments {samples[-1]}", flush=True)
    assert deployment.store.existing([segment_name("0" * 64)]) == set()
    deployment.nothing_left()
    warm = samples[len(samples) // 4 :]  # engines are loaded, and the first records have expired
    assert len(warm) >= 6, "too short to tell"
    third = len(warm) // 3
    for kind, early, late in zip(
        Sample._fields, zip(*warm[:third], strict=True), zip(*warm[-third:], strict=True), strict=True
    ):
        before, after = statistics.median(early), statistics.median(late)
        print(f"{kind}: {before:.1f} -> {after:.1f}")
        assert after <= before * 1.1 + 5, f"{kind} grows: {before:.1f} -> {after:.1f}"
