"""Redis away, restarted, paused, flushed, full, or failed over."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Iterator

import pytest
import redis
from pydantic import SecretStr

from tests.conftest import Valkey
from tests.faults.conftest import Deploy
from tests.faults.deployment import Delivered, Deployment
from tests.faults.sentinel import Sentinel
from tests.guard import server_folder
from tests.integration.processes import until


@pytest.fixture
def own_redis() -> Iterator[Valkey]:
    """A server for one case, which may die with it."""
    folder = server_folder("nr-")
    server = Valkey(folder, shutil.which("redis-server") or "")
    server.client.config_set("appendfsync", "always")
    yield server
    server.process.send_signal(signal.SIGCONT)
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def deployment(deploy: Deploy, own_redis: Valkey) -> Deployment:
    return deploy(redis_url=SecretStr(own_redis.url))


@pytest.mark.parametrize("seconds", [5.0, pytest.param(60.0, marks=pytest.mark.long)])
@pytest.mark.parametrize(
    "how", [pytest.param(signal.SIGTERM, marks=pytest.mark.long), signal.SIGKILL], ids=lambda how: how.name
)
def test_redis_is_down_for_a_while(
    how: signal.Signals, seconds: float, deployment: Deployment, own_redis: Valkey, reference: Delivered, segments: int
) -> None:
    worker = deployment.worker(1)  # one place alone: a message that nobody could acknowledge must not keep it
    producer = deployment.submit()
    deployment.until_spoken(0.2, segments)
    own_redis.process.send_signal(how)
    own_redis.process.wait()
    time.sleep(seconds)
    own_redis.start()
    returned = time.time()
    until(lambda: deployment.spoken()[-1].at > returned or not deployment.ledger.runs(1)[0].remaining, 60)
    print(f"the first segment was spoken {deployment.spoken()[-1].at - returned:.1f} s after Redis returned")
    assert deployment.end(producer)["failed"] == 0
    assert worker.poll() is None
    deployment.same_as(reference)
    deployment.rendered_at_most(2)
    deployment.nothing_left(unacknowledged=True)


def test_redis_is_paused(deployment: Deployment, own_redis: Valkey, reference: Delivered, segments: int) -> None:
    """SIGSTOP, for longer than leases last: connections stay open, and nothing answers."""
    deployment.workers(2)
    producer = deployment.submit()
    deployment.until_spoken(0.2, segments)
    own_redis.process.send_signal(signal.SIGSTOP)
    time.sleep(15)
    own_redis.process.send_signal(signal.SIGCONT)
    assert deployment.end(producer)["failed"] == 0
    deployment.same_as(reference)
    deployment.rendered_at_most(2)
    deployment.nothing_left(unacknowledged=True)


def test_redis_is_flushed(deployment: Deployment, own_redis: Valkey, reference: Delivered, segments: int) -> None:
    """The queue, the leases and the run are gone: the producer that waits submits again what is not in the store."""
    deployment.workers(2)
    producer = deployment.submit()
    deployment.until_spoken(0.4, segments)
    own_redis.client.flushall()
    report = deployment.end(producer)
    assert (report["failed"], report["failed_lessons"]) == (0, 0)
    deployment.same_as(reference)
    deployment.rendered_at_most(2)
    deployment.nothing_left(unacknowledged=True)


@pytest.mark.long
def test_redis_is_flushed_and_nobody_waits(
    deployment: Deployment, own_redis: Valkey, reference: Delivered, segments: int
) -> None:
    """A cron job's submission: tomorrow's renders what is missing, and nothing else."""
    deployment.workers(2)
    deployment.submit("--json").wait(60)
    deployment.until_spoken(0.4, segments)
    own_redis.client.flushall()
    stored = len(list(deployment.store.list("segments/")))
    assert 0 < stored < segments
    report = deployment.end(deployment.submit())
    assert report["reused"] >= stored
    deployment.same_as(reference)
    deployment.rendered_at_most(2)
    deployment.nothing_left(unacknowledged=True)


def test_redis_is_full(deployment: Deployment, own_redis: Valkey, reference: Delivered, segments: int) -> None:
    """maxmemory without eviction: writes are refused for a while."""
    workers = deployment.workers(2)
    producer = deployment.submit()
    deployment.until_spoken(0.2, segments)
    own_redis.client.config_set("maxmemory", 1)
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        own_redis.client.set("x", "y")
    time.sleep(8)
    own_redis.client.config_set("maxmemory", 0)
    assert deployment.end(producer)["failed"] == 0
    assert [worker.poll() for worker in workers] == [None, None]
    deployment.same_as(reference)
    deployment.rendered_at_most(2)
    deployment.nothing_left(unacknowledged=True)


@pytest.fixture
def sentinel() -> Iterator[Sentinel]:
    made = Sentinel()
    yield made
    made.stop()


def test_the_master_dies_and_sentinel_makes_another(
    deploy: Deploy, sentinel: Sentinel, reference: Delivered, segments: int
) -> None:
    deployment = deploy(redis_url=SecretStr(sentinel.url))
    workers = deployment.workers(2)
    producer = deployment.submit()
    deployment.until_spoken(0.3, segments)
    sentinel.kill_master()
    assert deployment.end(producer)["failed"] == 0
    assert [worker.poll() for worker in workers] == [None, None]
    deployment.same_as(reference)
    deployment.rendered_at_most(3)  # replication is asynchronous: the new master may not know the latest completions
    deployment.nothing_left(unacknowledged=True)
