"""The check at the end of a conversion: fixed utterances through every stage, in float32 and as converted.

Every stage is given what the float32 stages before it made, so each error is its own. Random weights say little about
what precision costs; on the checkpoint that is being converted these are the numbers that count.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from models.conversion.onnx_graph import Graph
from models.cosyvoice import convert_hift
from models.cosyvoice.checkpoint import CosyVoiceCheckpoint
from models.cosyvoice.config import CosyVoiceConfig
from models.cosyvoice.convert_hift_int8 import Range, Ranges
from models.cosyvoice.flow import mel_length
from models.cosyvoice.language_model import LanguageModel, Prompt
from models.cosyvoice.stages import TABLES, Parameters, Stages, load_language_model, load_stages, read_tables
from models.cosyvoice.tokenizer import VOCABULARY, Tokenizer
from models.errors import Permanent
from models.session import open_session
from models.vocoders import HOP_LENGTH, N_MELS, SAMPLE_RATE, Mel

SENTENCES = (
    "今天我们学习光合作用，植物怎样把阳光变成能量。",
    "Welcome to lesson three, where plants turn light into energy.",
    "今日は光合成について学びます。",
)
TOKENS = 150  # speech tokens of a sentence whose draw fails, as with random weights: three seconds
LONGEST = 300
TOP = 25  # as many as the sampler looks at

# A mix passes where the sampler would hardly notice: judged on checkpoints of random weights, to be revised by ear.
LEAST_OVERLAP = 0.85  # of the 25 likeliest tokens, on average
MOST_DIVERGENCE = 0.05  # nats between the distributions, on average
MOST_MEL_ERROR = 0.2  # of the mel after ten steps, relative: what no precision that is of use comes near

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sentence:
    """An utterance, and what the float32 stages made of it."""

    prompt: Prompt
    tokens: list[int]
    text: Array  # [S, width]
    logits: Array  # [steps, ids]
    mu: Mel
    noise: Mel
    mel: Mel
    f0: Array
    source: Array
    samples: Array


@dataclass(frozen=True, slots=True)
class Reference:
    """All the utterances that are compared."""

    sentences: tuple[Sentence, ...]


def render_reference(folder: Path, parameters: Parameters, config: CosyVoiceConfig, notices: list[str]) -> Reference:
    """Send the fixed utterances through the float32 graphs in ``folder``."""
    stages = load_stages(folder.joinpath, parameters)
    tokenizer, vocabulary = Tokenizer(VOCABULARY), config.language_model.text_vocabulary
    sentences = []
    for i, text in enumerate(SENTENCES):
        ids = tuple(number % vocabulary for number in tokenizer.encode(text))  # tiny test checkpoints have few ids
        row = i % len(stages.speakers[0])
        fixed = TOKENS if parameters.speech_tokens_per_text_token else None
        prompt = Prompt(ids, stages.speakers[0][row], i, fixed)
        tokens = dict(stages.language_model.generate([prompt]))[0]
        if not isinstance(tokens, list):  # weights that were never trained find no end
            notices.append(f"self-check: {text!r}: {tokens}; taken as {TOKENS} tokens")
            prompt = Prompt(ids, prompt.speaker, i, TOKENS)
            tokens = dict(stages.language_model.generate([prompt]))[0]
        if not isinstance(tokens, list):
            raise tokens
        sentences.append(_sentence(stages, prompt, tokens[:LONGEST], row))
    return Reference(tuple(sentences))


def _sentence(stages: Stages, prompt: Prompt, tokens: list[int], row: int) -> Sentence:
    mu = stages.flow.encode(tokens)
    noise = np.random.default_rng(row).standard_normal((N_MELS, mu.shape[1]), np.float32)
    mel = np.ascontiguousarray(stages.flow.solve(noise, mu, stages.speakers[1][row]))
    f0 = stages.hift.pitch(mel)
    source = stages.hift.source.excite(f0, *stages.hift.source.draws(mel.shape[1], row))
    text = stages.language_model.encode(prompt.ids)
    logits = forced(stages.language_model, prompt, tokens)
    return Sentence(prompt, tokens, text, logits, mu, noise, mel, f0, source, stages.hift.generate(mel, source))


def forced(model: LanguageModel, prompt: Prompt, tokens: list[int]) -> Array:
    """Return the logits after the prefix and after each of the given speech tokens but the last, [len(tokens), ids]."""
    prefix = model.prefix(prompt)
    model.cache.fit(1, len(prefix) + len(tokens), [])
    past = np.array([len(prefix)], np.int64)
    rows = [model.step(prefix[None], np.zeros(1, np.int64), past)]
    for token in tokens[:-1]:
        rows.append(model.step(model.embed([token])[:, None], past, np.ones(1, np.int64)))
        past = past + 1
    return np.concatenate(rows)


def ranges(read: CosyVoiceCheckpoint, reference: Reference) -> Ranges:
    """Measure the ranges of the activations of HiFT's residual blocks on the reference."""
    graph = Graph()
    graph.watched = {}
    convert_hift.hift_generator(read.hift, read.config.hift, graph)
    session = open_session(graph.model().SerializeToString())
    values = sorted(set(graph.watched.values()))
    limits: dict[str, list[float]] = {value: [0.0, 0.0] for value in values}
    for sentence in reference.sentences:
        found = session.run(values, {"mel": sentence.mel, "source": sentence.source})
        for value, array in zip(values, found, strict=True):
            limits[value] = [min(limits[value][0], float(array.min())), max(limits[value][1], float(array.max()))]
    return {name: Range.of(*limits[value]) for name, value in graph.watched.items()}


