"""A converted CosyVoice through the whole stack: lesson file, broker, worker, sound, captions."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

import producer
from tests.unit.cosyvoice_reference import DATA, need_torch
from worker.settings import Settings

need_torch()
pytest.importorskip("tiktoken")

LESSON = """---
course: botany
lesson: light
language: zh
---
# 光合作用

今天我们学习光合作用。 Plants turn light into sugar.

- 水和二氧化碳。
"""


def test_a_lesson_is_narrated(tmp_path: Path):
    from models.cosyvoice.convert import convert

    # Random weights find no end: the bundle itself says how many speech tokens to draw, and so does every key.
    convert(DATA, tmp_path / "voices" / "cosy", "int8", speech_tokens_per_text_token=8)
    lesson, out = tmp_path / "light.md", tmp_path / "out"
    lesson.write_text(LESSON, encoding="utf-8")
    here = Settings(voices_dir=tmp_path / "voices")
    report = producer.make([lesson], out, voice="cosy/zh-female", processes=1, settings=here)
    assert (report.segments, report.rendered, report.failed) == (4, 4, 0)
    samples, rate = soundfile.read(out / "botany" / "light" / "light.wav")
    assert rate == 22050
    assert len(samples) / rate > 4
    assert 0.001 < abs(samples).max() < 1
    again = producer.make([lesson], out, voice="cosy/zh-female", processes=1, settings=here)
    assert (again.rendered, again.failed) == (0, 0)
