"""The example course, narrated by the real command with real voices, is listened back cue by cue."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.voice import Samples
from tests.acceptance.listen import allowed, comparable_words, error_rate, sample, transcribe
from worker.contract.manifest import Cue, Manifest

pytestmark = [pytest.mark.listen, pytest.mark.timeout(1800)]
BOUNDS = {"en": 0.04, "zh": 0.05, "ja": 0.15}  # word error rate; character error rates


def manifests(out: Path) -> list[tuple[Path, Manifest]]:
    """Every lesson's folder and manifest."""
    found = sorted((out / "everyday-science").glob("*/manifest.json"))
    return [(path.parent, Manifest.model_validate_json(path.read_bytes())) for path in found]


def apart(cue: Cue, samples: Samples, rate: int) -> Iterator[tuple[str, str, Samples]]:
    """What a cue says in each language, with its sound: English words in Chinese are cut out, by their times."""
    language = cue.segment.language
    guests = [word for word in cue.words or () if language != "en" and re.fullmatch("[A-Za-z]{3,}", word[0])]
    own, at = [], cue.start
    for text, start, end in guests:
        yield "en", text, np.pad(samples[start:end], rate // 5)
        own.append(samples[at:start])
        at = end
    caption = cue.caption
    for text, *_ in guests:
        caption = caption.replace(text, "", 1)
    yield language, caption, np.concatenate([*own, samples[at : cue.end]])


def test_every_lesson_is_there_and_the_report_adds_up(narrated):
    out, report = narrated
    assert len(manifests(out)) == report["lessons"] == 4
    assert report["failed"] == 0
    assert report["segments"] == report["reused"] + report["rendered"]
    keys = {cue.key for _, manifest in manifests(out) for cue in manifest.cues}
    assert len(keys) == report["segments"]  # the sentence that two lessons share counts, and was rendered, once


def test_manifest_captions_and_audio_agree(narrated):
    out, _ = narrated
    for folder, manifest in manifests(out):
        audio = soundfile.info(str(folder / f"{manifest.lesson}.wav"))
        assert (audio.frames, audio.samplerate) == (manifest.samples, manifest.sample_rate)
        ends = [cue.end for cue in manifest.cues]
        starts = [cue.start for cue in manifest.cues]
        assert all(start < end for start, end in zip(starts, ends, strict=True))
        assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
        captions = (folder / f"{manifest.lesson}.vtt").read_text(encoding="utf-8")
        for cue in manifest.cues:
            first_word = cue.caption.split()[0][:6]
            assert first_word in captions


def test_listened_back(narrated, record_testsuite_property):
    out, _ = narrated
    said, heard, lines = defaultdict(list), defaultdict(list), []
    for folder, manifest in manifests(out):
        samples, rate = soundfile.read(str(folder / f"{manifest.lesson}.wav"), dtype="float32")
        for cue in sample(manifest.cues, 3):
            for language, text, sound in apart(cue, samples, rate):
                said[language].append(text)
                heard[language].append(transcribe(sound, rate, language))
                lines.append(f"{language}  {text}  |  {heard[language][-1]}")
    rates = {language: error_rate(said[language], heard[language], language) for language in said}
    print("\n".join(lines), rates, sep="\n")
    for language, rate in rates.items():
        record_testsuite_property(f"error rate {language}", f"{rate:.4f}")
        units = sum(len(comparable_words(text, language).split()) for text in said[language])
        assert rate <= allowed(BOUNDS[language], units), f"{language}: {rate:.1%} misheard\n" + "\n".join(lines)
    assert set(rates) == set(BOUNDS)
