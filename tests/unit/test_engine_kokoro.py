"""The Kokoro engine on its real weights: exact repetition, speakers, speed, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import models.kokoro
from models.catalog import Catalogue
from models.family import load_engine
from models.voice import Engine, NarrationError, Permanent, Speech, SpeechRequest, Utterance

VOCABULARY = json.loads((Path(models.kokoro.__file__).with_name("vocab.json")).read_text(encoding="utf-8"))
PHONEMES = "hˈI."


@pytest.fixture(scope="module")
def engine() -> Engine:
    bundle = Catalogue.load().bundle("kokoro")
    if not all(bundle.installed(voice.name) for voice in bundle.voices):
        pytest.skip("narrator[kokoro] is not installed")
    return load_engine(bundle)


def hi(phonemes: str = PHONEMES) -> Utterance:
    ids = VOCABULARY.get("vocab", VOCABULARY)
    return Utterance("Hi.", "en", phonemes, tuple(ids[symbol] for symbol in phonemes))


def speak(engine: Engine, *requests: SpeechRequest) -> list[Speech | NarrationError]:
    results = dict(engine.speak(requests))
    return [results[i] for i in range(len(requests))]


def test_the_same_request_gives_the_same_samples(engine: Engine) -> None:
    one = SpeechRequest((hi(),), "af_heart", seed=1)
    first, other, again = speak(engine, one, SpeechRequest((hi(),), "jm_kumo", seed=1), one)
    assert isinstance(first, Speech)
    assert isinstance(other, Speech)
    assert isinstance(again, Speech)
    assert first.sample_rate == 24000
    assert first.samples.dtype == np.float32
    assert 0.3 < len(first.samples) / 24000 < 2.5
    assert 0.05 < np.abs(first.samples).max() <= 1
    assert first.stages["acoustic"] > 0
    np.testing.assert_array_equal(first.samples, again.samples)
    assert len(other.samples) != len(first.samples) or not np.array_equal(other.samples, first.samples)


def test_speed_shortens(engine: Engine) -> None:
    slow, fast = speak(
        engine,
        SpeechRequest((hi(),), "zf_xiaobei", 1, speed=0.7),
        SpeechRequest((hi(),), "zf_xiaobei", 1, speed=1.4),
    )
    assert isinstance(slow, Speech)
    assert isinstance(fast, Speech)
    assert len(fast.samples) < 0.75 * len(slow.samples)


def test_what_cannot_be_spoken_is_refused_and_spares_the_others(engine: Engine) -> None:
    results = speak(
        engine,
        SpeechRequest((Utterance("", "en", "", ()),), "af_heart", 1),
        SpeechRequest((hi("a" * 511),), "af_heart", 1),
        SpeechRequest((hi(),), "nobody", 1),
        SpeechRequest((Utterance("?", "en", "", (100_000,)),), "af_heart", 1),
        SpeechRequest((hi(),), "af_heart", 1),
    )
    for result, words in zip(results, ("0 tokens", "511 tokens", "no such voice", "inference failed"), strict=False):
        assert isinstance(result, Permanent)
        assert words in str(result)
    assert isinstance(results[-1], Speech)
