"""From the checkpoint to a bundle to speech: conversion, engine, batching."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from models.bundle import Bundle
from models.catalog import Catalogue
from models.errors import Permanent, SpeechRejected, UnknownVoice, VoiceNotInstalled
from models.voice import Speech, SpeechRequest, Utterance, spoken_by
from tests.unit.cosyvoice_reference import DATA, need_torch

need_torch()
pytest.importorskip("tiktoken")

from models.cosyvoice import stages  # noqa: E402
from models.cosyvoice.checkpoint import read_cosyvoice_checkpoint  # noqa: E402
from models.cosyvoice.convert import convert_cosyvoice  # noqa: E402
from models.cosyvoice.engine import CosyVoiceEngine, stream  # noqa: E402
from models.cosyvoice.flow import mel_length, speed_up  # noqa: E402
from models.cosyvoice.frontend import CosyVoiceFrontEnd  # noqa: E402
from models.cosyvoice.language_model import Cache, Prompt  # noqa: E402

RATIO = 6  # speech tokens per text token: random weights find no end


@pytest.fixture(scope="module")
def voices(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("voices")


@pytest.fixture(scope="module", params=["fp32", "int8"])
def bundle(request, voices) -> Bundle:
    out = voices / f"cosy-{request.param}"
    return convert_cosyvoice(DATA, out, request.param, speech_tokens_per_text_token=RATIO)


@pytest.fixture(scope="module")
def engine(bundle) -> CosyVoiceEngine:
    return CosyVoiceEngine(bundle)


def request(*ids: int, speaker: str = "zh-female", seed: int = 1, speed: float = 1.0, **options) -> SpeechRequest:
    return SpeechRequest((Utterance(ids),), speaker, seed, speed, options)


def speak(engine, *requests) -> list[Speech | Exception]:
    found = dict(engine.speak(requests))
    assert sorted(found) == list(range(len(requests)))
    return [found[i] for i in range(len(requests))]


def test_it_gets_somewhere_long_before_a_result(engine):
    steps = [0]

    def step() -> bool:
        steps[0] += 1
        return True

    seen = []
    for _ in engine.speak([request(5, 6, 7), request(5, 6, 7, 8, 9, 10)], step):
        seen.append(steps[0])
    # A language model's pass for each token but the last, the flow's ten steps, the vocoder.
    assert seen == [3 * RATIO - 1 + 11, 6 * RATIO - 1 + 2 * 11]


def test_who_asks_to_end_waits_for_one_pass(engine):
    assert list(engine.speak([request(5, 6, 7), request(8, 9)], lambda: False)) == []
    assert len(speak(engine, request(5, 6, 7))) == 1


def test_the_bundle_describes_itself(bundle, voices):
    assert bundle == Bundle.read(voices / bundle.id / "voice.toml")
    assert {f.name for f in bundle.files} == {
        *(f"{name}.onnx" for name in stages.GRAPHS),
        "tables.npz",
        "multilingual.tiktoken",
    }
    assert (bundle.sample_rate, bundle.licence, bundle.family) == (22050, "Apache-2.0", "cosyvoice")
    for file in bundle.files:
        assert bundle.path(file.name).stat().st_size == file.size  # and its checksum
    record = tomllib.loads(bundle.origin.read_text(encoding="utf-8"))["record"]
    check = record["self_check"]
    if bundle.precision == "fp32":
        assert (check["mel"], check["samples"], check["divergence"], check["overlap"]) == (0, 0, 0, 1)
    else:
        assert 0 < check["mel"] < 0.2
        assert 0 < check["samples"] < 0.05
        assert check["overlap"] > 0.9
        assert sum(f.size for f in bundle.files) < 4e6
    assert [p for p in voices.iterdir() if p.name.startswith(".")] == []  # nothing is left behind


def test_the_seven_speakers_and_their_aliases(bundle):
    rows = {voice.name: voice.parameters["row"] for voice in bundle.voices}
    names = ["中文女", "中文男", "日语男", "粤语女", "英文女", "英文男", "韩语女"]
    aliases = ["zh-female", "zh-male", "ja-male", "yue-female", "en-female", "en-male", "ko-female"]
    for row, pair in enumerate(zip(names, aliases, strict=True)):
        assert [rows[name] for name in pair] == [row, row]
    assert bundle.speaker("ja-male").languages[0] == "ja"
    assert set(bundle.speaker("ja-male").languages) == {"en", "zh", "ja", "yue", "ko"}


def test_the_catalogue_finds_it(bundle, voices):
    catalogue = Catalogue.load(voices)
    assert catalogue.installed(catalogue.find(f"{bundle.id}/en-female"))
    assert catalogue.find(f"{bundle.id}/4").id == f"{bundle.id}/en-female"  # by number: one voice, one key
    with pytest.raises(UnknownVoice):
        catalogue.find(f"{bundle.id}/7")


def test_speech_is_as_long_as_its_tokens(engine):
    (speech,) = speak(engine, request(5, 6, 7, 8))
    assert speech.sample_rate == 22050
    assert len(speech.samples) == 256 * mel_length(4 * RATIO)
    assert speech.samples.dtype == np.float32
    assert 0.001 < np.abs(speech.samples).max() <= 1
    assert set(speech.stages) == {"language model", "flow", "vocoder"}


def test_the_same_request_gives_the_same_speech_alone_or_in_company(engine):
    alone = speak(engine, request(9, 4, 7, seed=3))[0].samples
    company = [request(*range(1, n), seed=n) for n in range(3, 24)]
    together = speak(engine, *company[:10], request(9, 4, 7, seed=3), *company[10:])[10].samples
    assert np.abs(alone - together).max() < 2e-3 * np.abs(alone).max()
    assert np.array_equal(alone, speak(engine, request(9, 4, 7, seed=3))[0].samples)


def test_seeds_speakers_and_speed_change_the_speech(engine):
    base, other, male, named, numbered, fast = speak(
        engine,
        request(9, 4, 7),
        request(9, 4, 7, seed=2),
        request(9, 4, 7, speaker="zh-male"),
        request(9, 4, 7, speaker="中文男"),
        request(9, 4, 7, speaker="1"),
        request(9, 4, 7, speed=2.0),
    )
    assert not np.array_equal(base.samples, other.samples)
    assert not np.array_equal(base.samples, male.samples)
    assert np.allclose(male.samples, named.samples, atol=1e-4)
    assert np.allclose(male.samples, numbered.samples, atol=1e-4)
    assert len(fast.samples) == len(base.samples) // 512 * 256


def test_griffin_lim_speaks_too(engine):
    base, drawn, again = speak(
        engine, request(3, 4), request(3, 4, vocoder="griffin-lim"), request(3, 4, vocoder="griffin-lim")
    )
    assert base.samples.shape == drawn.samples.shape
    assert not np.array_equal(base.samples, drawn.samples)
    assert np.allclose(drawn.samples, again.samples, atol=1e-3)


def test_one_failure_spares_the_others(engine):
    found = speak(
        engine,
        request(3, 4),
        request(3, 4, speaker="nobody"),
        request(3, 4, steps=0),
        request(3, 4, vocoder="gramophone"),
        request(3, 4, pitch=2),
        request(3, 4, steps=3),
    )
    assert isinstance(found[0], Speech)
    assert isinstance(found[5], Speech)
    messages = [str(error) for error in found[1:5]]
    assert all(isinstance(error, Permanent) for error in found[1:5])
    assert "nobody" in messages[0]
    assert "steps is 0" in messages[1]
    assert "gramophone" in messages[2]
    assert "no option pitch" in messages[3]


def test_utterances_of_a_segment_are_joined(engine):
    pair = SpeechRequest((Utterance((3, 4, 5)), Utterance((6, 7, 8))), "zh-male", 1)
    (speech,) = speak(engine, pair)
    assert len(speech.samples) > 256 * mel_length(3 * RATIO) * 1.5


def test_a_sentence_of_six_hundred_tokens_is_spoken_whole(bundle, engine):
    utterances = spoken_by(CosyVoiceFrontEnd(bundle).prepare("light " * 600, "en"), str)
    assert sum(len(u.tokens) for u in utterances) > 600
    (found,) = speak(engine, SpeechRequest(utterances, "en-female", 1, options={"steps": 1}))
    alone = sum(mel_length(RATIO * len(u.tokens)) for u in utterances) * 256
    assert alone <= len(found.samples) < 1.2 * alone  # and the pauses between


def test_an_endless_draw_is_rejected(bundle):
    loaded = stages.load_stages(bundle.path, stages.Parameters.of(bundle.parameters, bundle.origin))
    prompts = [Prompt((5, 6, 7), loaded.speakers[0][0], seed) for seed in range(3)]
    found = dict(loaded.language_model.generate(prompts))
    for result in found.values():  # random weights: an end within 60 of 4,097 tokens is luck
        assert isinstance(result, SpeechRejected) or len(result) < 60
    assert any("no end after 60" in str(result) for result in found.values())


def test_the_budget_bounds_the_slots(bundle):
    loaded = stages.load_stages(bundle.path, stages.Parameters.of(bundle.parameters, bundle.origin))
    model, speaker = loaded.language_model, loaded.speakers[0][0]
    prompts = [Prompt(tuple(range(2, 2 + n)), speaker, n, tokens=5 * n) for n in (3, 9, 4, 8, 5, 7, 6, 2)]
    free = dict(model.generate(prompts))
    longest = max(prompt.positions for prompt in prompts)
    model._budget = 2 * longest * model.cache.bytes_per_position
    model.cache = Cache(model.cache._shapes)
    for bounded in (model.generate(prompts), model.generate(prompts)):
        assert dict(bounded) == free
    assert model.cache.slots * model.cache.positions * model.cache.bytes_per_position <= model._budget
    model._budget = 1  # one segment is let in all the same
    model.cache = Cache(model.cache._shapes)
    assert dict(model.generate(prompts[:2])) == {0: free[0], 1: free[1]}


def test_streams_depend_on_seed_place_and_stage():
    found = {stream(s, k, stage) for s in (0, 1, 1 << 63) for k in (0, 1) for stage in ("flow", "vocoder")}
    assert len(found) == 12
    assert stream(7, 0, "flow") == 276660919363645628047567075046205364311


def test_speed_interpolates_the_mel():
    mel = np.arange(12, dtype=np.float32)[None].repeat(80, 0)
    assert speed_up(mel, 1.0) is mel
    assert speed_up(mel, 2.0).shape == (80, 6)
    assert np.allclose(speed_up(mel, 2.0)[0], [0.5, 2.5, 4.5, 6.5, 8.5, 10.5])
    assert speed_up(mel, 0.5).shape == (80, 24)


def test_a_damaged_graph_is_not_loaded(bundle, voices, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in (voices / bundle.id).iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    data = bytearray((copy / "decoder.onnx").read_bytes())
    data[-100] ^= 1
    (copy / "decoder.onnx").write_bytes(data)
    with pytest.raises(VoiceNotInstalled, match=r"decoder\.onnx.*damaged"):
        CosyVoiceEngine(Bundle.read(copy / "voice.toml"))


def test_refused_conversions(voices, tmp_path):
    with pytest.raises(Permanent, match="exists already"):
        convert_cosyvoice(DATA, tmp_path)
    with pytest.raises(Permanent, match="cannot name a bundle"):
        convert_cosyvoice(DATA, tmp_path / "Große Stimme")
    with pytest.raises(Permanent, match="estimator is not usable in 4 bits"):
        convert_cosyvoice(DATA, tmp_path / "x", per_part={"estimator": "int4"})
    with pytest.raises(Permanent, match="no choice of precision for 'pitch'"):
        convert_cosyvoice(DATA, tmp_path / "x", per_part={"pitch": "int8"})
    assert list(tmp_path.iterdir()) == []


def test_front_end_and_engine_agree(bundle, engine):
    utterances = spoken_by(CosyVoiceFrontEnd(bundle).prepare("Hello, 世界!", "en"), str)
    (speech,) = speak(engine, SpeechRequest(utterances, "en-female", 5))
    assert len(speech.samples) == 256 * mel_length(len(utterances[0].tokens) * RATIO)


def test_four_bits_and_auto(voices):
    chosen = convert_cosyvoice(
        DATA, voices / "mixed", "auto", {"flow_encoder": "fp32"}, speech_tokens_per_text_token=RATIO
    )
    precisions = chosen.record["precisions"]
    assert precisions["flow_encoder"] == "fp32"
    assert chosen.record["self_check"]["overlap"] >= 0.85
    four = convert_cosyvoice(DATA, voices / "four", "int4", speech_tokens_per_text_token=RATIO, reduce_range=True)
    assert four.precision == "int4-int8"
    assert four.record["reduced_range"] is True
    assert 0.3 < four.record["self_check"]["overlap"] < 1
    assert len(speak(CosyVoiceEngine(four), request(3, 4))[0].samples) == 256 * mel_length(2 * RATIO)
    assert json.loads(json.dumps(four.record)) == four.record


def test_running_needs_neither_torch_nor_onnx(bundle):
    import subprocess

    code = (
        "import sys; from pathlib import Path; sys.modules['torch'] = sys.modules['onnx'] = None; "
        "from models.bundle import Bundle; from models.family import load_engine; "
        f"load_engine(Bundle.read(Path({str(bundle.origin)!r})))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
    assert read_cosyvoice_checkpoint(DATA).notices == []
