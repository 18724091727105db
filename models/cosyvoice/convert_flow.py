"""Speech tokens to mel as two graphs: the encoder with its length regulator, and the velocity estimator.

flow_encoder.onnx  tokens int64 [N], positions [2N - 1, D], low / high int64 [M], share [M] -> mu [80, M]
estimator.onnx     x [80, M], mu [80, M], speaker [80], time [inputs], guidance [] -> velocity [80, M]

Interpolation is given as indices and shares, the time as its sines; no masks: one sequence at a time, since the norms
span all of it. Both halves of the guidance run as one batch of two, the second with mu and speaker zero.
Inside the estimator activations are [2, T, channels], and convolutions are products with neighbouring rows.
"""

from __future__ import annotations

import numpy as np

from models.conversion.onnx_graph import INT64, MICROSOFT, Array, Graph, Precision
from models.conversion.torch_files import Weights
from models.cosyvoice.checkpoint_shapes import estimator_blocks
from models.cosyvoice.config import FlowConfig
from models.cosyvoice.convert_attention import Stack

GROUPS = 8  # of the group norms (Matcha-TTS, Block1D)
NORM_EPSILON = 1e-5
ROOT = "decoder.estimator"


def flow_encoder(weights: Weights, config: FlowConfig, graph: Graph) -> Graph:
    """Speech tokens to the mean mel, stretched to the mel's length."""
    tokens = graph.input("tokens", ["N"], INT64)
    positions = graph.input("positions", ["P", config.encoder.width])
    low, high, share = graph.input("low", ["M"], INT64), graph.input("high", ["M"], INT64), graph.input("share", ["M"])
    x = graph.lookup(tokens, "input_embedding", weights["input_embedding.weight"])
    x = Stack(graph, weights, "encoder", config.encoder).encode(x, positions, causal=False)
    x = graph.linear(x, "encoder_proj", weights["encoder_proj.weight"], weights["encoder_proj.bias"], "fp32")
    left, right = (graph.node("Gather", x, at, axis=0) for at in (low, high))
    step = graph.multiply(graph.node("Sub", right, left), graph.node("Unsqueeze", share, graph.ints(1)))
    x = graph.node("Unsqueeze", graph.transpose(graph.add(left, step), 1, 0), graph.ints(0))  # [1, 80, M]
    for i in range(config.regulator_convolutions):
        name = f"length_regulator.model.{3 * i}"
        x = _convolution(graph, x, name, weights)
        x = _group_norm(graph, x, f"length_regulator.model.{3 * i + 1}", weights, config.regulator_groups)
        x = mish(graph, x)
    x = _convolution(graph, x, f"length_regulator.model.{3 * config.regulator_convolutions}", weights)
    graph.output(graph.node("Squeeze", x, graph.ints(0)), "mu", [config.mels, "M"])
    return graph


def mish(graph: Graph, x: str) -> str:
    """x * tanh(softplus(x)), as x * n / (n + 2) with n = e^x (e^x + 2); above 20 both are x."""
    e = graph.node("Exp", graph.node("Min", x, graph.scalar(20.0)))
    n = graph.multiply(e, graph.add(e, graph.scalar(2.0)))
    return graph.multiply(x, graph.node("Div", n, graph.add(n, graph.scalar(2.0))))


