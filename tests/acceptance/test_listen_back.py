"""``--listen-back``: the recogniser listens back to what a run has made, and lists what it did not understand."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import producer.run.listen_back
from models.errors import Permanent
from tests.acceptance.conftest import ROOT, clean_environment

pytestmark = [pytest.mark.listen, pytest.mark.timeout(900)]
LESSON = """---
course: physics
lesson: waves
language: en
---
# Waves

Sound is a wave that travels through the air.
"""


def make(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["narrator", "make", *arguments, "--listen-back", "--json"]
    env = clean_environment(**environment)
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=ROOT, timeout=600, check=False)


def test_a_good_course_is_understood(narrated, tmp_path: Path):
    out = shutil.copytree(narrated[0], tmp_path / "narrated")
    done = make("examples/everyday-science/03-photosynthesis-in-chinese.md", "--out", str(out))
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["rendered"], report["unchanged"]) == (0, 1)
    assert report["heard"] == report["segments"]  # no sentence stands there twice
    assert len(report["misheard"]) <= 1, report["misheard"]


def test_a_voice_that_says_no_words_is_listed(tmp_path: Path):
    lesson = tmp_path / "waves.md"
    lesson.write_text(LESSON, encoding="utf-8")
    arguments = (str(lesson), "--out", str(tmp_path / "out"), "--voice", "tiny/one", "--outputs", "opus")
    done = make(*arguments, NARRATOR_VOICES_DIR=str(ROOT / "tests" / "data"))
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["heard"] == 2
    sentence = report["misheard"][-1]
    assert sentence["where"].endswith("waves.md:8")
    assert sentence["said"] == "Sound is a wave that travels through the air."
    assert sentence["error_rate"] > 0.5


def test_without_a_recogniser_the_remedy_is_told_before_anything_is_rendered(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(producer.run.listen_back, "find_spec", lambda name: None)
    with pytest.raises(Permanent, match=r"pip install 'narrator\[listen\]'"):
        producer.make([tmp_path / "no-such-lesson.md"], tmp_path / "out", listen_back=True)
    assert not (tmp_path / "out").exists()