def close_enough(folder: Path, parameters: Parameters, reference: Reference) -> bool:
    """Tell whether the language model in ``folder`` draws nearly as the float32 one would."""
    model = load_language_model(folder.joinpath, read_tables(folder / TABLES), parameters)
    found = language_model_error(model, reference)
    return found["overlap"] >= LEAST_OVERLAP and found["divergence"] <= MOST_DIVERGENCE


def language_model_error(model: LanguageModel, reference: Reference) -> dict[str, float]:
    """Return mean divergence (nats) and mean overlap of the 25 likeliest tokens, over every step of the reference."""
    divergences, overlaps = [], []
    for sentence in reference.sentences:
        exact, other = _log_softmax(sentence.logits), _log_softmax(forced(model, sentence.prompt, sentence.tokens))
        divergences.append((np.exp(exact) * (exact - other)).sum(axis=1))
        tops = (np.argpartition(-rows, TOP)[:, :TOP] for rows in (exact, other))
        overlaps += [len(np.intersect1d(a, b)) / TOP for a, b in zip(*tops, strict=True)]
    return {"divergence": float(np.concatenate(divergences).mean()), "overlap": float(np.mean(overlaps))}


def compare_stages(folder: Path, parameters: Parameters, reference: Reference, backend: str) -> dict[str, JsonValue]:
    """Return the errors of each stage of the bundle in ``folder`` against the reference, and its speed on one thread.

    Raises Permanent where the mel is further off than may be.
    """
    stages = load_stages(folder.joinpath, parameters, backend=backend)
    errors: dict[str, list[float]] = {}
    began = perf_counter()
    for row, s in enumerate(reference.sentences):
        speaker = stages.speakers[1][row % len(stages.speakers[1])]
        for name, exact, made in (
            ("text", s.text, stages.language_model.encode(s.prompt.ids)),
            ("mu", s.mu, stages.flow.encode(s.tokens)),
            ("mel", s.mel, stages.flow.solve(s.noise, s.mu, speaker)),
            ("f0", s.f0, stages.hift.pitch(s.mel)),
            ("samples", s.samples, stages.hift.generate(s.mel, s.source)),
        ):
            errors.setdefault(name, []).append(_relative(exact, made))
    if max(errors["mel"]) > MOST_MEL_ERROR:
        raise Permanent(f"self-check: the mel is off by {max(errors['mel']):.0%}, more than {MOST_MEL_ERROR:.0%}")
    result: dict[str, JsonValue] = {name: _rounded(max(values)) for name, values in errors.items()}
    result.update({name: _rounded(v) for name, v in language_model_error(stages.language_model, reference).items()})
    seconds = sum(mel_length(len(s.tokens)) for s in reference.sentences) * HOP_LENGTH / SAMPLE_RATE
    result["real_time_factor"] = _rounded((perf_counter() - began) / seconds)  # language model one at a time
    return result


def _log_softmax(logits: Array) -> NDArray[np.float64]:
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    result: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result


def _relative(exact: Array, made: Array) -> float:
    """Root mean square of the difference over that of the exact values."""
    return float(np.sqrt(np.mean((exact - made) ** 2) / max(float(np.mean(exact**2)), 1e-20)))


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
