"""A course of every format and language, with a lexicon for all of them, is planned and narrated in one go."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from producer.lessons.options import NO_OPTIONS
from producer.plan.planner import plan_with_settings
from tests.acceptance.conftest import ROOT, clean_environment
from worker.contract.manifest import Manifest
from worker.contract.settings import Settings

pytestmark = [pytest.mark.listen, pytest.mark.timeout(900)]
COURSE = ROOT / "examples" / "formats"
FORMATS = {".txt", ".csv", ".jsonl", ".pptx", ".md", ".html", ".vtt", ".srt", ".ssml"}
SOURCES = {path.name for path in COURSE.iterdir() if path.suffix in FORMATS}


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


def test_every_format_and_language_is_planned() -> None:
    planned = plan_with_settings([COURSE], NO_OPTIONS, Settings())
    assert planned.failures == ()
    lessons = {lesson.lesson: lesson.plan for lesson in planned.lessons if lesson.plan}
    assert {Path(name).suffix for name in SOURCES} == FORMATS
    assert {Path(lesson.source).name for lesson in lessons.values()} == SOURCES
    assert {entry.segment.language for lesson in lessons.values() for entry in lesson.entries} == {"en", "zh", "ja"}
    entry = lessons["01-plain-text"].entries[1]
    assert "klora fill" in entry.segment.text  # by the lexicon, which is not in the caption
    assert "chlorophyll" in entry.caption
    assert [mark.name for entry in lessons["09-salt"].entries for mark in entry.marks] == ["salt"]


@pytest.mark.long
def test_every_format_and_language_is_narrated_in_one_command(tmp_path: Path) -> None:
    lessons = narrated(COURSE, tmp_path)
    assert {Path(manifest.source).name for manifest in lessons.values()} == SOURCES
    assert {cue.segment.language for manifest in lessons.values() for cue in manifest.cues} == {"en", "zh", "ja"}
    assert [mark.name for mark in lessons["09-salt"].marks] == ["salt"]
    for manifest in lessons.values():
        folder = tmp_path / manifest.course / manifest.lesson
        assert all((folder / part.name).stat().st_size == part.size for part in manifest.parts)
