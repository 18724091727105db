"""A small builder of ONNX graphs, node by node, with linear layers in several precisions.

fp16 keeps weights in half the space and computes in float32.
int8 quantises activations row by row: a row's result depends on that row alone, so what a segment sounds like does
not depend on which others share its batch. The runtime's fused operator takes one scale for the whole
tensor: an eighth faster, but then batch mates and outliers change everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

Precision = Literal["fp32", "fp16", "int8", "int4"]
Array = NDArray[np.float32]
Shape = Sequence[int | str]

MICROSOFT = "com.microsoft"
OPSETS = (("", 20), (MICROSOFT, 1))
IR_VERSION = 10
FLOAT, INT64, INT32, UINT8 = (
    onnx.TensorProto.FLOAT,
    onnx.TensorProto.INT64,
    onnx.TensorProto.INT32,
    onnx.TensorProto.UINT8,
)

BLOCK = 32  # weights that share a scale in 4 bits
MIDDLE = 128  # the zero of unsigned 8-bit activations


class Graph:
    """Collects nodes and weights; every method that adds a node returns the name of its output."""

    def __init__(self, precision: Precision = "fp32", reduce_range: bool = False) -> None:
        """``reduce_range`` keeps int8 weights to 7 bits, for CPUs whose 8-bit products saturate (x86 without VNNI)."""
        self.precision: Precision = precision
        self.largest = 63 if reduce_range else 127
        self._nodes: list[onnx.NodeProto] = []
        self._weights: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self.watched: dict[str, str] | None = None

    def input(self, name: str, shape: Shape, kind: int = FLOAT) -> str:
        """Declare an input of the graph."""
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, value: str, name: str, shape: Shape, kind: int = FLOAT) -> None:
        """Give a value to the outside under ``name``."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def rename(self, value: str, name: str, shape: Shape) -> None:
        """Give a value to the outside without a copy: the node that makes ``value`` writes ``name`` itself."""
        for node in self._nodes:
            for i, output in enumerate(node.output):
                if output == value:
                    node.output[i] = name
        self._outputs.append(helper.make_tensor_value_info(name, FLOAT, shape))

    def watch(self, name: str, value: str) -> None:
        """Make an inner value an output called ``name``, where ``watched`` asks for it: to measure its range."""
        if self.watched is not None:
            if value not in self.watched.values():
                self._outputs.append(helper.make_tensor_value_info(value, FLOAT, None))
            self.watched[name] = value

    def weight(self, name: str, value: NDArray[Any]) -> str:
        """Add a constant tensor; one name is stored once."""
        if name not in self._weights:
            self._weights[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def ints(self, *values: int) -> str:
        """An int64 vector."""
        return self.weight("ints_" + "_".join(map(str, values)), np.array(values, np.int64))

    def integer(self, value: int) -> str:
        """An int64 scalar."""
        return self.weight(f"int_{value}", np.array(value, np.int64))

    def scalar(self, value: float) -> str:
        """A float32 scalar."""
        return self.weight(f"float_{value!r}", np.array(value, np.float32))

    def node(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output."""
        return self.nodes(kind, *inputs, outputs=1, domain=domain, **attributes)[0]

    def nodes(self, kind: str, *inputs: str, outputs: int, domain: str = "", **attributes: Any) -> list[str]:
        """Add a node with several outputs."""
        name = f"{kind}_{len(self._nodes)}"
        names = [f"{name}_{i}" for i in range(outputs)]
        self._nodes.append(helper.make_node(kind, inputs, names, name=name, domain=domain, **attributes))
        return names

    def add(self, a: str, b: str) -> str:
        """a + b."""
        return self.node("Add", a, b)

    def multiply(self, a: str, b: str) -> str:
        """a * b."""
        return self.node("Mul", a, b)

    def reshape(self, value: str, *shape: int) -> str:
        """Reshape; 0 keeps a dimension, -1 takes the rest."""
        return self.node("Reshape", value, self.ints(*shape))

    def transpose(self, value: str, *order: int) -> str:
        """Transpose."""
        return self.node("Transpose", value, perm=list(order))

    def layer_norm(self, x: str, name: str, weight: Array, bias: Array, epsilon: float) -> str:
        """Layer normalisation over the last axis."""
        scale, shift = self.weight(f"{name}.weight", weight), self.weight(f"{name}.bias", bias)
        return self.node("LayerNormalization", x, scale, shift, axis=-1, epsilon=epsilon)

    def linear(
        self, x: str, name: str, weight: Array, bias: Array | None = None, precision: Precision | None = None
    ) -> str:
        """Multiply x [N, inputs] by weight [outputs, inputs] transposed, plus bias, in a precision or the graph's."""
        precision = precision or self.precision
        if precision == "int8":
            y = self._linear8(self._quantise_rows(x), name, weight)
        elif precision == "int4":
            y = self._linear4(x, name, weight)
        elif precision == "fp16":
            y = self.node("MatMul", x, self.stored(f"{name}.weight", np.ascontiguousarray(weight.T)))
        else:
            y = self.node("MatMul", x, self.weight(f"{name}.weight", weight.T))
        return y if bias is None else self.add(y, self.weight(f"{name}.bias", bias))

    def stored(self, name: str, value: Array) -> str:
        """A weight used as float32; in lower precisions kept as float16, or as int8 with a scale a first index."""
        if self.precision == "fp32":
            return self.weight(name, value)
        if self.precision == "fp16":
            return self.node("Cast", self.weight(f"{name}.fp16", value.astype(np.float16)), to=FLOAT)
        values, scale = quantise_columns(value.reshape(value.shape[0], -1).T, 127)
        kept = self.weight(f"{name}.int8", values.T.reshape(value.shape))
        return self.node("DequantizeLinear", kept, self.weight(f"{name}.scale", scale), axis=0)

    def lookup(self, ids: str, name: str, weight: Array) -> str:
        """Rows of weight [N, width] by ids: stored as float, or as int8 with a scale a row in lower precisions."""
        if self.precision == "fp32":
            return self.node("Gather", self.weight(name, weight), ids, axis=0)
        values, scale = quantise_columns(weight.T, 127)
        rows = self.node("Cast", self.node("Gather", self.weight(f"{name}.int8", values.T), ids, axis=0), to=FLOAT)
        return self.multiply(rows, self.node("Gather", self.weight(f"{name}.scale", scale[:, None]), ids, axis=0))

    def _quantise_rows(self, x: str) -> tuple[str, str]:
        """Quantise x [N, K] to (uint8 [N, K] around 128, scale float32 [N, 1])."""
        largest = self.node("ReduceMax", self.node("Abs", x), self.ints(1), keepdims=0)
        scale = self.node("Max", self.multiply(largest, self.scalar(1 / 127)), self.scalar(1e-12))
        middle = self.node(
            "ConstantOfShape",
            self.node("Shape", scale),
            value=helper.make_tensor("value", UINT8, [1], [MIDDLE]),
        )
        rows = self.node("QuantizeLinear", x, scale, middle, axis=0)
        return rows, self.node("Unsqueeze", scale, self.ints(1))

    def _linear8(self, rows: tuple[str, str], name: str, weight: Array) -> str:
        values, scale = quantise_columns(weight.T, self.largest)
        y = self.node(
            "MatMulIntegerToFloat",
            rows[0],
            self.weight(f"{name}.int8", values),
            self.scalar(1.0),
            self.weight(f"{name}.scale", scale),
            self.weight("middle", np.array(MIDDLE, np.uint8)),
            domain=MICROSOFT,
        )
        return self.multiply(y, rows[1])

    def _linear4(self, x: str, name: str, weight: Array) -> str:
        outputs, inputs = weight.shape
        packed, scale = quantise_blocks(weight, BLOCK)
        return self.node(
            "MatMulNBits",
            x,
            self.weight(f"{name}.int4", packed),
            self.weight(f"{name}.scale", scale),
            domain=MICROSOFT,
            K=inputs,
            N=outputs,
            bits=4,
            block_size=BLOCK,
            accuracy_level=4,  # products in 8 bits
        )

    def model(self) -> onnx.ModelProto:
        """The finished model."""
        graph = helper.make_graph(self._nodes, "narrator", self._inputs, self._outputs, list(self._weights.values()))
        opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="narrator")

    def save(self, path: Path) -> None:
        """Write the finished model to a file."""
        path.write_bytes(self.model().SerializeToString())


def quantise_columns(weight: Array, largest: int) -> tuple[NDArray[np.int8], Array]:
    """Quantise weight [K, N] to int8 [K, N] and the scale of each column, float32 [N]."""
    scale = np.maximum(np.abs(weight).max(axis=0), 1e-12) / largest
    return np.clip(np.rint(weight / scale), -largest, largest).astype(np.int8), scale.astype(np.float32)


def quantise_blocks(weight: Array, block: int) -> tuple[NDArray[np.uint8], Array]:
    """Quantise weight [N, K] to 4 bits, as MatMulNBits wants it: uint8 [N, blocks, block / 2], float32 [N * blocks].

    The scale of a block is the one of a few candidates with the least squared error.
    """
    outputs, inputs = weight.shape
    blocks = -(-inputs // block)
    padded = np.zeros((outputs, blocks * block), np.float32)
    padded[:, :inputs] = weight
    values = padded.reshape(outputs, blocks, block)
    at = np.abs(values).argmax(axis=2)[:, :, None]
    peak = np.take_along_axis(values, at, axis=2)  # with its sign: -8 has no counterpart among 4-bit numbers
    peak = np.where(np.abs(peak) < 1e-12, np.float32(1e-12), peak)
    best = np.full(peak.shape, np.inf, np.float32)
    codes: NDArray[np.uint8] = np.zeros(values.shape, np.uint8)
    scales = np.zeros(peak.shape, np.float32)
    for divisor in (-8.0, -8.6, -9.3, 7.5):
        scale = peak / np.float32(divisor)
        quantised = np.clip(np.rint(values / scale), -8, 7)
        error = ((quantised * scale - values) ** 2).sum(axis=2, keepdims=True)
        better = error < best
        best = np.where(better, error, best)
        scales = np.where(better, scale, scales)
        codes = np.where(better, (quantised + 8).astype(np.uint8), codes)
    packed: NDArray[np.uint8] = codes[:, :, 0::2] | (codes[:, :, 1::2] << np.uint8(4))
    return packed, scales.reshape(-1).astype(np.float32)
