"""The embedded stack: real Valkey, real Celery prefork workers, the tiny voice, real signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import producer
from models.errors import NarrationError
from producer.errors import StackFailed
from producer.local import make as embedded
from producer.local import stack
from producer.local.stack import EmbeddedStack
from tests.conftest import TINY_VOICES
from tests.integration.processes import group, guard_of, pool_children, until
from worker.contract.messages import render_queue
from worker.contract.settings import Settings
from worker.ledger.records import Progress

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc")
WORDS = ["river", "stone", "light", "paper", "cloud", "window", "garden", "bridge", "letter", "mirror"]


def lesson(folder: Path, name: str, sentences: list[str]) -> Path:
    path = folder / f"{name}.md"
    path.write_text("---\nvoice: tiny/one\n---\n" + f"# {name.title()}\n\n" + " ".join(sentences) + "\n")
    return path


def sentence(number: int) -> str:
    digits = [WORDS[int(digit)] for digit in f"{number:04}"]
    return f"The {digits[0]} and the {digits[1]} meet the {digits[2]} near the {digits[3]}."


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    folder.mkdir()
    lesson(folder, "first", [sentence(1), sentence(2), sentence(3)])
    lesson(folder, "second", [sentence(3), sentence(4)])
    return folder


@pytest.fixture
def large(tmp_path: Path) -> Path:
    folder = tmp_path / "large"
    folder.mkdir()
    for number in range(6):
        lesson(folder, f"lesson{number}", [sentence(number * 100 + i) for i in range(60)])
    return folder


@pytest.fixture
def here() -> Settings:
    """Settings of a machine that has the tiny voice and nothing else."""
    return Settings(voices_dir=TINY_VOICES, lease_seconds=2.0, sweep_seconds=0.3)


COMMAND = """
import signal, sys, producer
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, where the tests run in the background of a shell
from pathlib import Path
from worker.contract.settings import Settings
settings = Settings(voices_dir=Path(sys.argv[3]), lease_seconds=2.0, sweep_seconds=0.3)
try:
    producer.make([sys.argv[1]], sys.argv[2], processes=2, settings=settings)
except KeyboardInterrupt:
    sys.exit(130)
