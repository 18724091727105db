"""Every command in the README runs, and does what its section says."""

from __future__ import annotations

import json
import re
import runpy
import shlex
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import ROOT, clean_environment
from tests.conftest import Valkey
from tests.integration.s3_servers import BUCKET, start

pytestmark = [pytest.mark.listen, pytest.mark.timeout(900)]
README = "\n".join(
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "docs/lessons.md", "docs/nightly.md", "docs/http.md")
)
BLOCK = re.compile(r"<!-- (tested[^>]*) -->\n```sh\n(.*?)```", re.DOTALL)


def commands(kind: str) -> list[list[str]]:
    """The words of each narrator command in the README's blocks of that kind."""
    lines = [line for found, block in BLOCK.findall(README) if found == kind for line in block.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.startswith("narrator ")]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, narrated: tuple[Path, Any]) -> Path:
    """A folder with the examples in it, and a store that has been filled: the commands are tested, not the voices."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "examples", folder / "examples")
    shutil.copytree(narrated[0] / ".narrator", folder / "audio" / ".narrator")
    return folder


def run(words: list[str], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command as a user would run it."""
    return subprocess.run(
        words, cwd=cwd, env=clean_environment(**environment), capture_output=True, text=True, timeout=600, check=False
    )


@pytest.mark.parametrize("words", commands("tested"), ids=" ".join)
def test_commands_on_one_machine(desk: Path, words: list[str]) -> None:
    done = run(words, desk)
    if words[1] == "doctor":  # says that this machine has no Redis of its own, and what to do
        assert done.returncode in (0, 1)
        assert "kokoro" in done.stdout
    else:
        assert done.returncode == 0, done.stderr
    if "--json" in words:
        json.loads(done.stdout)
    if words[1] == "say":
        assert (desk / words[words.index("--out") + 1]).stat().st_size > 20_000


def test_results_are_where_the_readme_says(desk: Path, narrated: tuple[Path, Any]) -> None:
    out, _ = narrated
    lesson = out / "everyday-science" / "02-the-water-cycle"
    assert {path.name for path in lesson.iterdir()} == {
        "02-the-water-cycle.wav", "02-the-water-cycle.vtt", "02-the-water-cycle.srt", "02-the-water-cycle.chapters.vtt",
        "02-the-water-cycle.timings.json", "manifest.json",
    }  # fmt: skip


@pytest.fixture
def servers(valkey: Valkey) -> dict[str, str]:
    """Redis and S3 on this machine, as a deployment's settings name them; a worker serves them."""
    s3 = start("moto")
    return {
        "NARRATOR_REDIS_URL": valkey.url,
        "NARRATOR_STORE": f"s3://{BUCKET}/readme",
        "NARRATOR_S3_ENDPOINT_URL": s3.endpoint,
        "AWS_ACCESS_KEY_ID": s3.access_key,
        "AWS_SECRET_ACCESS_KEY": s3.secret_key,
    }


def test_commands_on_many_machines(tmp_path: Path, servers: dict[str, str]) -> None:
    worker, submit, status = commands("tested with servers")
    desk = tmp_path
    short = shutil.copytree(ROOT / "examples", desk / "examples") / "everyday-science"
    for lesson in sorted(short.glob("*.md"))[:-1]:  # one lesson is enough here
        lesson.unlink()
    serving = subprocess.Popen(
        worker, cwd=desk, env=clean_environment(**servers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        done = run([*submit, "--json"], desk, **servers)
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert report["rendered"] == report["segments"] > 0
        again = run([*status[:-1], report["run"]], desk, **servers)
        assert again.returncode == 0, again.stderr
        assert f"{report['run']}: done" in again.stdout
    finally:
        serving.terminate()
        deadline = time.monotonic() + 60
        while serving.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        serving.kill()
    assert serving.returncode == 0  # SIGTERM ends it cleanly


def test_the_http_api(desk: Path, tmp_path: Path, valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    asked = re.findall(r"<!-- tested with the API -->\n```(sh|python)\n(.*?)```", README, re.DOTALL)
    assert len(asked) == 5
    here = clean_environment(NARRATOR_REDIS_URL=valkey.url, NARRATOR_STORE=str(tmp_path / "store"))
    quiet = {"cwd": desk, "env": here, "stderr": subprocess.DEVNULL}
    worker = subprocess.Popen(["narrator", "worker"], stdout=subprocess.DEVNULL, **quiet)
    api = subprocess.Popen(["narrator", "serve", "--port", "0"], stdout=subprocess.PIPE, text=True, **quiet)
    try:
        assert api.stdout is not None
        address = re.search(r"localhost:\d+|127.0.0.1:\d+", api.stdout.readline())
        assert address
        monkeypatch.chdir(desk)
        for kind, text in asked:
            text = text.replace("localhost:8000", address[0])
            if kind == "python":
                exec(compile(text, "README", "exec"), {})
                continue
            for command in text.replace("\\\n", "").splitlines():
                done = run(shlex.split(command), desk)
                assert done.returncode == 0, done.stderr
                assert "-o" in command or '"detail"' not in str(json.loads(done.stdout)), done.stdout
        assert (desk / "hello.mp3").stat().st_size > 5_000
    finally:
        for process in (api, worker):
            process.terminate()
            process.wait(60)
        api.stdout.close()


def test_the_pipeline_runs_without_the_command_line(
    tmp_path: Path, narrated: tuple[Path, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, report = shutil.copytree(narrated[0], tmp_path / "narrated"), narrated[1]
    monkeypatch.chdir(ROOT)
    pipeline = runpy.run_path(str(ROOT / "examples" / "pipeline.py"))
    ready = pipeline["narrate"](Path("examples/everyday-science"), out)
    assert len(ready) == report["lessons"]
    assert sum(ready.values()) == pytest.approx(report["course_seconds"], abs=0.01)


def test_the_readme_names_every_command() -> None:
    listed = set(re.findall(r"^  (\w+)  ", run(["narrator", "--help"], ROOT).stdout, re.MULTILINE))
    assert {command for command in listed if f"narrator {command}" not in README} == set()
