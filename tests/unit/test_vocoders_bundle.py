"""A CosyVoice bundle that was given HiFi-GAN speaks through each of its three vocoders."""

from __future__ import annotations

import numpy as np
import pytest

from models.vocoders.hifigan import HifiGan
from models.vocoders.vocoder_folder import add_vocoder
from models.voice import Speech, SpeechRequest, Utterance
from tests.unit.cosyvoice_reference import REFERENCE, need_torch

need_torch()

from models.cosyvoice.convert import convert_cosyvoice  # noqa: E402
from models.cosyvoice.engine import CosyVoiceEngine  # noqa: E402
from models.vocoders.convert_hifigan import convert_hifigan  # noqa: E402
from tests.unit.test_vocoders_hifigan import SMALL, save  # noqa: E402
from tests.unit.vocoder_hifigan_torch import random_generator  # noqa: E402


def test_three_vocoders_behind_one_voice(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = convert_cosyvoice(REFERENCE, tmp_path / "cosy", "fp32", speech_tokens_per_text_token=6)
    before = CosyVoiceEngine(made)
    convert_hifigan(save(tmp_path / "gan", random_generator(SMALL).state_dict()), tmp_path / "gan" / "out")
    engine = CosyVoiceEngine(add_vocoder(tmp_path / "cosy", tmp_path / "gan" / "out"))

    def speak(engine: CosyVoiceEngine, *vocoders: str) -> list[object]:
        utterances = (Utterance((3, 4)),)
        requests = [SpeechRequest(utterances, "zh-female", 1, options={"vocoder": name}) for name in vocoders]
        found = dict(engine.speak(requests))
        return [found[i] for i in range(len(vocoders))]

    (refused,) = speak(before, "hifigan")
    assert "has no vocoder 'hifigan'" in str(refused)
    mels = []
    synthesise = HifiGan.synthesise
    monkeypatch.setattr(HifiGan, "synthesise", lambda self, mel, seed: mels.append(mel) or synthesise(self, mel, seed))
    spoken = speak(engine, "hift", "griffin-lim", "hifigan")
    assert all(isinstance(speech, Speech) for speech in spoken)
    hift, griffin_lim, hifigan = (speech.samples for speech in spoken)
    assert hift.shape == griffin_lim.shape == hifigan.shape == (256 * mels[0].shape[1],)
    assert np.array_equal(hifigan, HifiGan.load(tmp_path / "cosy" / "hifigan.onnx").synthesise(mels[0], 0))
    assert not np.allclose(hift, griffin_lim, atol=1e-3)
    assert not np.allclose(hift, hifigan, atol=1e-3)
