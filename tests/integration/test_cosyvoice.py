"""CosyVoice as its user meets it: a checkpoint converted, then a lesson through the whole stack, by the commands."""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile

from models.catalog import Catalogue
from tests.unit.cosyvoice_reference import DATA, need_torch

need_torch()
pytest.importorskip("tiktoken")

PAGE = Path(__file__).parents[2] / "models" / "cosyvoice" / "README.md"
LESSON = """---
course: botany
lesson: light
language: zh
---
# 光合作用

今天我们学习光合作用。 Plants turn light into sugar.

- 水和二氧化碳。
"""


def narrator(voices: Path, *words: str | Path, cwd: Path | None = None, exits: int = 0, **settings: str) -> dict:
    command = Path(sys.executable).with_name("narrator")
    environment = {**os.environ, "NARRATOR_VOICES_DIR": str(voices), **settings}
    done = subprocess.run(
        [command, *words, "--json"], env=environment, cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == exits, done.stderr
    return json.loads(done.stdout)


def test_the_pages_way_from_download_to_a_course(tmp_path: Path):
    """All but what needs a network; the tiny checkpoint stands in for the real one."""
    blocks = re.findall(r"<!-- tested with a checkpoint -->\n```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    commands = [shlex.split(line, comments=True) for line in "".join(blocks).splitlines()]
    ours = [words[1:] for words in commands if words[0] == "narrator"]
    assert [words[:2] for words in ours] == [
        ["voices", "convert"],
        ["voices", "add"],
        ["say", "今天我们学习光合作用。"],
        ["make", "lessons/"],
    ]
    (tmp_path / "CosyVoice-300M-SFT").symlink_to(DATA)
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "light.md").write_text(LESSON, encoding="utf-8")
    narrator(tmp_path / "voices", *ours[0], "--speech-tokens", "8", cwd=tmp_path)  # random weights find no end
    narrator(tmp_path / "voices", *ours[1], cwd=tmp_path)
    narrator(tmp_path / "voices", *ours[2], cwd=tmp_path)
    report = narrator(tmp_path / "voices", *ours[3], cwd=tmp_path)
    assert (report["rendered"], report["failed"]) == (4, 0)
    assert (tmp_path / "audio" / "botany" / "light" / "light.wav").exists()


@pytest.mark.long  # the page's way, above, does the same with fewer questions
def test_a_checkpoint_is_converted_and_narrates_a_lesson(tmp_path: Path):
    voices, lesson, out = tmp_path / "voices", tmp_path / "light.md", tmp_path / "out"
    lesson.write_text(LESSON, encoding="utf-8")
    # Random weights find no end: the bundle itself says how many speech tokens to draw, and so does every key.
    options = ("--precision", "int8", "--speech-tokens", "8")
    made = narrator(voices, "voices", "convert", "cosyvoice", DATA, voices / "cosy", *options)
    assert made["precision"] == "int8"
    assert made["record"]["notices"][1].startswith("8 speech tokens a text token")
    make = ("make", lesson, "--out", out, "--voice", "cosy/zh-female", "--processes", "1")
    report = narrator(voices, *make)
    assert (report["segments"], report["rendered"], report["failed"]) == (4, 4, 0)
    samples, rate = soundfile.read(out / "botany" / "light" / "light.wav")
    assert rate == 22050
    assert len(samples) / rate > 4
    assert 0.001 < abs(samples).max() < 1
    again = narrator(voices, *make)
    assert (again["rendered"], again["failed"]) == (0, 0)


def test_what_is_no_speech_is_quarantined_and_stored_only_where_a_test_says_so(tmp_path: Path):
    """Two speech tokens a text token are 40 ms: no sentence can be said in that."""
    voices, lesson, out = tmp_path / "voices", tmp_path / "light.md", tmp_path / "out"
    lesson.write_text(LESSON, encoding="utf-8")
    narrator(voices, "voices", "convert", "cosyvoice", DATA, voices / "cosy", "--precision", "int8",
             "--speech-tokens", "2")  # fmt: skip
    make = ("make", lesson, "--out", out, "--voice", "cosy/zh-female", "--processes", "1")
    relaxed = narrator(voices, *make, NARRATOR_RELAXED_CHECKS="1")
    assert (relaxed["rendered"], relaxed["failed"], relaxed["relaxed"]) == (4, 0, True)
    manifest = json.loads((out / "botany" / "light" / "manifest.json").read_bytes())
    assert manifest["relaxed"]
    assert all(cue["segment"]["relaxed"] for cue in manifest["cues"])
    strict = narrator(voices, *make, exits=1)  # the same store
    assert (strict["rendered"], strict["reused"], strict["failed"], strict["relaxed"]) == (0, 0, 4, False)
    reasons = [failure["reason"] for failure in strict["failures"]]
    assert len(reasons) == 4
    assert all(re.search(r"s are too short for .* \(3 draws\)", reason) for reason in reasons)


def test_a_conversion_killed_or_out_of_room_leaves_nothing_that_loads_and_the_next_works(tmp_path: Path):
    asked = json.dumps({"family": "cosyvoice", "source": str(DATA), "out": str(tmp_path / "cosy"), "precision": "int8"})
    command, pipe = [sys.executable, "-m", "models.convert"], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as killed:
        killed.stdin.write(asked)
        killed.stdin.close()
        while not list(tmp_path.glob(".cosy.*/made/decoder.onnx")):
            assert killed.poll() is None
            time.sleep(0.005)
        killed.kill()
    assert [path.name[:6] for path in tmp_path.iterdir()] == [".cosy."]
    assert "cosy" not in {voice.bundle for voice in Catalogue.load(tmp_path).voices}

    def little_room() -> None:  # the next write beyond it fails, as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))

    full = subprocess.run(command, input=asked, capture_output=True, text=True, check=False, preexec_fn=little_room)
    assert full.returncode == 2
    assert full.stderr == f"{tmp_path}/cosy: cannot be written: File too large\n"
    assert list(tmp_path.iterdir()) == []
    subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["cosy"]
    assert "cosy/zh-female" in {voice.id for voice in Catalogue.load(tmp_path).voices}
