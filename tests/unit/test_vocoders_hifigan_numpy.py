"""HiFi-GAN's graph, built from bare weights, against the same sums written out in numpy: needs no torch."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from models.vocoders.convert_hifigan import hifigan_generator, self_check
from models.vocoders.hifigan import GRAPH, HifiGan
from models.vocoders.hifigan_checkpoint import HifiGanConfig, generator_shapes

PAIRS = HifiGanConfig(
    resblock="1",
    upsample_rates=(8, 8, 4),
    upsample_kernel_sizes=(16, 10, 8),
    upsample_initial_channel=16,
    resblock_kernel_sizes=(3, 5),
    resblock_dilation_sizes=((1, 3), (2, 5, 1)),
)
SINGLES = PAIRS.model_copy(update={"resblock": "2"})
Weights = dict[str, np.ndarray]


def random_weights(config: HifiGanConfig) -> Weights:
    random, weights = np.random.default_rng(3), {}
    for name, shape in generator_shapes(config).items():
        scale = 0.1 if name.endswith("bias") else 0.8 / math.sqrt(math.prod(shape[1:]))
        weights[name] = (random.standard_normal(shape) * scale).astype(np.float32)
    return weights


def rectified(x: np.ndarray, slope: float = 0.1) -> np.ndarray:
    return np.where(x > 0, x, slope * x)


def convolved(x: np.ndarray, w: Weights, name: str, dilation: int = 1) -> np.ndarray:
    """[in, T] to [out, T]: each tap is a shifted product."""
    weight = w[f"{name}.weight"].astype(np.float64)
    reach = (weight.shape[2] - 1) * dilation // 2
    padded = np.pad(x, ((0, 0), (reach, reach)))
    taps = [weight[:, :, k] @ padded[:, k * dilation :][:, : x.shape[1]] for k in range(weight.shape[2])]
    return sum(taps) + w[f"{name}.bias"][:, None]


def upsampled(x: np.ndarray, w: Weights, name: str, rate: int) -> np.ndarray:
    """[in, T] to [out, rate * T]: each sample writes a whole kernel, rate samples after the one before."""
    weight = w[f"{name}.weight"].astype(np.float64)
    kernel, pad = weight.shape[2], (weight.shape[2] - rate) // 2
    y = np.zeros((weight.shape[1], rate * (x.shape[1] - 1) + kernel))
    for t in range(x.shape[1]):
        y[:, t * rate : t * rate + kernel] += np.einsum("i,iok->ok", x[:, t], weight)
    return y[:, pad : y.shape[1] - pad] + w[f"{name}.bias"][:, None]


def expected(mel: np.ndarray, w: Weights, config: HifiGanConfig) -> np.ndarray:
    x = convolved(mel, w, "conv_pre")
    for i, rate in enumerate(config.upsample_rates):
        x = upsampled(rectified(x), w, f"ups.{i}", rate)
        ends = []
        for j, dilations in enumerate(config.resblock_dilation_sizes):
            y, name = x, f"resblocks.{2 * i + j}"
            for k, dilation in enumerate(dilations):
                if config.resblock == "1":
                    z = convolved(rectified(y), w, f"{name}.convs1.{k}", dilation)
                    y = y + convolved(rectified(z), w, f"{name}.convs2.{k}")
                else:
                    y = y + convolved(rectified(y), w, f"{name}.convs.{k}", dilation)
            ends.append(y)
        x = sum(ends) / 2
    return np.tanh(convolved(rectified(x, 0.01), w, "conv_post"))[0]


@pytest.mark.parametrize("config", [PAIRS, SINGLES], ids=["pairs", "singles"])
def test_the_graph_computes_what_the_paper_says(tmp_path: Path, config: HifiGanConfig) -> None:
    weights = random_weights(config)
    hifigan_generator(weights, config).save(tmp_path / GRAPH)
    vocoder = HifiGan.load(tmp_path / GRAPH)
    mel = np.random.default_rng(4).normal(-1, 1, (80, 9)).astype(np.float32)
    wanted = expected(mel, weights, config)
    assert 0.03 < np.abs(wanted).mean() < 0.6  # neither dead nor saturated
    np.testing.assert_allclose(vocoder.synthesise(mel, 0), wanted, atol=1e-5)
    assert self_check(vocoder)["mel_error"] > 1  # random weights speak no vowel
