"""The PyTorch rendering that benchmarks compare with is itself held to the reference vectors."""

from __future__ import annotations

import numpy as np

from tests.unit.cosyvoice_reference import REFERENCE, cases, expected, need_torch

need_torch()

import torch  # noqa: E402

from models.cosyvoice.checkpoint import read_cosyvoice_checkpoint  # noqa: E402
from tests.benchmarks import cosyvoice_torch as plain  # noqa: E402


@torch.inference_mode()
def test_the_rendering_is_the_original():
    read, data = (
        read_cosyvoice_checkpoint(REFERENCE),
        {k: torch.from_numpy(v) for k, v in expected().items() if v.dtype.kind in "fi"},
    )
    model = plain.LanguageModel(plain.tensors(read.language_model), read.config)
    i = cases("{i}.text_ids")[0]
    embedding = torch.from_numpy(read.speakers[str(expected()[f"{i}.speaker"])])
    log_probabilities, caches = model.step(model.prefix(data[f"{i}.text_ids"], embedding), None)
    found = [log_probabilities]
    for token in data[f"{i}.forced_tokens"].tolist():
        log_probabilities, caches = model.step(model.speech(token), caches)
        found.append(log_probabilities)
    close(torch.cat(found)[data[f"{i}.logprob_steps"]], data[f"{i}.logprobs"], 1e-5)

    flow = plain.Flow(plain.tensors(read.flow), read.config)
    i = cases("flow{i}.mu")[-1]
    mu = flow.encode(data[f"flow{i}.speech_tokens"])
    close(mu[0], data[f"flow{i}.mu"], 1e-5)
    close(flow.solve(data[f"flow{i}.z"][None], mu, data[f"flow{i}.spks"][None])[0], data[f"flow{i}.mel"], 1e-4)

    vocoder = plain.Vocoder(plain.tensors(read.hift), read.config.hift)
    i = cases("hift{i}.mel")[0]
    mel, f0 = data[f"hift{i}.mel"][None], data[f"hift{i}.f0"][None]
    close(vocoder.pitch(mel), f0, 1e-5 * float(f0.max()))
    source = vocoder.excite(f0, data[f"hift{i}.phase"], data[f"hift{i}.noise"])
    close(source[0], data[f"hift{i}.source"], 1e-6)
    close(vocoder.generate(mel, source)[0], data[f"hift{i}.wav"], 1e-5)


def close(found, exact, tolerance):
    worst = np.abs(found.numpy() - exact.numpy()).max()
    assert worst <= tolerance, worst
