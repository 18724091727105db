"""Shared fixtures: a real private Valkey, a directory store, settings, the tiny voice."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import redis
from pydantic import SecretStr

from models.catalog import Catalogue
from producer.local.valkey import valkey_binary
from tests import guard
from worker.contract.settings import Settings, load_settings
from worker.store import Store, open_store

# A busy machine is slow; no test of ours is about time.
hypothesis.settings.register_profile("narrator", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("narrator")

DATA = Path(__file__).parent / "data"
BROKER = os.environ.get("NARRATOR_TEST_BROKER", "")  # another server's binary, such as redis-server
TINY_VOICES = DATA  # holds tiny_voice/voice.toml, the bundle "tiny"


def pytest_configure(config: pytest.Config) -> None:
    guard.begin(worker=hasattr(config, "workerinput"))


class Valkey:
    """A private valkey-server on a Unix socket, with a password and an append-only file."""

    def __init__(self, folder: Path, binary: str = BROKER) -> None:
        self.folder = folder
        self.binary = binary or str(valkey_binary())
        self.password = secrets.token_hex(16)
        self.socket = folder / "valkey.sock"
        self.url = f"unix://:{self.password}@{self.socket}?db=0"
        (folder / "valkey.conf").touch(mode=0o600)
        (folder / "valkey.conf").write_text(
            f"port 0\nunixsocket {self.socket}\nrequirepass {self.password}\ndir {folder}\n"
            "appendonly yes\nappendfsync everysec\nmaxmemory-policy noeviction\nloglevel warning\n"
            "set-proc-title no\n"  # so that the guard finds it
        )
        self.client = redis.Redis.from_url(self.url, decode_responses=True)
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen([self.binary, str(self.folder / "valkey.conf")])
        deadline = time.monotonic() + 10
        while True:
            try:
                self.client.ping()
                return
            except (redis.ConnectionError, redis.TimeoutError):
                assert self.process.poll() is None, "valkey-server did not start"
                assert time.monotonic() < deadline, "valkey-server does not answer"
                time.sleep(0.01)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.client.close()


@pytest.fixture(autouse=True)
def fresh_settings() -> None:
    """Settings are read once a process: a test that changes the environment wants its own."""
    load_settings.cache_clear()


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[Valkey]:
    folder = guard.server_folder("nv-")
    server = Valkey(folder)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def valkey(valkey_server: Valkey) -> Valkey:
    """The session's server, emptied."""
    valkey_server.client.flushall()
    return valkey_server


@pytest.fixture
def settings(valkey: Valkey, tmp_path: Path) -> Settings:
    """Settings of a test: the private server, a directory store, the tiny voice, short leases."""
    return Settings(
        redis_url=SecretStr(valkey.url),
        store=str(tmp_path / "store"),
        voices_dir=TINY_VOICES,
        lease_seconds=2.0,
        sweep_seconds=0.2,
        segment_seconds=30.0,
    )


@pytest.fixture
def store(settings: Settings) -> Store:
    return open_store(settings)


@pytest.fixture(scope="session")
def tiny_catalogue() -> Catalogue:
    """The catalogue with the tiny voice, ``tiny/one``."""
    return Catalogue.load(TINY_VOICES)
