"""`make cluster` with the tiny voice: the commands that it prints, a worker killed meanwhile, and its end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.seaweedfs import leftovers, weed_binary
from models.errors import Permanent
from tests.conftest import TINY_VOICES
from tests.guard import remove_in_the_end
from tests.integration.processes import group, guard_of, until
from tests.integration.s3_servers import free_port, missing
from tests.integration.test_local_stack import lesson, sentence

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc")
ROOT = Path(__file__).parents[2]


@dataclass
class Running:
    """A cluster's command, the group of all that it started, what it printed, and where it is."""

    command: subprocess.Popen[str]
    leader: int
    said: str
    data: Path
    api: str


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    try:
        weed_binary()
    except Permanent as error:
        missing("seaweedfs", str(error))
    data, port = tmp_path / "data", free_port()
    command = subprocess.Popen(
        [sys.executable, "-m", "infra.cluster", "--data", str(data), "--port", str(port)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "NARRATOR_VOICES_DIR": str(TINY_VOICES), "NARRATOR_QUEUES": "tiny,assemble"},
    )  # fmt: skip
    assert command.stdout is not None
    said = ""
    while not said.endswith(f"stays in {data}.\n"):
        line = command.stdout.readline()
        assert line, f"it ended: {said}"
        said += line
    leader = guard_of(command.pid)
    assert leader is not None
    yield Running(command, leader, said, data, f"http://127.0.0.1:{port}")
    command.kill()
    command.wait()
    command.stdout.close()


def test_the_commands_that_it_prints_narrate_a_course(running: Running, tmp_path: Path) -> None:
    """While they do, a worker is killed and started again; at Ctrl-C everything ends, but for what was rendered."""
    course = tmp_path / "examples" / "everyday-science"
    course.mkdir(parents=True)
    lesson(course, "first", [sentence(number) for number in range(30)])
    victim = max(seen.pid for seen in group(running.leader) if "-m worker" in seen.command)
    script = "".join(f"{line.strip()}\n" for line in re.findall(r"^    (.+)$", running.said, re.M))
    assert len(script.splitlines()) == 3
    shell = subprocess.Popen(["sh", "-e"], cwd=tmp_path, stdin=subprocess.PIPE, text=True)
    assert shell.stdin is not None
    with shell.stdin as told:
        told.write(script)
    os.kill(victim, signal.SIGKILL)
    assert shell.wait(120) == 0
    delivered = tmp_path / "out" / "audio" / "everyday-science" / "first"
    assert (delivered / "first.wav").stat().st_size > 100_000
    with urllib.request.urlopen(f"{running.api}/v1/lessons/everyday-science/first") as answer:
        assert len(json.load(answer)["cues"]) == 31  # the heading, too
    before = {seen.pid for seen in group(running.leader) if "-m worker" in seen.command}
    assert victim not in before

    running.command.send_signal(signal.SIGINT)
    assert running.command.wait(30) == 0
    assert not group(running.leader)
    assert [path for path in (running.data / "seaweedfs").glob("narration_*.dat") if path.stat().st_size > 1000]
    assert (running.data / "env").stat().st_mode & 0o77 == (running.data / "identities.json").stat().st_mode & 0o77 == 0


def test_nothing_survives_a_killed_cluster(running: Running) -> None:
    assert len(group(running.leader)) >= 6  # the guard, Valkey, SeaweedFS, the API, two workers and their processes
    (weed,) = [seen.command for seen in group(running.leader) if "weed" in seen.command]
    remove_in_the_end(leftovers(map(int, re.findall(r"port(?:\.grpc)?=(\d+)", weed))))
    running.command.kill()
    running.command.wait()
    until(lambda: not group(running.leader), 5)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    import socket

    try:
        weed_binary()
    except Permanent as error:
        missing("seaweedfs", str(error))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "infra.cluster", "--data", str(tmp_path), "--port", str(port)]
        env = {**os.environ, "NARRATOR_VOICES_DIR": str(TINY_VOICES), "NARRATOR_QUEUES": "tiny,assemble"}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
