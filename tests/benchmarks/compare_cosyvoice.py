"""Every stage of a checkpoint in float32, ONNX Runtime against plain PyTorch: worst differences.

python -m tests.benchmarks.compare_cosyvoice DIR        such as one that tests.benchmarks.full_size wrote
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

from models.conversion.onnx_graph import Graph
from models.cosyvoice import convert_flow, convert_hift, convert_language_model
from models.cosyvoice.checkpoint import CosyVoiceCheckpoint, read_cosyvoice_checkpoint
from models.cosyvoice.flow import Flow
from models.cosyvoice.language_model import LanguageModel, Prompt, Tables
from models.session import open_session
from models.vocoders.harmonic_source import HarmonicSource
from models.vocoders.hift import Hift
from tests.benchmarks import cosyvoice_torch as plain

TEXTS = (4, 11, 7)  # tokens; ragged on purpose
STEPS = 12
# What the issue allows: absolute, but for the pitch (of its largest) and the samples.
ALLOWED = {
    "text": 1e-5,
    "log-probabilities": 1e-5,
    "mu": 1e-5,
    "mel": 1e-4,
    "f0": 1e-5,
    "source": 1e-6,
    "samples": 1e-5,
}


def session(graph: Graph):
    return open_session(graph.model().SerializeToString())


def worst(found, exact) -> float:
    return float(np.abs(np.asarray(found) - np.asarray(exact)).max())


@torch.inference_mode()
def compare(folder: Path) -> dict[str, float]:
    """The worst absolute difference of each stage."""
    read, random = read_cosyvoice_checkpoint(folder), np.random.default_rng(0)
    return {**_language_model(read, random), **_flow(read, random), **_hift(read, random)}


def _language_model(read: CosyVoiceCheckpoint, random: np.random.Generator) -> dict[str, float]:
    weights, config = read.language_model, read.config.language_model
    parts = (
        convert_language_model.text_encoder,
        convert_language_model.position_tables,
        convert_language_model.decoder,
    )
    sessions = tuple(session(part(weights, config, Graph())) for part in parts)
    tables = Tables(weights["speech_embedding.weight"], None, weights["llm_embedding.weight"])
    ours = LanguageModel(sessions, tables, config.sampling, slots=len(TEXTS), budget=1 << 30)
    theirs = plain.LanguageModel(plain.tensors(weights), read.config)
    embedding = torch.from_numpy(next(iter(read.speakers.values())))
    speaker = theirs.encoder.linear(torch.nn.functional.normalize(embedding[None]), "spk_embed_affine_layer")[0].numpy()
    texts = [random.integers(0, config.text_vocabulary, n) for n in TEXTS]
    text = max(worst(ours.encode(ids.tolist()), theirs.encode(torch.from_numpy(ids))[0]) for ids in texts)
    prefixes = [ours.prefix(Prompt(tuple(ids.tolist()), speaker, 0)) for ids in texts]
    new = np.array([len(prefix) for prefix in prefixes], np.int64)
    x = np.zeros((len(texts), new.max(), config.width), np.float32)
    for row, prefix in zip(x, prefixes, strict=True):
        row[: len(prefix)] = prefix
    tokens = random.integers(0, config.speech_vocabulary, (len(texts), STEPS))
    ours.cache.fit(len(texts), int(new.max()) + STEPS, [])
    steps = [ours.step(x, np.zeros_like(new), new)]
    steps += [ours.step(ours.embed(tokens[:, k].tolist())[:, None], new + k, np.ones_like(new)) for k in range(STEPS)]
    found = torch.from_numpy(np.stack(steps, 1)).log_softmax(-1)
    apart = 0.0
    for i, ids in enumerate(texts):
        scores, caches = theirs.step(theirs.prefix(torch.from_numpy(ids), embedding), None)
        exact = [scores]
        for token in tokens[i].tolist():
            scores, caches = theirs.step(theirs.speech(token), caches)
            exact.append(scores)
        apart = max(apart, worst(found[i], torch.cat(exact)))
    return {"text": text, "log-probabilities": apart}


def _flow(read: CosyVoiceCheckpoint, random: np.random.Generator) -> dict[str, float]:
    weights, config = read.flow, read.config.flow
    ours = Flow(
        session(convert_flow.flow_encoder(weights, config, Graph())),
        session(convert_flow.estimator(weights, config, Graph())),
        config.guidance,
    )
    theirs, mu_apart, mel_apart = plain.Flow(plain.tensors(weights), read.config), 0.0, 0.0
    speaker = theirs.speaker(torch.from_numpy(next(iter(read.speakers.values()))))
    for length in (23, 61):
        tokens = random.integers(0, config.vocabulary, length)
        mu = theirs.encode(torch.from_numpy(tokens))
        mu_apart = max(mu_apart, worst(ours.encode(tokens.tolist()), mu[0]))
        noise = random.standard_normal(mu.shape, np.float32)
        mel = theirs.solve(torch.from_numpy(noise), mu, speaker)[0]
        mel_apart = max(mel_apart, worst(ours.solve(noise[0], mu[0].numpy(), speaker[0].numpy()), mel))
    return {"mu": mu_apart, "mel": mel_apart}


def _hift(read: CosyVoiceCheckpoint, random: np.random.Generator) -> dict[str, float]:
    weights, config = read.hift, read.config.hift
    merge = weights["m_source.l_linear.weight"][0], float(weights["m_source.l_linear.bias"][0])
    source = HarmonicSource(*merge, config.amplitude, config.noise, config.voiced)
    ours = Hift(
        session(convert_hift.pitch(weights, config, Graph())),
        session(convert_hift.hift_generator(weights, config, Graph())),
        source,
    )
    theirs = plain.Vocoder(plain.tensors(weights), config)
    mel = random.standard_normal((config.mels, 37), np.float32) - 4
    f0 = theirs.pitch(torch.from_numpy(mel)[None])
    spoken = f0 + torch.linspace(0, 200, 37)  # random weights hardly ever speak with a voice
    phase, noise = source.draws(37, 5)
    excitation = theirs.excite(spoken, torch.from_numpy(phase), torch.from_numpy(noise))
    samples = theirs.generate(torch.from_numpy(mel)[None], excitation)[0]
    return {
        "f0": worst(ours.pitch(mel), f0[0]) / float(f0.max()),
        "source": worst(source.excite(spoken[0].numpy(), phase, noise), excitation[0, 0]),
        "samples": worst(ours.generate(mel, excitation[0, 0].numpy()), samples),
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    differences = compare(Path(sys.argv[1]))
    for stage, difference in differences.items():
        print(f"{stage:20} {difference:.1e}   allowed {ALLOWED[stage]:.0e}")
    sys.exit(any(difference > ALLOWED[stage] for stage, difference in differences.items()))
