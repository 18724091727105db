"""``python -m models.training.export CHECKPOINT light.onnx``: a student as a graph for ONNX Runtime, float32, 24 MB.

    features float32 [512, T], source [300 T], style [128], noise [300 T] -> sound [300 T], at 24 kHz

The noise is white, of unit variance, and whoever runs the graph draws it: the same noise gives the same sound.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from models.conversion.onnx_graph import Array, Graph
from models.conversion.torch_files import Weights
from models.training.network import ENVELOPE, LEVEL, PACE, QUIET, STEP, WINDOW, LightVocoder
from models.training.teacher import FEATURES, STYLE

EPSILON = 1e-5  # of torch's layer normalisation
LOUDEST = 3.0  # exponent of a gain
LONG = 2**62  # the end of any axis


def read_weights(checkpoint: Path) -> LightVocoder:
    """The averaged weights of a checkpoint, or weights that were saved alone, in float32."""
    network = LightVocoder()
    weights = torch.load(checkpoint, map_location="cpu", weights_only=True)["weights"]
    network.load_state_dict({name: value.float() for name, value in weights.items()})
    network.eval()
    return network


def exported(network: LightVocoder) -> Graph:
    """The network as a graph, without torch at run time."""
    weights = {name: value.detach().numpy() for name, value in network.state_dict().items()}
    return _Export(weights, network).graph()


class _Export:
    """Values in the graph are [time, channels], but for convolutions, which want [1, channels, time]."""

    def __init__(self, weights: Weights, network: LightVocoder) -> None:
        self._weights = weights
        self._graph = Graph()
        self._slow, self._fast = len(network.slow), len(network.fast)
        self._forth = self._graph.weight("forth", network.spectrum.forth.numpy())
        self._back = self._graph.weight("back", network.spectrum.back.numpy())

    def graph(self) -> Graph:
        g = self._graph
        features = g.input("features", [FEATURES, "T"])
        source, style, noise = g.input("source", ["N"]), g.input("style", [STYLE]), g.input("noise", ["N"])
        real, imaginary = self._columns(self._analysed(source), 2)
        magnitude = g.node("Sqrt", g.add(g.multiply(real, real), g.multiply(imaginary, imaginary)))
        hidden = self._hidden(features, self._seen(real, imaginary, magnitude), g.reshape(style, 1, STYLE))
        a, b, loud, side, hiss = self._columns(self._linear(hidden, "gains"), 5)
        louder = g.node("Exp", g.add(g.node("Min", loud, g.scalar(4.0)), g.scalar(-1.0)))
        unit = g.node("Div", self._times(side, 3.0), g.add(magnitude, g.scalar(10 * QUIET)))
        free = g.add(g.multiply(louder, unit), self._times(a, 6.0))
        turned = self._times(b, 6.0)
        voiced = g.node(
            "Concat",
            g.node("Sub", g.multiply(free, real), g.multiply(turned, imaginary)),
            g.add(g.multiply(free, imaginary), g.multiply(turned, real)),
            axis=1,
        )
        limited = g.node("Min", g.add(self._times(hiss, 4.0), g.scalar(-3.0)), g.scalar(LOUDEST))
        level = self._times(g.node("Exp", limited), 1 / LEVEL)
        hissing = g.multiply(self._analysed(noise), g.node("Concat", level, level, axis=1))
        sound = g.add(self._composed(voiced), g.multiply(self._composed(hissing), self._envelope(hidden)))
        g.output(g.reshape(sound, -1), "sound", ["N"])
        return g

    def _analysed(self, sound: str) -> str:
        """Short-time spectrum [3 T, 2 * 201] of [300 T]."""
        g = self._graph
        rows = g.reshape(g.node("Pad", sound, g.ints(WINDOW // 2, WINDOW // 2)), -1, STEP)
        parts = [g.node("Slice", rows, g.ints(n), g.ints(n - 4), g.ints(0)) for n in range(4)]
        return g.node("MatMul", g.node("Concat", *parts, axis=1), self._forth)

    def _composed(self, spectrum: str) -> str:
        """Sound [3 T, 100] of [3 T, 2 * 201], the last frame twice."""
        g = self._graph
        last = g.node("Slice", spectrum, g.ints(-1), g.ints(LONG), g.ints(0))
        windows = g.node("MatMul", g.node("Concat", spectrum, last, axis=0), self._back)
        parts = self._columns(windows, 4)
        shifted = [g.node("Pad", part, g.ints(n, 0, 3 - n, 0)) for n, part in enumerate(parts)]
        return g.node("Slice", g.node("Sum", *shifted), g.ints(2), g.ints(-2), g.ints(0))

    def _seen(self, real: str, imaginary: str, magnitude: str) -> str:
        """Return what the network sees of the source: [3 T, 3 * 201]."""
        g = self._graph
        there = g.add(magnitude, g.scalar(QUIET))
        phases = [g.node("Div", part, there) for part in (real, imaginary)]
        return g.node("Concat", self._times(g.node("Log", there), 0.25), *phases, axis=1)

    def _hidden(self, features: str, seen: str, style: str) -> str:
        """The last block's output, normalised: [3 T, width]."""
        g, w = self._graph, self._weights
        centred = g.node("Sub", features, g.weight("mean", w["mean"][0]))
        scaled = g.node("Div", centred, g.weight("spread", w["spread"][0]))
        hidden = self._convolved(g.transpose(scaled, 1, 0), "features")
        for n in range(self._slow):
            hidden = self._block(hidden, style, f"slow.{n}")
        width = w["faster.bias"].shape[0]
        matrix = np.ascontiguousarray(w["faster.weight"].transpose(2, 1, 0)).reshape(PACE * width, -1)
        faster = g.linear(hidden, "faster", matrix, np.tile(w["faster.bias"], PACE))
        hidden = g.add(g.reshape(faster, -1, width), self._convolved(seen, "source"))
        for n in range(self._fast):
            hidden = self._block(hidden, style, f"fast.{n}")
        return g.layer_norm(hidden, "norm", w["norm.weight"], w["norm.bias"], EPSILON)

    def _block(self, hidden: str, style: str, name: str) -> str:
        g = self._graph
        width = self._weights[f"{name}.scale"].shape[0]
        ones, zeros = np.ones(width, np.float32), np.zeros(width, np.float32)
        x = g.layer_norm(self._convolved(hidden, f"{name}.time", width), "plain", ones, zeros, EPSILON)
        gain, shift = self._columns(self._linear(style, f"{name}.style"), 2)
        x = g.add(g.multiply(x, g.add(gain, g.scalar(1.0))), shift)
        x = g.node("Gelu", self._linear(x, f"{name}.wide"), approximate="tanh")
        scale = self._weights[f"{name}.scale"]
        narrow, bias = self._weights[f"{name}.narrow.weight"], self._weights[f"{name}.narrow.bias"]
        return g.add(hidden, g.linear(x, f"{name}.narrow", scale[:, None] * narrow, scale * bias))

    def _envelope(self, hidden: str) -> str:
        """Gains of the noise by sample, [3 T, 100]."""
        g = self._graph
        points = g.node("Exp", g.node("Min", self._linear(hidden, "envelope"), g.scalar(LOUDEST)))
        scales = g.weight("scales", np.array([1, 1, STEP // ENVELOPE], np.float32))
        return g.reshape(g.node("Resize", g.reshape(points, 1, 1, -1), "", scales, mode="linear"), -1, STEP)

    def _convolved(self, x: str, name: str, group: int = 1) -> str:
        """A convolution over time of [time, channels] that keeps the length."""
        g, w = self._graph, self._weights
        kernel = w[f"{name}.weight"].shape[2]
        parts = [g.weight(f"{name}.{part}", w[f"{name}.{part}"]) for part in ("weight", "bias")]
        y = g.node(
            "Conv",
            g.node("Unsqueeze", g.transpose(x, 1, 0), g.ints(0)),
            *parts,
            kernel_shape=[kernel],
            pads=[kernel // 2, kernel // 2],
            group=group,
        )
        return g.transpose(g.node("Squeeze", y, g.ints(0)), 1, 0)

    def _linear(self, x: str, name: str) -> str:
        weight: Array = self._weights[f"{name}.weight"]
        return self._graph.linear(x, name, weight, self._weights[f"{name}.bias"])

    def _columns(self, x: str, count: int) -> list[str]:
        """Split the last axis into equal parts."""
        return self._graph.nodes("Split", x, outputs=count, axis=1, num_outputs=count)

    def _times(self, x: str, factor: float) -> str:
        return self._graph.multiply(x, self._graph.scalar(factor))


def main() -> None:
    """Export, and say what was written."""
    parser = argparse.ArgumentParser(prog="python -m models.training.export", description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    exported(read_weights(asked.checkpoint)).save(asked.out)
    print(f"{asked.out}: {asked.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
