"""reference.npz for any checkpoint: what plain PyTorch computes from it, under the names of tests/data/cosyvoice.

python -m tests.benchmarks.reference_cosyvoice DIR

then ``NARRATOR_COSYVOICE_REFERENCE=DIR pytest tests/unit/test_cosyvoice_parity.py`` holds the graphs to it. The plain
PyTorch code is itself held to the original's vectors (tests/unit/test_cosyvoice_torch.py).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.cosyvoice.checkpoint import CosyVoiceCheckpoint, read_cosyvoice_checkpoint
from tests.benchmarks import cosyvoice_torch as plain

TEXTS, SPEECH = (11, 5, 23), (30, 41, 75)  # tokens; 40 and fewer are stretched in one piece
FORCED = 40
STEPS = np.array([0, 1, 2, 10, FORCED - 1, FORCED])

Arrays = dict[str, NDArray | str]


@torch.inference_mode()
def write_reference(folder: Path) -> None:
    """Three segments through every stage of the checkpoint in the folder."""
    read, random = read_cosyvoice_checkpoint(folder), np.random.default_rng(1)
    made: Arrays = {}
    for i, name in enumerate(sorted(read.speakers)[: len(TEXTS)]):
        speaker = torch.from_numpy(read.speakers[name])
        for part in (_language_model, _flow, _hift):
            made |= part(read, i, speaker, random)
        made |= {f"{i}.speaker": name, f"flow{i}.speaker": name}
    np.savez(folder / "reference.npz", **made)


def _language_model(read: CosyVoiceCheckpoint, i: int, speaker: torch.Tensor, random: np.random.Generator) -> Arrays:
    config = read.config.language_model
    model = plain.LanguageModel(plain.tensors(read.language_model), read.config)
    ids = random.integers(0, config.text_vocabulary, TEXTS[i])
    tokens = random.integers(0, config.speech_vocabulary, FORCED)
    scores, caches = model.step(model.prefix(torch.from_numpy(ids), speaker), None)
    steps = [scores]
    for token in tokens.tolist():
        scores, caches = model.step(model.speech(token), caches)
        steps.append(scores)
    return {
        f"{i}.text_ids": ids,
        f"{i}.text_encoder_out": model.encode(torch.from_numpy(ids))[0].numpy(),
        f"{i}.forced_tokens": tokens,
        f"{i}.logprob_steps": STEPS,
        f"{i}.logprobs": torch.cat(steps)[STEPS].numpy(),
    }


def _flow(read: CosyVoiceCheckpoint, i: int, speaker: torch.Tensor, random: np.random.Generator) -> Arrays:
    flow = plain.Flow(plain.tensors(read.flow), read.config)
    tokens = random.integers(0, read.config.flow.vocabulary, SPEECH[i])
    mu, projected = flow.encode(torch.from_numpy(tokens)), flow.speaker(speaker)
    z = random.standard_normal(mu.shape, np.float32)
    return {
        f"flow{i}.speech_tokens": tokens,
        f"flow{i}.z": z[0],
        f"flow{i}.mu": mu[0].numpy(),
        f"flow{i}.spks": projected[0].numpy(),
        f"flow{i}.mel": flow.solve(torch.from_numpy(z), mu, projected)[0].numpy(),
    }


def _hift(read: CosyVoiceCheckpoint, i: int, _: torch.Tensor, random: np.random.Generator) -> Arrays:
    config = read.config.hift
    vocoder = plain.Vocoder(plain.tensors(read.hift), config)
    frames = 2 * SPEECH[i] - 9
    mel = random.standard_normal((config.mels, frames), np.float32) * 2 - 5
    phase = random.uniform(-np.pi, np.pi, (config.harmonics + 1, 1)).astype(np.float32)
    noise = random.standard_normal((config.harmonics + 1, 256 * frames), np.float32)
    f0 = vocoder.pitch(torch.from_numpy(mel)[None])
    source = vocoder.excite(f0, torch.from_numpy(phase), torch.from_numpy(noise))
    return {
        f"hift{i}.mel": mel,
        f"hift{i}.f0": f0[0].numpy(),
        f"hift{i}.phase": phase,
        f"hift{i}.noise": noise,
        f"hift{i}.source": source[0].numpy(),
        f"hift{i}.wav": vocoder.generate(torch.from_numpy(mel)[None], source)[0].numpy(),
    }


if __name__ == "__main__":
    write_reference(Path(sys.argv[1]))
