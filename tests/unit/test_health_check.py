"""When a worker is called stuck, and when it is only idle."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from worker.observe.health_check import LOOP_SECONDS, STALE_SECONDS, complaint
from worker.observe.heartbeat import Heartbeat, write_record

NOW = 1000.0
WELL = {"written": NOW - 3, "loop": NOW - 3, "stopping": False, "due": {}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, None),
        ({"due": {"1": NOW + 5, "2": NOW + 100}}, None),
        ({"due": {"1": NOW + 5, "2": NOW - 7}}, "process 2 is 7 s overdue"),
        ({"written": NOW - STALE_SECONDS - 1}, "not been heard of"),
        ({"loop": NOW - LOOP_SECONDS - 1}, "main loop"),
        ({"loop": NOW - LOOP_SECONDS - 1, "stopping": True}, None),
    ],
)
def test_what_is_wrong(change: dict[str, object], said: str | None) -> None:
    found = complaint(WELL | change, NOW)
    assert found is None if said is None else said in (found or "")


def test_a_process_is_expected_only_while_it_has_work() -> None:
    heartbeat = Heartbeat()
    assert heartbeat.record()["due"] == {}
    heartbeat.expect(-1)
    late = heartbeat.record()
    assert "overdue" in (complaint(late, late["written"]) or "")
    heartbeat.idle()
    idle = heartbeat.record()
    assert complaint(idle, idle["written"]) is None


def test_the_command(tmp_path: Path) -> None:
    file = tmp_path / "health"

    def ask(**env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "worker.health"], env=env, capture_output=True, text=True)

    assert ask().returncode == 2
    assert ask(NARRATOR_HEALTH_FILE=str(file)).returncode == 1
    write_record(Heartbeat().record(), file)
    assert ask(NARRATOR_HEALTH_FILE=str(file)).returncode == 0
    file.write_text(json.dumps(Heartbeat().record() | {"loop": -1e6}))
    done = ask(NARRATOR_HEALTH_FILE=str(file))
    assert done.returncode == 1
    assert "main loop" in done.stdout
    file.write_text("{")
    assert ask(NARRATOR_HEALTH_FILE=str(file)).returncode == 1
