"""The lexicon, spoken by Kokoro and heard by Whisper; and what a reader of its captions sees."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import soundfile

from tests.acceptance.conftest import ROOT, clean_environment
from tests.acceptance.listen import transcribe
from worker.contract.manifest import Cue, Manifest

pytestmark = [pytest.mark.listen, pytest.mark.timeout(900)]
COURSE = ROOT / "examples" / "lexicon"
DOCS = (ROOT / "docs" / "lexicon.md").read_text(encoding="utf-8")


def narrator(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["narrator", *words], cwd=cwd, env=clean_environment(), capture_output=True, text=True, timeout=600, check=False
    )


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audio")
    done = narrator("make", str(COURSE), "--out", str(folder), "--json")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def lesson(out: Path) -> Path:
    return out / "lexicon" / "clusters"


def cues(lesson: Path) -> dict[str, Cue]:
    manifest = Manifest.model_validate_json((lesson / "manifest.json").read_bytes())
    return {cue.caption: cue for cue in manifest.cues}


@pytest.mark.parametrize(
    ("caption", "heard"),
    [
        ("The command kubectl lists everything that runs.", r"(?i)cube control"),
        ("Professor Cholmondeley wrote the first lesson about it.", r"(?i)chuml(ey|y)"),
        ("She says that nginx answers every request 👍.", r"(?i)engine[ -](x|ex|acts)"),
    ],
)
def test_what_the_lexicon_says_is_heard(lesson: Path, caption: str, heard: str) -> None:
    cue = cues(lesson)[caption]
    samples, rate = soundfile.read(str(lesson / "clusters.wav"), dtype="float32")
    text = transcribe(samples[cue.start : cue.end], rate, "en")
    print(text)
    assert re.search(heard, text), text


def test_words_captions_and_preview_are_the_authors(out: Path, lesson: Path) -> None:
    found = cues(lesson)
    words = [text for text, _, _ in found["The command kubectl lists everything that runs."].words or ()]
    assert words == ["The", "command", "kubectl", "lists", "everything", "that", "runs"]
    words = [text for text, _, _ in found["Professor Cholmondeley wrote the first lesson about it."].words or ()]
    assert words[:3] == ["Professor", "Cholmondeley", "wrote"]
    assert all(start < end for cue in found.values() for _, start, end in cue.words or ())
    assert "The command kubectl lists" in (lesson / "clusters.vtt").read_text(encoding="utf-8")
    page = (out / "lexicon" / "index.html").read_text(encoding="utf-8")
    assert re.search(r'<span class="word" data-at="[\d.]+">kubectl</span>', page)
    assert "cube control" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def test_every_command_of_the_docs_runs(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    [block] = re.findall(r"<!-- tested -->\n```sh\n(.*?)```", DOCS, re.DOTALL)
    said = {}
    for line in block.splitlines():
        words = shlex.split(line, comments=True)
        done = narrator(*words[1:], cwd=tmp_path)
        assert done.returncode == 0, (line, done.stderr)
        said[words[1] + (words[-1] if words[-1].startswith("--") else "")] = done.stdout
    assert "kubectl: cube control" in said["explain"]
    assert "Cholmondeley: /ˈtʃʌmli/" in said["explain"]
    assert (tmp_path / "try.wav").stat().st_size > 20_000
    assert json.loads(said["words--json"])["words"] == []
    assert said["words--toml"].startswith("[words]\n")


def test_the_lexicon_of_the_docs_is_one(tmp_path: Path) -> None:
    from producer.lexicon import read_lexicon

    [block] = re.findall(r"```toml\n(.*?)```", DOCS, re.DOTALL)
    path = tmp_path / "lexicon.toml"
    path.write_text(block, encoding="utf-8")
    assert len(read_lexicon(path)) == 11
