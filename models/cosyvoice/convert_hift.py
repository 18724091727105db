"""HiFT, the checkpoint's vocoder, as two graphs: the pitch predictor and the generator.

pitch.onnx      mel [80, M] -> f0 [M], Hz
generator.onnx  mel [80, M], source [256 M] -> samples [256 M]

The short-time spectra, 16 points every 4 samples, are convolutions with windowed sines (``STFT``, ``ISTFT``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.conversion.onnx_graph import Array, Graph
from models.conversion.torch_files import Weights
from models.cosyvoice.config import HiftConfig
from models.cosyvoice.convert_hift_int8 import QuantisedBlocks, Ranges
from models.vocoders.mel import hann_window

LAST_SLOPE = 0.01  # of the last rectifier: the original leaves it at torch's default
LOUDEST = 100.0  # largest magnitude in the spectrum


def pitch(weights: Weights, config: HiftConfig, graph: Graph) -> Graph:
    """Mel to fundamental frequency."""
    x = graph.node("Unsqueeze", graph.input("mel", [config.mels, "M"]), graph.ints(0))
    for i in range(5):
        x = graph.node("Elu", convolution(graph, x, f"f0_predictor.condnet.{2 * i}", weights))
    x = graph.transpose(graph.node("Squeeze", x, graph.ints(0)), 1, 0)
    name = "f0_predictor.classifier"
    x = graph.linear(x, name, weights[f"{name}.weight"], weights[f"{name}.bias"], "fp32")
    graph.output(graph.node("Abs", graph.node("Squeeze", x, graph.ints(1))), "f0", ["M"])
    return graph


def convolution(graph: Graph, x: str, name: str, weights: Weights, dilation: int = 1) -> str:
    """A convolution that keeps the length."""
    kernel = weights[f"{name}.weight"].shape[2]
    pad = (kernel - 1) * dilation // 2
    weight, bias = graph.stored(f"{name}.weight", weights[f"{name}.weight"]), weights[f"{name}.bias"]
    return graph.node(
        "Conv",
        x,
        weight,
        graph.weight(f"{name}.bias", bias),
        kernel_shape=[kernel],
        dilations=[dilation],
        pads=[pad, pad],
    )


def _downsample(graph: Graph, source: str, stage: int, weights: Weights, stride: int) -> str:
    """The source's spectrum at the pace of a stage."""
    name = f"source_downs.{stage}"
    parts = [graph.weight(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias")]
    kernel, pad = weights[f"{name}.weight"].shape[2], stride // 2
    return graph.node("Conv", source, *parts, kernel_shape=[kernel], strides=[stride], pads=[pad, pad])


def hift_generator(weights: Weights, config: HiftConfig, graph: Graph, ranges: Ranges | None = None) -> Graph:
    """Mel and harmonic source to samples; with ``ranges``, the residual blocks in 8 bits."""
    x = graph.node("Unsqueeze", graph.input("mel", [config.mels, "M"]), graph.ints(0))
    source = _spectrum(graph, graph.reshape(graph.input("source", ["N"]), 1, 1, -1), config)
    x = convolution(graph, x, "conv_pre", weights)
    down = int(np.prod(config.rates[1:], dtype=np.int64))
    for i in range(len(config.rates)):
        x = _upsample(graph, graph.node("LeakyRelu", x, alpha=config.slope), i, weights, config)
        beside = _downsample(graph, source, i, weights, down)
        block = _Blocks(graph, weights, ranges)
        x = graph.add(x, block.residual(beside, f"source_resblocks.{i}", config.source_dilations[i]))
        x = _average(block, x, i, config)
        down //= config.rates[i + 1] if i + 1 < len(config.rates) else 1
    x = convolution(graph, graph.node("LeakyRelu", x, alpha=LAST_SLOPE), "conv_post", weights)
    samples = graph.node("Clip", _waveform(graph, x, config), graph.scalar(-config.limit), graph.scalar(config.limit))
    graph.output(graph.reshape(samples, -1), "samples", ["N"])
    return graph


def _upsample(graph: Graph, x: str, stage: int, weights: Weights, config: HiftConfig) -> str:
    name, rate, kernel = f"ups.{stage}", config.rates[stage], config.kernels[stage]
    parts = [
        graph.stored(f"{name}.weight", weights[f"{name}.weight"]),
        graph.weight(f"{name}.bias", weights[f"{name}.bias"]),
    ]
    pad = (kernel - rate) // 2
    x = graph.node("ConvTranspose", x, *parts, kernel_shape=[kernel], strides=[rate], pads=[pad, pad])
    if stage == len(config.rates) - 1:  # one more, since a centred spectrum has one more frame than hops
        x = graph.node("Pad", x, graph.ints(0, 0, 1, 0, 0, 0), mode="reflect")
    return x


def _average(block: _Blocks, x: str, stage: int, config: HiftConfig) -> str:
    """The mean of residual blocks with different kernels."""
    graph, count = block.graph, len(config.block_kernels)
    first = stage * count
    total = block.residual(x, f"resblocks.{first}", config.block_dilations[0])
    for j in range(1, count):
        total = graph.add(total, block.residual(x, f"resblocks.{first + j}", config.block_dilations[j]))
    return graph.multiply(total, graph.scalar(1 / count))


@dataclass(frozen=True, slots=True)
class _Blocks:
    """The residual blocks, in float32 or, with ranges, in 8 bits."""

    graph: Graph
    weights: Weights
    ranges: Ranges | None

    def residual(self, x: str, name: str, dilations: tuple[int, ...]) -> str:
        """Pairs of convolutions, the first of each pair dilated, with Snake before each."""
        if self.ranges is not None:
            return QuantisedBlocks(self.graph, self.weights, self.ranges).residual(x, name, dilations)
        g = self.graph
        for i, dilation in enumerate(dilations):
            y = x
            g.watch(f"{name}.{i}.x", x)
            for side, spread in (("1", dilation), ("2", 1)):
                y = snake(g, y, f"{name}.activations{side}.{i}.alpha", self.weights)
                g.watch(f"{name}.{i}.snake{side}", y)
                y = convolution(g, y, f"{name}.convs{side}.{i}", self.weights, spread)
                g.watch(f"{name}.{i}.conv{side}", y)
            x = g.add(x, y)
        return x


def snake(graph: Graph, x: str, name: str, weights: Weights) -> str:
    """x + sin(alpha x)^2 / alpha (https://arxiv.org/abs/2006.08195)."""
    alpha = weights[name][:, None]
    sine = graph.node("Sin", graph.multiply(x, graph.weight(name, alpha)))
    share = graph.weight(f"{name}.inverse", (1 / (alpha + np.float32(1e-9))).astype(np.float32))
    return graph.add(x, graph.multiply(graph.multiply(sine, sine), share))


def _angles(n_fft: int) -> tuple[Array, Array]:
    """Cosines and sines of the discrete Fourier transform, each [n_fft / 2 + 1, n_fft]."""
    angles = 2 * np.pi * np.outer(np.arange(n_fft // 2 + 1), np.arange(n_fft)) / n_fft
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def _spectrum(graph: Graph, samples: str, config: HiftConfig) -> str:
    """[1, 1, N] to real and imaginary parts, [1, n_fft + 2, N / hop + 1], as torch.stft, centred and reflected."""
    half = config.n_fft // 2
    cosines, sines = _angles(config.n_fft)
    kernel = np.concatenate([cosines, -sines])[:, None] * hann_window(config.n_fft)
    padded = graph.node("Pad", samples, graph.ints(0, 0, half, 0, 0, half), mode="reflect")
    return graph.node("Conv", padded, graph.weight("stft", kernel), strides=[config.hop], kernel_shape=[config.n_fft])


def _waveform(graph: Graph, x: str, config: HiftConfig) -> str:
    """Log-magnitude and phase, [1, n_fft + 2, T], to samples, as torch.istft: overlapped, divided by the windows."""
    bins, half = config.n_fft // 2 + 1, config.n_fft // 2
    log_magnitude, phase = graph.nodes("Split", x, graph.ints(bins, bins), outputs=2, axis=1)
    magnitude = graph.node("Min", graph.node("Exp", log_magnitude), graph.scalar(LOUDEST))
    phase = graph.node("Sin", phase)
    parts = [graph.multiply(magnitude, graph.node(kind, phase)) for kind in ("Cos", "Sin")]
    cosines, sines = _angles(config.n_fft)
    fold = np.full((bins, 1), 2.0, np.float32)  # the upper half of the spectrum mirrors the lower
    fold[0] = fold[-1] = 1.0
    shape = hann_window(config.n_fft)
    basis = (np.concatenate([cosines * fold, -sines * fold]) * shape / config.n_fft)[:, None].astype(np.float32)

    def overlap(frames: str, kernel: str) -> str:
        return graph.node(
            "ConvTranspose", frames, kernel, strides=[config.hop], kernel_shape=[config.n_fft], pads=[half, half]
        )

    overlapped = overlap(graph.node("Concat", *parts, axis=1), graph.weight("istft", basis))
    ones = graph.node(
        "ConstantOfShape", graph.node("Concat", graph.ints(1, 1), graph.node("Shape", x, start=2), axis=0)
    )
    ones = graph.add(ones, graph.scalar(1.0))
    return graph.node("Div", overlapped, overlap(ones, graph.weight("windows", (shape**2)[None, None])))
