"""What runs beside a course at night: the collection of garbage, and a sync that is killed."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from tests.faults import course
from tests.faults.conftest import Deploy
from tests.faults.deployment import Delivered, Deployment, kill
from tests.integration.processes import until
from worker.contract.messages import segment_name

MONTH = 30 * 86_400.0


def age(store: Path) -> None:
    """As if everything in a directory store had been there for a month."""
    then = time.time() - MONTH
    for path in store.rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))


def test_garbage_is_collected_while_a_course_is_narrated(
    deploy: Deploy, reference: Delivered, segments: int, tmp_path: Path
) -> None:
    """Old segments that the course takes up again stay, though no lesson names them yet; others go."""
    deployment = deploy(store=str(tmp_path / "store"))
    deployment.worker(2)
    former = course.write(tmp_path / "former", 4)  # of the course's own sentences
    gone = course.write(tmp_path / "gone", 2, first=5_000)
    for folder in (former, gone):
        assert deployment.end(deployment.submit(course=folder))["failed"] == 0
    before = {one.text for one in deployment.spoken()}
    old = set(deployment.delivered().segments)
    wanted = old & set(reference.segments)
    assert 50 < len(wanted) < len(old) - 50
    for manifest in (tmp_path / "store").rglob("manifest.json"):
        manifest.unlink()
    age(tmp_path / "store")

    deployment.hold.touch()  # for the first collection nothing new is stored, then more and more
    producer = deployment.submit()
    until(lambda: deployment.ledger.runs(1)[0].lessons == course.LESSONS and deployment.ledger.in_flight(), 60)
    deleted = collections = 0
    while producer.poll() is None:
        done = deployment.narrator("store", "gc", "--json")
        assert done.returncode == 0, done.stderr
        deleted += json.loads(done.stdout)["segments"]
        collections += 1
        deployment.hold.unlink(missing_ok=True)
    assert collections > 1
    assert deployment.end(producer)["failed"] == 0
    assert deleted == len(old) - len(wanted)
    assert not deployment.store.existing({segment_name(key) for key in old - wanted})
    deployment.same_as(reference)
    deployment.rendered_at_most(1)
    assert len({one.text for one in deployment.spoken()} - before) == segments - len(wanted)
    deployment.nothing_left()


def test_a_sync_is_killed(deployment: Deployment, reference: Delivered, segments: int) -> None:
    """What it had sent is rendered; another one waits until its lock has lapsed, and then delivers all."""
    deployment.worker(2)
    command = ("sync", str(deployment.course), "--json")
    night = deployment.start(*command)
    deployment.until_spoken(0.2, segments)
    kill(night)
    held = deployment.narrator(*command)
    assert held.returncode == 2
    assert "another run holds" in held.stderr
    (lock,) = [entry.name for entry in deployment.store.list("locks/")]
    data, tag = deployment.store.get(lock)
    lapsed = json.dumps(json.loads(data) | {"until": time.time() - 1}).encode()  # rather than wait for ten minutes
    deployment.store.replace(lock, lapsed, tag, content_type="application/json")
    again = deployment.narrator(*command)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["failed"] == 0
    deployment.same_as(reference)
    deployment.rendered_at_most(1)
    third = json.loads(deployment.narrator(*command).stdout)
    assert (third["unchanged"], third["rendered"]) == (course.LESSONS, 0)
    deployment.nothing_left()
