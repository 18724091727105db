"""A course of every format and language, with a lexicon for all of them, is narrated by ``narrator make`` in one go."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.conftest import ROOT, clean_environment
from worker.contract.manifest import Manifest

pytestmark = [pytest.mark.listen, pytest.mark.timeout(900)]
FORMATS = {".txt", ".csv", ".jsonl", ".pptx", ".md", ".html", ".vtt", ".srt", ".ssml"}


def narrated(course: Path, out: Path) -> dict[str, Manifest]:
    """What ``narrator make`` has delivered of a course, by lesson; nothing may have failed."""
    command = ["narrator", "make", str(course), "--out", str(out), "--json"]
    done = subprocess.run(
        command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=800, check=False
    )
    assert done.returncode == 0, done.stderr
    manifests = [Manifest.model_validate_json(path.read_bytes()) for path in out.glob("*/*/manifest.json")]
    assert len(manifests) == json.loads(done.stdout)["lessons"]
    return {manifest.lesson: manifest for manifest in manifests}


def test_every_format_and_language_in_one_command(tmp_path: Path) -> None:
    course = ROOT / "examples" / "formats"
    lessons = narrated(course, tmp_path)
    sources = {path.name for path in course.iterdir() if path.suffix in FORMATS}
    assert {Path(name).suffix for name in sources} == FORMATS
    assert {Path(manifest.source).name for manifest in lessons.values()} == sources
    assert {cue.segment.language for manifest in lessons.values() for cue in manifest.cues} == {"en", "zh", "ja"}
    assert "klora fill" in lessons["01-plain-text"].cues[1].segment.text  # by the lexicon, which is not in the caption
    assert "chlorophyll" in lessons["01-plain-text"].cues[1].caption
    assert [mark.name for mark in lessons["09-salt"].marks] == ["salt"]
    for manifest in lessons.values():
        folder = tmp_path / manifest.course / manifest.lesson
        assert all((folder / part.name).stat().st_size == part.size for part in manifest.parts)
