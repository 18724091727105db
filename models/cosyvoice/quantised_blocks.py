"""HiFT's residual blocks in 8 bits: convolutions on integers, Snake as a table of 256 entries a channel.

A table costs a fifth of the sine it replaces. Ranges are static, measured on speech that the checkpoint itself made in
float32 (``watch``), since the result of a convolution has to be scaled before it is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.cosyvoice.checkpoint import Weights
from models.cosyvoice.graph import INT32, Array, Graph, quantise_columns

LEVELS = 255


@dataclass(frozen=True, slots=True)
class Range:
    """What values an activation takes, as (scale, zero) of its uint8 form."""

    scale: np.float32
    zero: np.uint8

    @classmethod
    def of(cls, low: float, high: float) -> Range:
        """The range [low, high], widened to hold zero exactly."""
        low, high = min(low, 0.0), max(high, 0.0, low + 1e-6)
        scale = np.float32((high - low) / LEVELS)
        return cls(scale, np.uint8(np.clip(np.rint(-low / scale), 0, LEVELS)))

    def values(self) -> Array:
        """What each of the 256 levels stands for."""
        levels: Array = (np.arange(256, dtype=np.float32) - np.float32(self.zero)) * self.scale
        return levels

    def levels(self, values: Array) -> NDArray[np.uint8]:
        """The nearest levels."""
        return np.clip(np.rint(values / self.scale) + np.float32(self.zero), 0, LEVELS).astype(np.uint8)


Ranges = Mapping[str, Range]


def residual(graph: Graph, x: str, name: str, weights: Weights, dilations: tuple[int, ...], ranges: Ranges) -> str:
    """A residual block, float32 [1, C, T] to the same; in between all is uint8."""
    for i, dilation in enumerate(dilations):
        before = ranges[f"{name}.{i}.x"]
        y = graph.node("QuantizeLinear", x, *_names(graph, f"{name}.{i}.x", before))
        for side, spread in (("1", dilation), ("2", 1)):
            bent, after = ranges[f"{name}.{i}.snake{side}"], ranges[f"{name}.{i}.conv{side}"]
            y = _snake(graph, y, weights[f"{name}.activations{side}.{i}.alpha"], before, bent, f"{name}.{i}.{side}")
            y = _convolution(graph, y, f"{name}.convs{side}.{i}", weights, spread, bent, after)
            before = after
        x = graph.add(x, graph.node("DequantizeLinear", y, *_names(graph, f"{name}.{i}.conv2", before)))
    return x


def _snake(graph: Graph, y: str, alpha: Array, before: Range, after: Range, name: str) -> str:
    values = before.values()[None]
    bent = values + np.sin(alpha[:, None] * values) ** 2 / (alpha[:, None] + np.float32(1e-9))
    table = graph.weight(f"{name}.table", after.levels(bent)[None])
    return graph.node("GatherElements", table, graph.node("Cast", y, to=INT32), axis=2)


def _convolution(graph: Graph, y: str, name: str, weights: Weights, dilation: int, before: Range, after: Range) -> str:
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    outputs, _, kernel = weight.shape
    values, scale = quantise_columns(weight.reshape(outputs, -1).T, graph.largest)
    pad = (kernel - 1) * dilation // 2
    return graph.node(
        "QLinearConv",
        y,
        *_names(graph, f"{name}.in", before),
        graph.weight(f"{name}.int8", values.T.reshape(weight.shape)),
        graph.weight(f"{name}.scale", scale),
        graph.weight(f"zeros_{outputs}", np.zeros(outputs, np.int8)),
        *_names(graph, f"{name}.out", after),
        graph.weight(f"{name}.bias", np.rint(bias / (scale * before.scale)).astype(np.int32)),
        kernel_shape=[kernel],
        dilations=[dilation],
        pads=[pad, pad],
    )


def _names(graph: Graph, name: str, range_: Range) -> tuple[str, str]:
    scale = graph.weight(f"{name}.scale_of", np.array(range_.scale, np.float32))
    return scale, graph.weight(f"{name}.zero_of", np.array(range_.zero, np.uint8))
