"""HiFT's residual blocks in 8 bits: convolutions on integers, Snake as a table of 256 entries a channel.

A table costs a fifth of the sine it replaces. Ranges are static, measured on speech that the checkpoint itself made in
float32 (``watch``), since the result of a convolution has to be scaled before it is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.conversion.onnx_graph import INT32, Array, Graph, quantise_columns
from models.conversion.torch_files import Weights

LEVELS = 255


@dataclass(frozen=True, slots=True)
class Range:
    """The range of an activation, as (scale, zero) of its uint8 form."""

    scale: np.float32
    zero: np.uint8

    @classmethod
    def of(cls, low: float, high: float) -> Range:
        """Return the range [low, high], widened to hold zero exactly."""
        low, high = min(low, 0.0), max(high, 0.0, low + 1e-6)
        scale = np.float32((high - low) / LEVELS)
        return cls(scale, np.uint8(np.clip(np.rint(-low / scale), 0, LEVELS)))

    def values(self) -> Array:
        """Return the value that each of the 256 levels stands for."""
        levels: Array = (np.arange(256, dtype=np.float32) - np.float32(self.zero)) * self.scale
        return levels

    def levels(self, values: Array) -> NDArray[np.uint8]:
        """Return the nearest levels."""
        found: NDArray[np.uint8] = np.clip(np.rint(values / self.scale) + self.zero, 0, LEVELS).astype(np.uint8)
        return found


Ranges = Mapping[str, Range]


@dataclass(frozen=True, slots=True)
class QuantisedBlocks:
    """Builds residual blocks into a graph."""

    graph: Graph
    weights: Weights
    ranges: Ranges

    def residual(self, x: str, name: str, dilations: tuple[int, ...]) -> str:
        """A residual block, float32 [1, C, T] to the same; in between all is uint8."""
        g = self.graph
        for i, dilation in enumerate(dilations):
            at = f"{name}.{i}.x"
            y = g.node("QuantizeLinear", x, *self._scale(at))
            for side, spread in (("1", dilation), ("2", 1)):
                bent, after = f"{name}.{i}.snake{side}", f"{name}.{i}.conv{side}"
                y = self._snake(y, self.weights[f"{name}.activations{side}.{i}.alpha"], at, bent)
                y = self._convolution(y, f"{name}.convs{side}.{i}", spread, (bent, after))
                at = after
            x = g.add(x, g.node("DequantizeLinear", y, *self._scale(at)))
        return x

    def _snake(self, y: str, alpha: Array, before: str, after: str) -> str:
        g, values = self.graph, self.ranges[before].values()[None]
        bent = values + np.sin(alpha[:, None] * values) ** 2 / (alpha[:, None] + np.float32(1e-9))
        table = g.weight(f"{after}.table", self.ranges[after].levels(bent)[None])
        return g.node("GatherElements", table, g.node("Cast", y, to=INT32), axis=2)

    def _convolution(self, y: str, name: str, dilation: int, between: tuple[str, str]) -> str:
        g, weight, bias = self.graph, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        outputs, _, kernel = weight.shape
        values, scale = quantise_columns(weight.reshape(outputs, -1).T, g.largest)
        unit = scale * self.ranges[between[0]].scale
        pad = (kernel - 1) * dilation // 2
        return g.node(
            "QLinearConv",
            y,
            *self._scale(between[0]),
            g.weight(f"{name}.int8", values.T.reshape(weight.shape)),
            g.weight(f"{name}.scale", scale),
            g.weight(f"zeros_{outputs}", np.zeros(outputs, np.int8)),
            *self._scale(between[1]),
            g.weight(f"{name}.bias", np.rint(bias / unit).astype(np.int32)),
            kernel_shape=[kernel],
            dilations=[dilation],
            pads=[pad, pad],
        )

    def _scale(self, name: str) -> tuple[str, str]:
        """Names of an activation's scale and zero."""
        found = self.ranges[name]
        scale = self.graph.weight(f"{name}.scale", np.array(found.scale, np.float32))
        return scale, self.graph.weight(f"{name}.zero", np.array(found.zero, np.uint8))