def _convolution(graph: Graph, x: str, name: str, weights: Weights) -> str:
    kernel = weights[f"{name}.weight"]
    pad = kernel.shape[2] // 2
    names = [graph.weight(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias")]
    return graph.node("Conv", x, *names, pads=[pad, pad], kernel_shape=[kernel.shape[2]])


def _group_norm(graph: Graph, x: str, name: str, weights: Weights, groups: int) -> str:
    """Group norm of [B, C, T]."""
    ones = graph.weight(f"ones_{groups}", np.ones(groups, np.float32))
    zeros = graph.weight(f"zeros_{groups}", np.zeros(groups, np.float32))
    y = graph.node("InstanceNormalization", graph.reshape(x, 0, groups, -1), ones, zeros, epsilon=NORM_EPSILON)
    y = graph.node("Reshape", y, graph.node("Shape", x))
    scale, shift = (graph.weight(f"{name}.{part}", weights[f"{name}.{part}"][:, None]) for part in ("weight", "bias"))
    return graph.add(graph.multiply(y, scale), shift)


def estimator(weights: Weights, config: FlowConfig, graph: Graph) -> Graph:
    """The velocity at one time, with guidance applied."""
    return _Estimator(graph, weights, config).build()


class _Estimator:
    """Builds the U-Net; activations are [2, T, channels], with text and speaker first, without them second."""

    def __init__(self, graph: Graph, weights: Weights, config: FlowConfig) -> None:
        self.g, self.w, self.flow, self.c = graph, weights, config, config.estimator

    def build(self) -> Graph:
        x, time = self._inputs(), self._time()
        skips: list[str] = []
        for block, _, _ in estimator_blocks(self.c):
            kind, _, level = block.partition("_blocks.")
            name, last = f"{ROOT}.{block}", int(level) == len(self.c.channels) - 1
            if kind == "up":
                x = self._beside(x, skips.pop())
            x = self._residual(x, f"{name}.0", time)
            for i in range(self.c.blocks):
                x = self._transformer(x, f"{name}.1.{i}")
            if kind == "down":
                skips.append(x)
                x = self._convolution(x, f"{name}.2") if last else self._convolution(x, f"{name}.2.conv", stride=2)
            elif kind == "up":
                x = self._convolution(x, f"{name}.2") if last else self._upsample(x, f"{name}.2.conv")
        x = self._normed_convolution(x, f"{ROOT}.final_block.block")
        self._guide(self._linear(x, f"{ROOT}.final_proj", "fp32"))
        return self.g

    def _inputs(self) -> str:
        """The inputs side by side: [2, M, 3 * 80]. The prompt's condition is zero, so its channels are left out."""
        g, mels = self.g, self.flow.mels
        x, mu = (g.transpose(g.input(name, [mels, "M"]), 1, 0) for name in ("x", "mu"))
        shape = g.node("Shape", mu)
        speaker = g.node("Expand", g.input("speaker", [mels]), shape)
        silent = g.node("Expand", g.scalar(0.0), shape)
        with_text = g.node("Concat", x, mu, speaker, axis=1)
        without = g.node("Concat", x, silent, silent, axis=1)
        return g.node("Concat", *(g.node("Unsqueeze", half, g.ints(0)) for half in (with_text, without)), axis=0)

    def _time(self) -> str:
        """The vector that every residual block reads: Mish of the time's embedding, [1, 4 * channels]."""
        g, name = self.g, f"{ROOT}.time_mlp"
        x = g.node("Unsqueeze", g.input("time", [self.c.inputs]), g.ints(0))
        x = g.node("QuickGelu", self._vector(x, f"{name}.linear_1"), domain=MICROSOFT, alpha=1.0)
        return mish(g, self._vector(x, f"{name}.linear_2"))

    def _guide(self, velocity: str) -> None:
        """(1 + guidance) times the velocity with text, minus guidance times the one without; [80, M]."""
        g, guidance = self.g, self.g.input("guidance", [])
        with_text, without = g.nodes("Split", velocity, outputs=2, axis=0, num_outputs=2)
        ahead = g.multiply(with_text, g.add(guidance, g.scalar(1.0)))
        guided = g.node("Sub", ahead, g.multiply(without, guidance))
        g.output(g.transpose(g.node("Squeeze", guided, g.ints(0)), 1, 0), "velocity", [self.flow.mels, "M"])

    def _beside(self, x: str, skip: str) -> str:
        """x, cut to the skip's length, beside the skip."""
        g = self.g
        cut = g.node("Slice", x, g.ints(0), g.node("Shape", skip, start=1, end=2), g.ints(1))
        return g.node("Concat", cut, skip, axis=2)

    def _residual(self, x: str, name: str, time: str) -> str:
        g = self.g
        y = g.add(self._normed_convolution(x, f"{name}.block1.block"), self._vector(time, f"{name}.mlp.1"))
        y = self._normed_convolution(y, f"{name}.block2.block")
        return g.add(y, self._linear(x, f"{name}.res_conv"))

    def _transformer(self, x: str, name: str) -> str:
        g, attention = self.g, f"{name}.attn1"
        y = g.layer_norm(x, f"{name}.norm1", self.w[f"{name}.norm1.weight"], self.w[f"{name}.norm1.bias"], NORM_EPSILON)
        qkv = np.concatenate([self.w[f"{attention}.to_{part}.weight"] for part in "qkv"])
        parts = g.nodes("Split", self._product(y, f"{attention}.qkv", qkv, None), outputs=3, axis=2, num_outputs=3)
        mixed = g.node("MultiHeadAttention", *parts, domain=MICROSOFT, num_heads=self.c.heads)
        x = g.add(x, self._linear(mixed, f"{attention}.to_out.0"))
        y = g.layer_norm(x, f"{name}.norm3", self.w[f"{name}.norm3.weight"], self.w[f"{name}.norm3.bias"], NORM_EPSILON)
        y = g.node("Gelu", self._linear(y, f"{name}.ff.net.0.proj"))
        return g.add(x, self._linear(y, f"{name}.ff.net.2"))

    def _vector(self, x: str, name: str) -> str:
        """A linear layer over one row, [1, C]: of the time."""
        return self.g.linear(x, name, self.w[f"{name}.weight"], self.w[f"{name}.bias"])

    def _linear(self, x: str, name: str, precision: Precision | None = None) -> str:
        weight = self.w[f"{name}.weight"]
        if weight.ndim == 3:  # a convolution of one tap
            weight = weight[:, :, 0]
        if weight.shape[1] == self.c.inputs and name.endswith("res_conv"):
            weight = self._without_condition(weight)
        return self._product(x, name, weight, self.w[f"{name}.bias"], precision)

    def _product(self, x: str, name: str, weight: Array, bias: Array | None, precision: Precision | None = None) -> str:
        """A linear layer over the last axis of [2, T, C]."""
        rows = self.g.linear(self.g.reshape(x, -1, weight.shape[1]), name, weight, bias, precision)
        return self.g.reshape(rows, 2, -1, weight.shape[0])

    def _without_condition(self, weight: Array) -> Array:
        """The first block's weights [outputs, inputs, ...], without those of the prompt's condition (the last)."""
        return weight[:, : 3 * self.flow.mels]

    def _neighbours(self, x: str, stride: int = 1) -> str:
        """[2, T, C] to [2, T / stride, 3 * C]: the row before, the row itself, the row after; zeros at the ends."""
        g = self.g
        padded = g.node("Pad", x, g.ints(0, 1, 0, 0, 1, 0))
        length, step = g.node("Shape", x, start=1, end=2), g.ints(stride)
        rows = [g.node("Slice", padded, g.ints(i), g.node("Add", length, g.ints(i)), g.ints(1), step) for i in range(3)]
        return g.node("Concat", *rows, axis=2)

    def _convolution(self, x: str, name: str, stride: int = 1) -> str:
        """A convolution over three rows, as one product."""
        kernel = self.w[f"{name}.weight"]
        if kernel.shape[1] == self.c.inputs and ".down_blocks.0.0." in name:
            kernel = self._without_condition(kernel)
        weight = kernel.transpose(0, 2, 1).reshape(kernel.shape[0], -1)
        return self._product(self._neighbours(x, stride), name, weight, self.w[f"{name}.bias"])

    def _upsample(self, x: str, name: str) -> str:
        """A transposed convolution of four taps and stride two: an even and an odd row from each row's neighbours."""
        taps = self.w[f"{name}.weight"].transpose(2, 1, 0)  # [4, outputs, inputs]
        none = np.zeros_like(taps[0])
        even, odd = np.concatenate([taps[3], taps[1], none], 1), np.concatenate([none, taps[2], taps[0]], 1)
        bias = np.tile(self.w[f"{name}.bias"], 2)
        y = self._product(self._neighbours(x), name, np.concatenate([even, odd]), bias)
        return self.g.reshape(y, 2, -1, taps.shape[1])

    def _normed_convolution(self, x: str, name: str) -> str:
        """Convolution, group norm over channels and time, Mish."""
        g, width = self.g, self.w[f"{name}.1.weight"].size
        x = self._convolution(x, f"{name}.0")
        d = g.node("Sub", x, self._group_mean(g.node("ReduceMean", x, g.ints(1)), width))
        variance = self._group_mean(g.node("ReduceMean", g.multiply(d, d), g.ints(1)), width)
        deviation = g.node("Sqrt", g.add(variance, g.scalar(NORM_EPSILON)))
        scale = g.node("Div", g.weight(f"{name}.1.weight", self.w[f"{name}.1.weight"]), deviation)
        return mish(g, g.add(g.multiply(d, scale), g.weight(f"{name}.1.bias", self.w[f"{name}.1.bias"])))

    def _group_mean(self, means: str, width: int) -> str:
        """[2, 1, C] to the same, every channel with its group's mean."""
        g = self.g
        grouped = g.node("ReduceMean", g.reshape(means, 2, GROUPS, -1), g.ints(2))
        return g.reshape(g.node("Expand", grouped, g.ints(2, GROUPS, width // GROUPS)), 2, 1, width)
