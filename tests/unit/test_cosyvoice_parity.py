"""Every stage in float32 against what the original PyTorch code computes from the same checkpoint."""

from __future__ import annotations

import numpy as np
import pytest

from models.conversion.onnx_graph import Graph
from models.cosyvoice import convert_flow, convert_hift, convert_language_model
from models.cosyvoice.flow import Flow
from models.cosyvoice.language_model import LanguageModel, Prompt, Tables
from models.session import open_session
from models.vocoders.harmonic_source import HarmonicSource
from models.vocoders.hift import Hift
from tests.unit.cosyvoice_reference import REFERENCE, cases, expected, need_torch

need_torch()

from models.cosyvoice.checkpoint import CosyVoiceCheckpoint, read_cosyvoice_checkpoint  # noqa: E402


def close(found, name, tolerance):
    """Assert that no element is further off than the tolerance."""
    exact = expected()[name]
    assert found.shape == exact.shape
    worst = np.abs(found - exact).max()
    assert worst <= tolerance, f"{name} is off by {worst:.2e}, allowed {tolerance:.0e}"


def session(graph: Graph):
    return open_session(graph.model().SerializeToString())


@pytest.fixture(scope="module")
def read() -> CosyVoiceCheckpoint:
    return read_cosyvoice_checkpoint(REFERENCE)


def projected(read: CosyVoiceCheckpoint, weights, speaker: str):
    embedding = read.speakers[speaker]
    weight, bias = (weights[f"spk_embed_affine_layer.{part}"] for part in ("weight", "bias"))
    return weight @ (embedding / np.linalg.norm(embedding)) + bias


@pytest.fixture(scope="module")
def language_model(read: CosyVoiceCheckpoint) -> LanguageModel:
    weights, config = read.language_model, read.config.language_model
    build = (
        convert_language_model.text_encoder,
        convert_language_model.position_tables,
        convert_language_model.decoder,
    )
    sessions = tuple(session(part(weights, config, Graph())) for part in build)
    tables = Tables(weights["speech_embedding.weight"], None, weights["llm_embedding.weight"])
    return LanguageModel(sessions, tables, config.sampling, slots=4, budget=1 << 30)


@pytest.mark.parametrize("i", cases("{i}.text_ids"))
def test_text_encoder(language_model, i):
    found = language_model.encode(expected()[f"{i}.text_ids"].tolist())
    close(found, f"{i}.text_encoder_out", 1e-5)


def log_softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def forced_log_probabilities(read, model, which):
    """Log-probabilities after the prefill and each forced token, for several segments in one ragged batch."""
    data = expected()
    prompts = [
        Prompt(
            tuple(data[f"{i}.text_ids"].tolist()),
            projected(read, read.language_model, str(data[f"{i}.speaker"])),
            seed=0,
        )
        for i in which
    ]
    prefixes = [model.prefix(prompt) for prompt in prompts]
    new = np.array([len(prefix) for prefix in prefixes], np.int64)
    x = np.zeros((len(which), new.max(), prefixes[0].shape[1]), np.float32)
    for row, prefix in zip(x, prefixes, strict=True):
        row[: len(prefix)] = prefix
    tokens = np.stack([data[f"{i}.forced_tokens"] for i in which])
    model.cache.fit(len(which), int(new.max()) + tokens.shape[1], [])
    steps = [model.step(x, np.zeros(len(which), np.int64), new)]
    for k in range(tokens.shape[1]):
        steps.append(model.step(model.embed(tokens[:, k].tolist())[:, None], new + k, np.ones(len(which), np.int64)))
    return log_softmax(np.stack(steps, axis=1))


@pytest.mark.parametrize("i", cases("{i}.text_ids"))
def test_language_model_alone(read, language_model, i):
    found = forced_log_probabilities(read, language_model, [i])[0]
    close(found[expected()[f"{i}.logprob_steps"]], f"{i}.logprobs", 1e-5)


def test_language_model_in_one_ragged_batch(read, language_model):
    which = cases("{i}.text_ids")
    for i, found in zip(which, forced_log_probabilities(read, language_model, which), strict=True):
        close(found[expected()[f"{i}.logprob_steps"]], f"{i}.logprobs", 1e-5)


@pytest.fixture(scope="module")
def flow(read: CosyVoiceCheckpoint) -> Flow:
    weights, config = read.flow, read.config.flow
    encoder = session(convert_flow.flow_encoder(weights, config, Graph()))
    return Flow(encoder, session(convert_flow.estimator(weights, config, Graph())), config.guidance)


@pytest.mark.parametrize("i", cases("flow{i}.mu"))
def test_flow(read, flow, i):
    data = expected()
    speaker = projected(read, read.flow, str(data[f"flow{i}.speaker"]))
    close(speaker, f"flow{i}.spks", 1e-5)
    mu = flow.encode(data[f"flow{i}.speech_tokens"].tolist())
    close(mu, f"flow{i}.mu", 1e-5)
    close(flow.solve(data[f"flow{i}.z"], mu, speaker), f"flow{i}.mel", 1e-4)


@pytest.fixture(scope="module")
def hift(read: CosyVoiceCheckpoint) -> Hift:
    weights, config = read.hift, read.config.hift
    source = HarmonicSource(
        weights["m_source.l_linear.weight"][0],
        float(weights["m_source.l_linear.bias"][0]),
        config.amplitude,
        config.noise,
        config.voiced,
    )
    pitch = session(convert_hift.pitch(weights, config, Graph()))
    return Hift(pitch, session(convert_hift.hift_generator(weights, config, Graph())), source)


@pytest.mark.parametrize("i", cases("hift{i}.mel"))
def test_hift(hift, i):
    data = expected()
    mel, f0 = data[f"hift{i}.mel"], data[f"hift{i}.f0"]
    # Of the largest: at 200 Hz neighbouring float32 numbers lie 1.5e-5 apart, and the original is 1e-4 from exact.
    assert np.abs(hift.pitch(mel) - f0).max() <= 1e-5 * f0.max()
    source = hift.source.excite(f0, data[f"hift{i}.phase"], data[f"hift{i}.noise"])
    close(source[None], f"hift{i}.source", 1e-6)
    close(hift.generate(mel, source), f"hift{i}.wav", 1e-5)
