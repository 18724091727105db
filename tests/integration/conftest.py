"""Fixtures of the integration tests: a ledger over the real server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.s3_servers import BUCKET, start
from worker.contract.settings import Settings
from worker.ledger import broker
from worker.ledger.ledger import Ledger
from worker.ledger.waiting import WaitingLedger
from worker.store import Store, open_store

SERVERS = ["moto", "seaweedfs", pytest.param("radosgw", marks=pytest.mark.root)]


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    client = broker.redis_client(settings)
    yield Ledger(client, settings)
    client.close()


@pytest.fixture
def waiting(settings: Settings) -> Iterator[WaitingLedger]:
    """A process's ears; it counts as alive."""
    client = broker.redis_client(settings)
    made = WaitingLedger(client, settings)
    made.settled(0.01)
    yield made
    client.close()


@pytest.fixture(params=["directory", *SERVERS])
def any_store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty store of each kind; a prefix of its own stands for a bucket of its own."""
    if request.param == "directory":
        return open_store(Settings(store=str(tmp_path / "store")))
    server = start(request.param)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret_key)
    return open_store(Settings(store=f"s3://{BUCKET}/{uuid.uuid4().hex}", s3_endpoint_url=server.endpoint))
