"""Transformer layers with relative positions, as graph: the text encoder, the flow encoder and the language model
share them. Activations are rows, float32 [N, width]; weights come from the state dict.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from models.conversion.onnx_graph import MICROSOFT, Graph
from models.conversion.torch_files import Weights
from models.cosyvoice.checkpoint import Array
from models.cosyvoice.config import AttentionConfig

NORM_EPSILON = 1e-12  # of the norms inside layers; those at either end of a stack have the usual one
STACK_EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class Projections:
    """A layer's query, key and value as one matrix, heads padded with zeros to a multiple of eight.

    The runtime's grouped attention takes no other head size; zeros change no product.
    """

    weight: Array  # [3 * heads * size, width]
    bias: Array  # [3 * heads * size]; the query's includes pos_bias_u
    shift: Array  # [heads * size], pos_bias_v - pos_bias_u
    out: Array  # [width, heads * size]
    size: int  # of a head, padded


def padded_head(config: AttentionConfig) -> int:
    """The size of a head, rounded up to a multiple of eight."""
    return -(-config.head // 8) * 8


def pad_heads(value: Array, config: AttentionConfig) -> Array:
    """[heads * head, ...] -> [heads * padded head, ...], zeros at the end of each head."""
    split = value.reshape(config.heads, config.head, *value.shape[1:])
    pad = [(0, 0), (0, padded_head(config) - config.head)] + [(0, 0)] * (split.ndim - 2)
    return np.pad(split, pad).reshape(-1, *value.shape[1:])


def projections(weights: Weights, layer: str, config: AttentionConfig) -> Projections:
    """The projections of ``layer``, read from the state dict."""
    attention = f"{layer}.self_attn"
    content, position = (weights[f"{attention}.pos_bias_{x}"].reshape(-1) for x in "uv")
    matrices = [pad_heads(weights[f"{attention}.linear_{x}.weight"], config) for x in "qkv"]
    biases = [weights[f"{attention}.linear_{x}.bias"] for x in "qkv"]
    biases[0] = biases[0] + content
    return Projections(
        weight=np.concatenate(matrices),
        bias=np.concatenate([pad_heads(b, config) for b in biases]),
        shift=pad_heads(position - content, config),
        out=np.ascontiguousarray(pad_heads(weights[f"{attention}.linear_out.weight"].T, config).T),
        size=padded_head(config),
    )


def position_weight(weights: Weights, layer: str, config: AttentionConfig) -> Array:
    """linear_pos of ``layer``, [heads * padded head, width], with the 1 / sqrt(head) of the scores inside."""
    weight = weights[f"{layer}.self_attn.linear_pos.weight"] / np.float32(math.sqrt(config.head))
    return pad_heads(weight, config)


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack of layers on its way into a graph: where its weights are, and under which name."""

    graph: Graph
    weights: Weights
    name: str  # its prefix in the state dict
    config: AttentionConfig

    def layer(self, index: int) -> str:
        """The prefix of a layer."""
        return f"{self.name}.encoders.{index}"

    def embed(self, x: str, rectified: bool = False) -> str:
        """The entry: linear, norm, a rectifier in the legacy spelling, scaled by sqrt(width)."""
        g, name = self.graph, f"{self.name}.embed.out"
        x = g.linear(x, f"{name}.0", self.weights[f"{name}.0.weight"], self.weights[f"{name}.0.bias"])
        x = self.norm(x, f"{name}.1", STACK_EPSILON)
        return g.multiply(g.node("Relu", x) if rectified else x, g.scalar(math.sqrt(self.config.width)))

    def norm(self, x: str, name: str, epsilon: float = NORM_EPSILON) -> str:
        """Layer normalisation with the weights of that name."""
        return self.graph.layer_norm(x, name, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"], epsilon)

    def final_norm(self, x: str) -> str:
        """The norm at the end."""
        return self.norm(x, f"{self.name}.after_norm", STACK_EPSILON)

    def feed_forward(self, x: str, layer: str, swish: bool) -> str:
        """The feed-forward half of a layer, without its norm and residual."""
        g, first, second = self.graph, f"{layer}.feed_forward.w_1", f"{layer}.feed_forward.w_2"
        x = g.linear(x, first, self.weights[f"{first}.weight"], self.weights[f"{first}.bias"])
        x = g.node("QuickGelu", x, domain=MICROSOFT, alpha=1.0) if swish else g.node("Relu", x)
        return g.linear(x, second, self.weights[f"{second}.weight"], self.weights[f"{second}.bias"])

    def encode(self, x: str, positions: str, causal: bool) -> str:
        """Run a whole conformer stack over one sequence.

        x [S, inputs]; positions [2S - 1, width], sines of the distances S - 1 ... -(S - 1); gives [S, width].
        """
        x = self.embed(x)
        length = self.graph.node("Shape", x, start=0, end=1)
        mask = _causal_mask(self.graph, length) if causal else ""
        for i in range(self.config.layers):
            layer = self.layer(i)
            y = self.norm(x, f"{layer}.norm_mha")
            x = self.graph.add(x, self._self_attention(y, positions, (length, mask), layer))
            y = self.norm(x, f"{layer}.norm_ff")
            x = self.graph.add(x, self.feed_forward(y, layer, swish=True))
        return self.final_norm(x)

    def _self_attention(self, y: str, positions: str, length_mask: tuple[str, str], layer: str) -> str:
        g, p, heads = self.graph, projections(self.weights, layer, self.config), self.config.heads
        q, k, v = g.nodes("Split", g.linear(y, f"{layer}.qkv", p.weight, p.bias), outputs=3, axis=1, num_outputs=3)
        shifted = g.add(q, g.weight(f"{layer}.shift", p.shift))
        q, k, v, shifted = (g.transpose(g.reshape(t, -1, heads, p.size), 1, 0, 2) for t in (q, k, v, shifted))
        table = g.linear(positions, f"{layer}.positions", position_weight(self.weights, layer, self.config))
        table = g.transpose(g.reshape(table, -1, heads, p.size), 1, 2, 0)  # [heads, size, 2S - 1]
        length, mask = length_mask
        bias = _shift_rows(g, g.node("MatMul", shifted, table), length)
        q = g.multiply(q, g.scalar(1 / math.sqrt(self.config.head)))
        scores = g.add(g.node("MatMul", q, g.transpose(k, 0, 2, 1)), bias)
        if mask:
            scores = g.add(scores, mask)
        mixed = g.node("MatMul", g.node("Softmax", scores, axis=-1), v)
        rows = g.reshape(g.transpose(mixed, 1, 0, 2), -1, heads * p.size)
        return g.linear(rows, f"{layer}.out", p.out, self.weights[f"{layer}.self_attn.linear_out.bias"])


def _causal_mask(graph: Graph, length: str) -> str:
    """[S, S], 0 where the key is not later than the query, else a very negative number."""
    shape = graph.node("Concat", length, length, axis=0)
    full = graph.node("Expand", graph.scalar(-1e30), shape)
    return graph.node("Trilu", full, graph.integer(1), upper=1)


def _shift_rows(graph: Graph, scores: str, length: str) -> str:
    """[H, S, 2S - 1] by distance -> [H, S, S] by key: row i moved left by S - 1 - i (Transformer-XL, appendix B)."""
    heads = graph.node("Shape", scores, start=0, end=1)
    one, zero = graph.ints(1), graph.ints(0)
    column = graph.node("Expand", graph.scalar(0.0), graph.node("Concat", heads, length, one, axis=0))
    padded = graph.node("Concat", column, scores, axis=2)  # [H, S, 2S]
    turned = graph.node("Reshape", padded, graph.node("Concat", heads, graph.ints(-1), length, axis=0))  # [H, 2S, S]
    cut = graph.node("Slice", turned, one, graph.ints(1 << 40), one)
    shape = graph.node("Shape", scores)
    return graph.node("Slice", graph.node("Reshape", cut, shape), zero, length, graph.ints(2))
