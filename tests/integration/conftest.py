"""Fixtures of the integration tests: a ledger over the real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from worker import broker
from worker.ledger import Ledger
from worker.listener import Listener
from worker.settings import Settings


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    client = broker.redis_client(settings)
    yield Ledger(client, settings)
    client.close()


@pytest.fixture
def listener(settings: Settings) -> Iterator[Listener]:
    """A process's ears; it counts as alive."""
    client = broker.redis_client(settings)
    made = Listener(client, settings)
    made.hear(0.01)
    yield made
    client.close()
