"""A deployment as the API's users meet it: Valkey, one worker process with the tiny voice, `narrator serve`."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from tests.conftest import TINY_VOICES, Valkey
from tests.guard import server_folder
from tests.integration.submission import wait_for
from worker.contract.settings import Settings, settings_environment
from worker.ledger import broker
from worker.ledger.ledger import Ledger

NARRATOR = str(Path(sys.executable).with_name("narrator"))


@dataclass
class Deployment:
    """Where it is, and what stands behind it."""

    url: str
    settings: Settings
    ledger: Ledger
    spoken: Path  # a line for each sentence that the worker began: process, text
    api: int  # its process

    def texts(self) -> list[str]:
        """What the worker has begun to speak, in order."""
        lines = self.spoken.read_text().splitlines() if self.spoken.exists() else []
        return [line.partition(" ")[2] for line in lines]


@contextlib.contextmanager
def deployed(
    folder: Path,
    *,
    module: str = "tests.integration.odd_worker",
    queues: str = "tiny,assemble",
    processes: int = 1,
    **options: str,
) -> Iterator[Deployment]:
    """Start it all, and end it all; ``options`` are environment variables."""
    server = Valkey(server_folder("nv-"))
    settings = Settings(
        redis_url=SecretStr(server.url), store=str(folder / "store"), voices_dir=TINY_VOICES, queues=queues,
        lease_seconds=3.0, sweep_seconds=0.2,
    )  # fmt: skip
    env = settings_environment(settings) | {"ODD_LOG": str(folder / "spoken.log"), **options}
    ledger = Ledger(broker.redis_client(settings), settings)
    worker = [sys.executable, "-m", module, "--processes", str(processes)]
    started = []
    try:
        with (folder / "worker.log").open("ab") as log:
            started.append(subprocess.Popen(worker, stdout=log, stderr=log, env=env, start_new_session=True))
        with (folder / "api.log").open("ab") as log:
            api = subprocess.Popen(
                [NARRATOR, "serve", "--port", "0"], stdout=subprocess.PIPE, stderr=log, env=env, start_new_session=True
            )
        started.append(api)
        assert api.stdout is not None
        line = api.stdout.readline().decode()
        found = re.search(r"http://\S+", line)
        assert found, (line, (folder / "api.log").read_text())
        wait_for(ledger.workers)
        yield Deployment(found[0], settings, ledger, folder / "spoken.log", api.pid)
    finally:
        for process in started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout:
                process.stdout.close()
        print((folder / "api.log").read_text()[-4000:], (folder / "worker.log").read_text()[-2000:])
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """One for all tests of this folder: their texts differ."""
    with deployed(tmp_path_factory.mktemp("api")) as found:
        yield found


@pytest.fixture
def api(deployment: Deployment) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=deployment.url, timeout=60) as client:
        yield client
