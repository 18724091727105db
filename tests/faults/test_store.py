"""The store away, faulty, slow, full, denied or cut off in the middle, and this machine's clock wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.faults.conftest import Deploy
from tests.faults.deployment import Delivered, Deployment
from tests.faults.proxy import Asked, Fault, FaultProxy
from tests.integration.processes import until
from tests.integration.s3_servers import Server, missing
from worker.contract.settings import settings_environment

HANG_SECONDS = 8.0  # with FAULT_READ_SECONDS below it: a request that times out


@pytest.fixture
def deployment(deploy: Deploy, proxy: FaultProxy) -> Deployment:
    return deploy(s3_endpoint_url=proxy.endpoint)


def complete(
    deployment: Deployment,
    producer: subprocess.Popen[str],
    reference: Delivered,
    bound: int = 2,
    proxy: FaultProxy | None = None,
) -> None:
    """Every lesson is there, as an undisturbed run delivers it; the faults of a proxy end with the run."""
    report = deployment.end(producer)
    if proxy is not None:
        proxy.up()
    assert (report["failed"], report["failed_lessons"]) == (0, 0)
    deployment.same_as(reference)
    deployment.rendered_at_most(bound)
    deployment.nothing_left()


def is_write(asked: Asked) -> bool:
    return asked.method == "PUT"


@pytest.mark.parametrize("seconds", [8.0, pytest.param(30.0, marks=pytest.mark.long)])
def test_the_store_is_down(
    seconds: float, deployment: Deployment, proxy: FaultProxy, reference: Delivered, segments: int
) -> None:
    """Nothing that was rendered before or meanwhile is rendered again."""
    deployment.workers(2)
    producer = deployment.submit()
    deployment.until_spoken(0.2, segments)
    proxy.down()
    time.sleep(seconds)
    assert proxy.hits["close"] > 0
    deployment.in_flight()
    proxy.up()
    complete(deployment, producer, reference, bound=1)


def test_a_fifth_of_all_requests_fails(
    deployment: Deployment, proxy: FaultProxy, reference: Delivered, segments: int
) -> None:
    """500 before and after the server has done what was asked, connections that end, and answers that never come."""
    random = Random(1)
    kinds = (Fault("answer"), Fault("after"), Fault("answer", status=503, code="SlowDown"), Fault("close"))
    hang = Fault("close", HANG_SECONDS)

    def fault(asked: Asked) -> Fault | None:
        if random.random() >= 0.2:
            return None
        return hang if random.random() < 0.03 else random.choice(kinds)

    deployment.workers(2, FAULT_READ_SECONDS=HANG_SECONDS / 2)
    producer = deployment.submit()
    until(lambda: deployment.spoken(), 60)  # producers retry as well, but give up sooner: theirs is another case
    proxy.fault = fault
    deployment.until_spoken(0.5, segments)
    complete(deployment, producer, reference, proxy=proxy)
    assert min(proxy.hits[kind] for kind in ("answer", "after", "close")) > 10, proxy.hits


def test_every_request_takes_a_second(
    deployment: Deployment, proxy: FaultProxy, reference: Delivered, segments: int
) -> None:
    deployment.worker(6)
    producer = deployment.submit()
    until(lambda: deployment.spoken(), 60)
    proxy.fault = lambda _: Fault("slow", 1.0)
    deployment.until_spoken(0.5, segments)
    until(lambda: proxy.hits["slow"] > 100, 120)
    complete(deployment, producer, reference, bound=1, proxy=proxy)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["upload", "mangled", "download"])
def test_bodies_do_not_arrive_whole(
    kind: str, deployment: Deployment, proxy: FaultProxy, reference: Delivered, segments: int
) -> None:
    """Cut off or altered on their way to the server or back, every fifth of them."""
    random = Random(2)
    method = "GET" if kind == "download" else "PUT"
    deployment.workers(2)
    producer = deployment.submit()
    until(lambda: deployment.spoken(), 60)
    proxy.fault = lambda asked: Fault(kind) if asked.method == method and random.random() < 0.2 else None
    complete(deployment, producer, reference, proxy=proxy)
    assert proxy.hits[kind] > 10, proxy.hits


@pytest.mark.parametrize(
    "code",
    [
        "QuotaExceeded",
        *(pytest.param(code, marks=pytest.mark.long) for code in ("AccessDenied", "RequestTimeTooSkewed")),
    ],
)
def test_the_store_refuses_for_a_while(
    code: str, deployment: Deployment, proxy: FaultProxy, reference: Delivered, segments: int
) -> None:
    """A bucket that is full or denied until somebody mends it, a clock until it is set right: work is tried again."""
    deployment.workers(2)
    producer = deployment.submit()
    deployment.until_spoken(0.2, segments)
    proxy.fault = lambda asked: Fault("answer", status=403, code=code) if is_write(asked) else None
    until(lambda: proxy.hits["answer"] > 5, 30)
    until(lambda: any(code in trouble for trouble in deployment.ledger.troubles()), 30)
    deployment.in_flight()
    proxy.up()
    complete(deployment, producer, reference)


@pytest.mark.long
def test_a_store_that_refuses_for_good_loses_nothing(
    deployment: Deployment, proxy: FaultProxy, reference: Delivered, segments: int
) -> None:
    """What could not be stored is given up with the reason, and ``retry`` renders just that."""
    deployment.workers(2)
    producer = deployment.submit()
    deployment.until_spoken(0.5, segments)
    proxy.fault = lambda asked: Fault("answer", status=403, code="QuotaExceeded") if is_write(asked) else None
    report = deployment.end(producer, code=1)
    assert 0 < report["failed"] < segments
    assert all("QuotaExceeded" in one["reason"] for one in report["failures"])
    proxy.up()
    stored = len(list(deployment.store.list("segments/")))
    again = deployment.narrator("runs", "retry", report["run"], "--wait", "--json")
    assert again.returncode == 0, again.stderr
    assert f'"rendered": {segments - stored}' in again.stdout
    deployment.same_as(reference)
    deployment.nothing_left()


def test_a_machine_with_a_wrong_clock_takes_no_work(deployment: Deployment, deploy: Deploy, s3: Server) -> None:
    """The server itself refuses requests signed twenty minutes ago; the worker says so and ends."""
    environ = settings_environment(deployment.settings) | {"FAULT_LOG": os.devnull, "FAULT_CLOCK": "-1200"}
    command = [sys.executable, "-m", "tests.faults.worker", "--queues", "narrator.render.tiny"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "clocks of this machine and of the server differ" in done.stderr or "access denied" in done.stderr


def radosgw_admin(s3: Server, *words: str) -> None:
    if not s3.folder:
        missing("radosgw", "one that the tests started, so that they may make keys")
    command = ["radosgw-admin", "--conf", f"{s3.folder}/ceph.conf", *words]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def test_credentials_are_rotated(
    deploy: Deploy, s3: Server, reference: Delivered, segments: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file has new keys and the server no longer knows the old ones: workers read it again."""
    old = ["--uid=narrator", "--key-type=s3", "--access-key=old-one"]
    radosgw_admin(s3, "key", "create", *old, "--secret-key=old-secret")
    credentials = tmp_path / "credentials"

    def write(access: str, secret: str) -> None:
        new = tmp_path / "credentials.new"
        new.write_text(f"[default]\naws_access_key_id = {access}\naws_secret_access_key = {secret}\n")
        new.replace(credentials)

    write("old-one", "old-secret")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    deployment = deploy()
    workers = deployment.workers(2)
    producer = deployment.submit()
    deployment.until_spoken(0.3, segments)
    radosgw_admin(s3, "key", "rm", *old)
    until(lambda: any("InvalidAccessKeyId" in t or "403" in t for t in deployment.ledger.troubles()), 60)
    deployment.in_flight()
    write(s3.access_key, s3.secret_key)
    complete(deployment, producer, reference)
    assert [worker.poll() for worker in workers] == [None, None]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", place], capture_output=True, check=False)
    if made.returncode:
        missing("mount", f"only root can mount a small disk: {made.stderr.decode()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.long
def test_the_disk_of_a_directory_store_is_full(
    deploy: Deploy, small_disk: Path, reference: Delivered, segments: int
) -> None:
    deployment = deploy(store=str(small_disk / "store"))
    deployment.workers(2)
    producer = deployment.submit()
    deployment.until_spoken(0.2, segments)
    ballast = small_disk / "ballast"
    with ballast.open("wb") as file:
        try:
            while True:
                file.write(bytes(1 << 16))
                file.flush()
        except OSError:
            pass
    until(lambda: any("No space left" in trouble for trouble in deployment.ledger.troubles()), 60)
    deployment.in_flight()
    threading.Timer(2.0, ballast.unlink).start()
    complete(deployment, producer, reference)
