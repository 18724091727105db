"""A test that starts one of each that tests start, and never ends: test_guard.py kills it. Not collected by itself."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.acceptance.browser import CHROMIUM, Browser
from tests.integration.http.conftest import deployed
from tests.integration.processes import guard_of, until
from tests.integration.s3_servers import start
from tests.integration.test_local_stack import lesson, sentence
from tests.integration.test_local_stack import start as narrate


def test_servers_workers_a_command_and_a_browser(tmp_path: Path) -> None:
    for name in ("moto", "seaweedfs"):
        start(name)
    if CHROMIUM:
        Browser()
    (tmp_path / "course").mkdir()
    lesson(tmp_path / "course", "long", [sentence(number) for number in range(1000)])
    with deployed(tmp_path):
        command = narrate(tmp_path / "course", tmp_path / "out")
        until(lambda: guard_of(command.pid))
        print("all is running", flush=True)
        signal.pause()