"""


def start(course: Path, out: Path) -> subprocess.Popen[bytes]:
    """The command in a process of its own, as a user would start it."""
    return subprocess.Popen([sys.executable, "-c", COMMAND, str(course), str(out), str(TINY_VOICES)])


def test_a_course_end_to_end_and_again(course: Path, tmp_path: Path, here: Settings, monkeypatch) -> None:
    out = tmp_path / "out"
    seen: list[Progress] = []
    report = producer.make([course], out, processes=2, settings=here, on_progress=seen.append)
    assert (report.lessons, report.segments, report.rendered, report.failed) == (2, 6, 6, 0)  # two headings, four texts
    assert report.exit_code == 0
    assert report.audio_seconds > 1
    assert report.rtf is not None
    assert seen[-1].state == "done"
    for name in ("first", "second"):
        folder = out / "course" / name
        assert {path.suffix for path in folder.iterdir()} == {".wav", ".vtt", ".srt", ".json"}
        cues = json.loads((folder / "manifest.json").read_text())["cues"]
        assert cues[0]["caption"] == name.title()

    def no_stack(*_: object) -> None:
        pytest.fail("nothing changed, and yet a stack was started")

    with monkeypatch.context() as patch:
        patch.setattr(stack.EmbeddedStack, "__enter__", no_stack)
        again = producer.make([course], out, settings=here)
    assert (again.unchanged, again.segments, again.reused, again.rendered, again.failed) == (2, 6, 6, 0, 0)
    assert again.results == report.results
    assert again.course_seconds == pytest.approx(report.course_seconds)

    blocked = tmp_path / "blocked"
    (blocked / "course").mkdir(parents=True)
    (blocked / "course" / "first").write_text("a file where a folder should be")
    stored = here.model_copy(update={"store": str(out / ".narrator")})
    undelivered = producer.make([course], blocked, settings=stored)
    assert (undelivered.failed_lessons, undelivered.exit_code, undelivered.failed) == (1, 1, 0)
    assert str(blocked / "course" / "first") in undelivered.failures[0].reason
    assert undelivered.results == (str(blocked / "course" / "second"),)

    lesson(course, "second", [sentence(3), sentence(5)])
    (course / "broken.md").write_text("---\nvoice: nobody\n---\nHello.\n")
    edited = producer.make([course], out, settings=here)
    assert (edited.unchanged, edited.segments, edited.reused, edited.rendered) == (1, 6, 5, 1)
    assert edited.reasons == {"text edited": 1}
    assert edited.results == report.results
    assert (edited.lessons, edited.failed_lessons, edited.exit_code) == (3, 1, 1)
    assert [trouble.where for trouble in edited.failures] == [f"{course / 'broken.md'}:2"]


def test_killed_workers_are_replaced_and_everything_delivered(large: Path, tmp_path: Path, here: Settings) -> None:
    """Kill -9 a pool child, then the whole worker, in mid-run."""
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        leader = guard_of(os.getpid())
        assert leader is not None
        done = progress.segments - progress.remaining
        if not killed and done > 50:
            killed.append(max(seen.pid for seen in pool_children(leader) if "render" in seen.command))
            os.kill(killed[-1], signal.SIGKILL)
        elif len(killed) == 1 and done > 120:
            mains = [seen.pid for seen in group(leader) if render_queue("narrator", "tiny") in seen.command]
            killed.append(min(mains))
            os.kill(killed[-1], signal.SIGKILL)

    report = producer.make([large], tmp_path / "out", processes=2, settings=here, on_progress=kill)
    assert len(killed) == 2
    assert report.exit_code == 0, report.failures
    assert report.segments == report.rendered + report.reused == 6 * 61
    assert len(report.results) == 6


def test_nothing_survives_a_killed_command(large: Path, tmp_path: Path) -> None:
    command = start(large, tmp_path / "out")
    leader = until(lambda: guard_of(command.pid))
    until(lambda: len(pool_children(leader)) >= 3)  # two that render, one that assembles
    members = group(leader)
    assert any("valkey-server" in seen.command for seen in members)
    folder = Path(next(seen.command for seen in members if "guard.py" in seen.command).split()[-1])
    command.kill()
    command.wait()
    until(lambda: not group(leader))
    until(lambda: not folder.exists())


def test_an_interrupted_command_stops_cleanly_and_carries_on(large: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = start(large, out)
    leader = until(lambda: guard_of(command.pid))
    until(lambda: next((out / ".narrator").glob("segments/*/*.wav"), None))
    command.send_signal(signal.SIGINT)
    assert command.wait(timeout=60) == 130
    assert not group(leader)
    stored = len(list((out / ".narrator").glob("segments/*/*.wav")))
    report = producer.make([large], out, settings=Settings(voices_dir=TINY_VOICES))
    assert report.reused == stored
    assert report.rendered == 6 * 61 - stored


def test_bundles_take_turns(course: Path, tmp_path: Path, here: Settings) -> None:
    voices = tmp_path / "voices"
    for name in ("tiny", "other"):
        (voices / name).mkdir(parents=True)
        for file in (TINY_VOICES / "tiny_voice").iterdir():
            text = file.read_bytes()
            (voices / name / file.name).write_bytes(text.replace(b'id = "tiny"', f'id = "{name}"'.encode(), 1))
    path = lesson(course, "third", [sentence(7), sentence(8)])
    path.write_text(path.read_text().replace("tiny/one", "other/one"))
    settings = here.model_copy(update={"voices_dir": voices})
    report = producer.make([course], tmp_path / "out", processes=1, settings=settings)
    assert report.exit_code == 0, report.failures
    assert report.rendered == 9


def test_a_worker_that_cannot_start_is_reported_with_its_log(here: Settings, tmp_path: Path, monkeypatch) -> None:
    settings = here.model_copy(update={"store": "s3+nothing://"})  # a worker refuses these settings
    monkeypatch.setattr(embedded.time, "sleep", lambda _: None)
    with EmbeddedStack(settings, ["tiny"], 1) as running:
        with pytest.raises(StackFailed, match="NARRATOR_STORE"):
            until(lambda: running.tend())
    assert not running.processes.folder.exists()


def test_valkey_keeps_its_password_to_itself(here: Settings, tmp_path: Path) -> None:
    with EmbeddedStack(here.model_copy(update={"store": str(tmp_path)}), [], 1) as running:
        assert running.processes.folder.stat().st_mode & 0o777 == 0o700
        assert (running.processes.folder / "valkey.conf").stat().st_mode & 0o777 == 0o600
        password = running.settings.redis_url.get_secret_value().split(":")[2].split("@")[0]
        assert not any(password in seen.command for seen in group(running.processes.guard.pid))
        running.valkey.process.kill()
        running.valkey.process.wait()
        with pytest.raises(NarrationError, match="Valkey died"):
            running.tend()
