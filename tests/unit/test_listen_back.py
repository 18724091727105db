"""Listening back without a recogniser: which samples are heard, and how what was heard is compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from producer.run.listen_back import compare
from tests.delivered import RATE, cue, deliver
from worker.contract.helper_requests import Hearing
from worker.contract.manifest import Manifest
from worker.contract.settings import Settings
from worker.listen_back import __main__ as listening

pytest.importorskip("jiwer")


def test_each_stretch_is_heard_at_the_file_s_own_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(tmp_path, "waves", [cue("One."), cue("Two."), cue("Three.")])
    monkeypatch.setattr(listening, "load_settings", lambda: Settings(store=str(tmp_path)))
    heard: list[tuple[int, int, str]] = []

    def transcribe(samples: np.ndarray, rate: int, language: str) -> str:
        peak = int(np.abs(np.fft.rfft(samples[:rate])).argmax())  # Hz: the tone of one second says which cue it is
        heard.append((len(samples), peak, language))
        return f" word {len(heard)} "

    monkeypatch.setattr(listening, "transcribe", transcribe)
    stretches = ((2 * 24000, 3 * 24000, "zh"), (0, 24000, "en"))  # the lesson is said to have three times the rate
    hearing = Hearing(name="physics/waves/waves.wav", rate=3 * RATE, stretches=stretches)
    assert listening.hear(hearing) == {"heard": ["word 1", "word 2"]}
    assert heard == [(RATE, 300, "zh"), (RATE, 200, "en")]


def test_what_was_not_understood_is_listed(tmp_path: Path) -> None:
    said = ["Sound is a wave.", "It travels through 3 metres of air.", "Waves add up."]
    folder = deliver(tmp_path, "waves", [cue(text) for text in said])
    manifest = Manifest.model_validate_json((folder / "waves" / "manifest.json").read_bytes())
    (found,) = compare(manifest, ["sound is a wave", "it travels through three metres of air", "Ways had a cup!"])
    assert (found.where, found.said, found.heard) == ("waves.md:3", "Waves add up.", "Ways had a cup!")
    assert found.error_rate == pytest.approx(4 / 3, abs=0.001)
