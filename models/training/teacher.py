"""Kokoro's graph in two: the text side as it is, and its vocoder as a teacher, in float.

    text side   tokens int64 [1, n + 2], style float32 [1, 256], speed float32 [1]
                    -> features [512, frames] at 80 Hz, source [300 * frames] at 24 kHz, style [128], spectrum
    vocoder     features, spectrum of the source, style -> samples [300 * frames] at 24 kHz

The file holds int8 weights, and activations that are quantised anew at every step: 14 to 18 dB of noise, and slow. The
vocoder's products are turned back to float, so that the student learns the sound that was meant. There is no random
operator in it: the same features give the same samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from models.bundle import Bundle
from models.session import MatrixSession, open_session

RATE = 24_000  # samples a second
HOP = 300  # samples a frame of features: 80 frames a second
FEATURES = 512
STYLE = 128  # of the style's 256 numbers: the half that shapes the sound

GENERATOR = "/decoder/decoder/generator"
CUT = {  # tensor of the graph: its name at the cut
    "/decoder/decoder/decode.3/Div_4_output_0": "features",  # [1, 512, frames]
    f"{GENERATOR}/Reshape_3_output_0": "source",  # [1, 300 * frames + 20], padded for its short-time spectrum
    f"{GENERATOR}/Concat_3_output_0": "spectrum",  # [1, 22, 60 * frames + 1], magnitudes and phases of the source
    "/decoder/Slice_output_0": "style",  # [1, 128]
    f"{GENERATOR}/conv_post/Conv_output_0": "bands",  # [1, 22, 60 * frames + 1], log magnitudes and phases
}
PADDING = 10  # samples on both sides of the source
INPUTS: Mapping[str, tuple[int, list[str | int]]] = {"tokens": (7, [1, "n"]), "style": (1, [1, 256]), "speed": (1, [1])}
FED: Mapping[str, list[str | int]] = {
    "features": [1, FEATURES, "T"],
    "spectrum": [1, 22, "S"],
    "style": [1, STYLE],
    "bands": [1, 22, "S"],
}


class Spoken(NamedTuple):
    """The features that the text side makes of an utterance: all that a vocoder is given."""

    features: NDArray[np.float32]  # [512, frames]
    source: NDArray[
        np.float32
    ]  # [300 * frames]: a sine of the voice's pitch and its overtones; constant where unvoiced
    style: NDArray[np.float32]  # [128]
    spectrum: NDArray[np.float32]  # [22, 60 * frames + 1], of the source: the teacher's alone


class TextSide:
    """Tokens to features, by the graph as every worker runs it."""

    def __init__(self, model: onnx.ModelProto, threads: int = 1) -> None:
        graph = part(model, (), ("features", "source", "style", "spectrum"))
        self._session = open_session(graph.SerializeToString(), threads)

    def __call__(self, tokens: Sequence[int], style: NDArray[np.float32], speed: float) -> Spoken:
        """The features of one utterance by a row [1, 256] of a voice's style table."""
        feeds = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style,
            "speed": np.array([speed], np.float32),
        }
        features, source, shape, spectrum = self._session.run(None, feeds)
        padded = source.reshape(-1)
        if len(padded) != features.shape[2] * HOP + 2 * PADDING:
            raise ValueError(f"{features.shape[2]} frames, but a source of {len(padded)} samples")
        return Spoken(features[0], padded[PADDING:-PADDING], shape[0], spectrum[0])


class TeacherVocoder:
    """Features to samples by the teacher. ``matrix``: in bfloat16 on OpenVINO, four times as fast as float32.

    ``quantised`` is the vocoder as workers run it today, for comparisons of speed.
    """

    def __init__(
        self, model: onnx.ModelProto, folder: Path, threads: int = 1, *, matrix: bool = True, quantised: bool = False
    ) -> None:
        """Write the cut graph to ``folder``, for runtimes that read files."""
        body = part(model if quantised else in_float(model), ("features", "spectrum", "style"), ("bands",))
        if matrix and not quantised:
            path = folder / "teacher.onnx"
            onnx.save(body, path)
            self._body: Any = MatrixSession(path, threads)
        else:
            self._body = open_session(body.SerializeToString(), threads)
        self._runs_by_name = matrix and not quantised
        # Phases and exponents stay in float32: in bfloat16 they would be noise.
        self._tail = open_session(part(model, ("bands",), (model.graph.output[0].name,)).SerializeToString(), threads)

    def __call__(self, spoken: Spoken) -> NDArray[np.float32]:
        """Samples [300 * frames]."""
        feeds = {"features": spoken.features[None], "spectrum": spoken.spectrum[None], "style": spoken.style[None]}
        bands = (self._body.run(feeds) if self._runs_by_name else self._body.run(None, feeds))[0]
        samples: NDArray[np.float32] = self._tail.run(None, {"bands": bands})[0].reshape(-1)
        return samples[: spoken.features.shape[1] * HOP]


