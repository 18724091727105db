"""Every command in the README and the documentation runs, and the README prints what it says."""

from __future__ import annotations

import json
import re
import runpy
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import ROOT, clean_environment
from tests.conftest import Valkey
from tests.integration.s3_servers import BUCKET, start

pytestmark = [pytest.mark.listen, pytest.mark.timeout(900)]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [README, *(page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs").glob("*.md")))]
BLOCK = re.compile(r"<!-- (tested[^>]*) -->\n```sh\n(.*?)```", re.DOTALL)
PRINTED = re.compile(r"<!-- (prints[^>]*) -->\n```sh\n(.*?)```\n```text\n(.*?)```", re.DOTALL)
EDITED = ("Only about 3 percent", "Less than 3 percent")


def narrator_lines(block: str) -> list[list[str]]:
    """The words of each narrator command of a block."""
    return [
        shlex.split(line.partition(" &")[0], comments=True) for line in block.splitlines() if line[:9] == "narrator "
    ]


def commands(kind: str) -> list[list[str]]:
    """The words of each narrator command in the documentation's blocks of that kind."""
    found = [block for page in PAGES for of, block in BLOCK.findall(page) if of == kind]
    return [words for block in found for words in narrator_lines(block)]


def shape(printed: str) -> str:
    """What is printed, without what differs from machine to machine: times and speeds."""
    for pattern in (r"\d[\d.,]*( h \d+ min| min \d+ s| s)\b", r"(?<=factor )[\d.]+", r"[\d.]+(?= dB)"):
        printed = re.sub(pattern, "#", printed)
    return printed.strip("\n")


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


def test_the_readme_prints_what_it_says(tmp_path: Path) -> None:
    """From the first command on, in a folder that has nothing but the examples."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    blocks = [block for block in PRINTED.findall(README) if block[0] != "prints with servers"]
    assert len(blocks) == 5
    for kind, block, printed in blocks:
        if kind == "prints after an edit":
            edit(tmp_path / "examples" / "everyday-science" / "02-the-water-cycle.md")
        (words,) = narrator_lines(block)
        done = run(words, tmp_path)
        assert done.returncode == 0, done.stderr
        assert shape(done.stdout) == shape(printed)
    assert (tmp_path / "audio" / "everyday-science" / "index.html").exists()
    assert (tmp_path / "welcome.wav").stat().st_size > 20_000


def edit(lesson: Path) -> None:
    """Change one sentence, as an author would."""
    text = lesson.read_text(encoding="utf-8")
    assert EDITED[0] in text
    lesson.write_text(text.replace(*EDITED), encoding="utf-8")


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


@contextmanager
def working(words: list[str], cwd: Path, settings: dict[str, str]) -> Iterator[None]:
    """A worker, ended in the end as a service manager would."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(words, cwd=cwd, env=clean_environment(**settings), **quiet) as worker:
        try:
            yield
        finally:
            worker.terminate()
            try:
                worker.wait(60)
            finally:
                worker.kill()
    assert worker.returncode == 0  # SIGTERM ends it cleanly


def test_commands_on_many_machines(tmp_path: Path, servers: dict[str, str]) -> None:
    worker, submit, show, pull = commands("tested with servers")
    ((_, block, printed),) = [block for block in PRINTED.findall(README) if block[0] == "prints with servers"]
    assert narrator_lines(block)[0] == worker
    (tmp_path / "examples" / "everyday-science").mkdir(parents=True)
    lesson = "examples/everyday-science/02-the-water-cycle.md"  # one is enough here
    shutil.copy(ROOT / lesson, tmp_path / lesson)
    with working(worker, tmp_path, servers):
        done = run(narrator_lines(block)[1], tmp_path, **servers)
        assert done.returncode == 0, done.stderr
        assert shape(done.stdout) == shape(printed)
        edit(tmp_path / lesson)
        done = run([*submit, "--json"], tmp_path, **servers)
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert (report["rendered"], report["segments"]) == (1, 10)
    again = run([*show[:-1], report["run"]], tmp_path, **servers)
    assert again.returncode == 0, again.stderr
    assert f"{report['run']}: done" in again.stdout
    pulled = run(pull, tmp_path, **servers)
    assert pulled.returncode == 0, pulled.stderr
    assert (tmp_path / "audio" / "everyday-science" / "02-the-water-cycle" / "manifest.json").exists()


def test_the_http_api(desk: Path, tmp_path: Path, valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    asked = re.findall(r"<!-- tested with the API -->\n```(sh|python)\n(.*?)```", "\n".join(PAGES), re.DOTALL)
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
                exec(compile(text, "docs/http.md", "exec"), {})
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
