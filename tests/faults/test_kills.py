"""Workers killed and stopped at random moments, with real signals."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from random import Random

import pytest

from tests.faults.conftest import Deploy
from tests.faults.deployment import Delivered, Deployment, kill
from tests.integration.processes import until

SEEDS = range(int(os.environ.get("NARRATOR_FAULT_SEEDS", "3")))
RECOVERY_SECONDS = 30.0  # promised; a lease of 15 s and a sweep every 3 s, as by default
BUSY_SECONDS = 30.0  # more, where the machine that tests is loaded: worker processes start meanwhile


def speaking(workers: Sequence[subprocess.Popen[bytes]], pid: int) -> subprocess.Popen[bytes]:
    """The worker whose process that is."""
    return next(worker for worker in workers if os.getpgid(pid) == worker.pid)


@pytest.mark.parametrize("seed", [SEEDS[0], *(pytest.param(seed, marks=pytest.mark.long) for seed in SEEDS[1:])])
def test_kills_at_random_moments(seed: int, deployment: Deployment, reference: Delivered, segments: int) -> None:
    """A child of a pool, a whole worker, every worker: in an order and at moments that the seed draws."""
    random = Random(seed)
    workers = deployment.workers(2)
    producer = deployment.submit()
    faults = ["child", "worker", "all"]
    random.shuffle(faults)
    moments = sorted(random.uniform(0.05, 0.8) for _ in faults)
    for fault, moment in zip(faults, moments, strict=True):
        deployment.until_spoken(moment, segments)
        if fault == "child":
            with contextlib.suppress(ProcessLookupError):
                os.kill(deployment.busiest(), signal.SIGKILL)
            continue
        gone = list(workers)
        if fault == "worker":
            gone = [random.choice(workers)]
        for worker in gone:
            kill(worker)
            workers.remove(worker)
        workers += [deployment.worker(wait=False) for _ in gone]
    with deployment.read_meanwhile():
        report = deployment.end(producer)
    assert (report["failed"], report["failed_lessons"]) == (0, 0)
    deployment.same_as(reference)
    deployment.rendered_at_most(1 + len(faults))
    deployment.nothing_left(unacknowledged=True)


def test_a_killed_workers_segments_are_taken_up_within_30_seconds(
    deploy: Deploy, reference: Delivered, segments: int, record_property
) -> None:
    """With the leases and sweeps of a deployment that sets nothing."""
    deployment = deploy(lease_seconds=15.0, sweep_seconds=3.0)
    workers = deployment.workers(2)
    producer = deployment.submit()
    deployment.until_spoken(0.3, segments)
    victim = deployment.busiest()
    kill(speaking(workers, victim))
    killed = time.time()
    held = [one.text for one in deployment.spoken() if one.pid == victim][-1]
    report = deployment.end(producer)
    assert report["failed"] == 0
    again = [one.at for one in deployment.spoken() if one.at > killed and one.text == held]
    took = (again[0] if again else max(one.at for one in deployment.spoken())) - killed
    print(f"the killed process's segments were spoken again after {took:.1f} s")
    assert took < RECOVERY_SECONDS + BUSY_SECONDS
    deployment.same_as(reference)
    deployment.rendered_at_most(2)
    deployment.nothing_left(unacknowledged=True)


def test_a_stopped_workers_segments_are_given_back_at_once(deploy: Deploy, reference: Delivered, segments: int) -> None:
    """SIGTERM, as a container's stop sends it: no lease lapses, nothing is rendered twice."""
    deployment = deploy(lease_seconds=300.0)
    worker = deployment.worker(2)
    producer = deployment.submit()
    for share in (0.2, 0.6):
        deployment.until_spoken(share, segments)
        worker.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert worker.wait(60) == 0
        print(f"stopped after {time.monotonic() - began:.1f} s")
        assert deployment.ledger.runs(1)[0].remaining > 0
        worker = deployment.worker(2)
    assert deployment.end(producer)["failed"] == 0
    deployment.same_as(reference)
    deployment.rendered_at_most(1)
    deployment.nothing_left()


def test_a_paused_worker_loses_its_segments_and_does_no_harm(
    deployment: Deployment, reference: Delivered, segments: int
) -> None:
    """SIGSTOP for longer than a lease: others render what it held; when it goes on, the first stored stands."""
    workers = deployment.workers(2)
    producer = deployment.submit()
    deployment.until_spoken(0.3, segments)
    paused = speaking(workers, deployment.busiest())
    os.killpg(paused.pid, signal.SIGSTOP)
    before = len(deployment.spoken())
    time.sleep(deployment.settings.lease_seconds + 3)
    until(lambda: len(deployment.spoken()) > before, 30)
    os.killpg(paused.pid, signal.SIGCONT)
    assert deployment.end(producer)["failed"] == 0
    deployment.same_as(reference)
    deployment.rendered_at_most(2)
    deployment.nothing_left()
