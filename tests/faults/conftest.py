"""Servers for all cases, one undisturbed run to compare with, and a deployment of its own for each case."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.conftest import BROKER, TINY_VOICES, Valkey
from tests.faults import course
from tests.faults.deployment import Delivered, Deployment
from tests.faults.proxy import FaultProxy
from tests.guard import run_folder, server_folder
from tests.integration.s3_servers import BUCKET, Server, start
from tests.shared import once
from worker.contract.settings import Settings

Deploy = Callable[..., Deployment]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents and not item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(scope="session")
def s3() -> Server:
    return start("radosgw")


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Valkey]:
    """A Redis with an append-only file that is written through at once: what it took it has after a kill."""
    folder = server_folder("nf-")
    server = Valkey(folder, BROKER or shutil.which("redis-server") or "")
    server.client.config_set("appendfsync", "always")
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def proxy(s3: Server) -> Iterator[FaultProxy]:
    with FaultProxy(s3.endpoint) as made:
        yield made


@pytest.fixture(scope="session")
def lessons() -> Path:
    """One folder for all processes of the run: its name is in what is delivered."""
    return Path(once("course", lambda: str(course.write(run_folder() / "lessons" / "course"))))


@pytest.fixture(scope="session")
def chosen(s3: Server, redis_server: Valkey) -> Settings:
    return Settings(
        redis_url=SecretStr(redis_server.url),
        store=once("store", lambda: f"s3://{BUCKET}/faults-{time.time_ns()}"),
        s3_endpoint_url=s3.endpoint,
        voices_dir=TINY_VOICES,
        lease_seconds=3.0,
        sweep_seconds=0.5,
        segment_seconds=30.0,
    )


@pytest.fixture(scope="session", autouse=True)
def _credentials(s3: Server) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
        patch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)
        yield


@pytest.fixture
def deploy(chosen: Settings, lessons: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Deploy]:
    """Makes deployments in the namespace of the case; other settings and variables may be given."""
    made: list[Deployment] = []
    namespace = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:40].strip("-")

    def new(**changes: Any) -> Deployment:
        settings = chosen.model_copy(update={"namespace": namespace, **changes})
        made.append(Deployment(settings, tmp_path, lessons))
        return made[-1]

    yield new
    for deployment in made:
        deployment.close()
    if made:
        print(made[0].log())


@pytest.fixture
def deployment(deploy: Deploy) -> Deployment:
    return deploy()


@pytest.fixture(scope="session")
def reference(chosen: Settings, lessons: Path, tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    """What a run that nothing disturbs gives."""
    return Delivered(*once("undisturbed", lambda: undisturbed(chosen, lessons, tmp_path_factory)))


def undisturbed(chosen: Settings, lessons: Path, tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    settings = chosen.model_copy(update={"namespace": "undisturbed"})
    deployment = Deployment(settings, tmp_path_factory.mktemp("undisturbed"), lessons, FAULT_SECONDS="0")
    try:
        deployment.worker(2)
        report = deployment.end(deployment.submit())
        assert report["rendered"] == report["segments"] == course.SEGMENTS
        deployment.rendered_at_most(1)
        deployment.nothing_left()
        delivered = deployment.delivered()
        assert len(delivered.lessons) == course.LESSONS
        return delivered
    finally:
        deployment.close()


@pytest.fixture
def segments(reference: Delivered) -> int:
    """How many distinct segments the course has."""
    return len(reference.segments)