def read_graph(bundle: Bundle) -> onnx.ModelProto:
    """The graph of a Kokoro bundle. Raises VoiceNotInstalled, naming the remedy."""
    return onnx.load(bundle.path("model.onnx"))


def part(model: onnx.ModelProto, inputs: Iterable[str], outputs: Iterable[str]) -> onnx.ModelProto:
    """The graph between two cuts, named as in CUT; without ``inputs``, from the graph's own."""
    names = {short: long for long, short in CUT.items()}
    graph = model.graph
    made_by = {name: node for node in graph.node for name in node.output}
    stored = {tensor.name: tensor for tensor in graph.initializer}
    fed = {names.get(name, name): FED[name] for name in inputs}
    wanted, needed = [names.get(name, name) for name in outputs], set[str]()
    pending = list(wanted)
    while pending:
        name = pending.pop()
        if name not in needed:
            needed.add(name)
            if name not in fed and name in made_by:
                pending += [source for source in made_by[name].input if source]
    nodes = [node for node in graph.node if any(n in needed and n not in fed for n in node.output)]
    own = [helper.make_tensor_value_info(CUT[name], 1, shape) for name, shape in fed.items()]
    own = own or [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in INPUTS.items()]
    ends = [helper.make_tensor_value_info(CUT.get(name, name), 1, None) for name in wanted]
    renamed = [_renamed(node, {**CUT, names["style"]: "style" if fed else "shape"}) for node in nodes]
    if not fed:  # the graph has an input named style already: the half of it
        ends = [helper.make_tensor_value_info("shape", 1, None) if end.name == "style" else end for end in ends]
    kept = [stored[name] for name in needed if name in stored]
    return _model(helper.make_graph(renamed, "part", own, ends, kept), model)


def in_float(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with every product of int8 weights turned into one of floats.

    A quantised product is DynamicQuantizeLinear, ConvInteger or MatMulInteger, often an Add of a bias, Cast, and Mul by
    both scales; a Conv or MatMul takes the place of the Mul, and what led to it is left for ``part`` to drop.
    """
    graph = model.graph
    made_by = {name: node for node in graph.node for name in node.output}
    used_by: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            used_by.setdefault(name, []).append(node)
    stored = {tensor.name: tensor for tensor in graph.initializer}
    products: dict[str, onnx.NodeProto] = {}  # output of the Mul: what takes its place
    weights: dict[str, onnx.TensorProto] = {}
    for node in graph.node:
        if node.op_type not in ("ConvInteger", "MatMulInteger") or node.input[1] not in stored:
            continue
        bias, cast = [], used_by[node.output[0]][0]
        if cast.op_type == "Add":
            bias = [_origin(name, made_by) for name in cast.input if name != node.output[0]]
            cast = used_by[cast.output[0]][0]
        scaled = used_by[cast.output[0]][0]
        scales = made_by[next(name for name in scaled.input if name != cast.output[0])]
        name = f"{node.input[1]}.float"
        scale = next(stored[n] for n in scales.input if n in stored)
        zero = stored[node.input[3]] if len(node.input) > 3 else None
        weights[name] = numpy_helper.from_array(_dequantised(stored[node.input[1]], zero, scale), name)
        kind = node.op_type.removesuffix("Integer")
        product = helper.make_node(
            kind, [made_by[node.input[0]].input[0], name, *bias], [scaled.output[0]], name=node.name
        )
        product.attribute.extend(node.attribute)
        products[scaled.output[0]] = product
    nodes = [products.get(node.output[0], node) for node in graph.node]
    floats = helper.make_graph(
        nodes, "float", list(graph.input), list(graph.output), [*graph.initializer, *weights.values()]
    )
    return _model(floats, model)


def _origin(name: str, made_by: dict[str, onnx.NodeProto]) -> str:
    """The float bias that was divided by the scales, rounded and shaped to be added to integers."""
    while name in made_by:
        name = made_by[name].input[0]
    return name


def _dequantised(
    weight: onnx.TensorProto, zero: onnx.TensorProto | None, scale: onnx.TensorProto
) -> NDArray[np.float32]:
    """Weights as floats; zero points and scales are single, or one an output channel (the first axis of a Conv)."""
    values = numpy_helper.to_array(weight).astype(np.float32)
    for tensor, combine in ((zero, np.subtract), (scale, np.multiply)):
        if tensor is not None:
            factor = numpy_helper.to_array(tensor).astype(np.float32).reshape(-1)
            by_channel = (-1, *[1] * (values.ndim - 1)) if values.ndim > 2 and factor.size > 1 else (-1,)
            values = combine(values, factor.reshape(by_channel)).astype(np.float32)
    return values


def _renamed(node: onnx.NodeProto, names: dict[str, str]) -> onnx.NodeProto:
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    copy.input[:] = [names.get(name, name) for name in node.input]
    copy.output[:] = [names.get(name, name) for name in node.output]
    return copy


def _model(graph: onnx.GraphProto, like: onnx.ModelProto) -> onnx.ModelProto:
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=like.opset_import)
    model.ir_version = like.ir_version
    return model
