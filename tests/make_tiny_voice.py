"""Make the tiny test voice: a real ONNX graph of a few KB with Piper's inputs, which sings one tone a token.

    python -m tests.make_tiny_voice [FOLDER] [SEED]

A token sounds for 25 ms (so a character, with the pad between two, for 50 ms) at about -20 dBFS, at a pitch that
depends on its id and on the weights. A little noise at -60 dBFS comes from a random operator, as in Piper's own graphs.
Another seed makes a voice of the same shape with other weights.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = Path(__file__).with_name("data") / "tiny_voice"
SAMPLE_RATE = 8_000  # Hz: the least there is, for speed
SAMPLES_A_TOKEN = 200  # 25 ms
SYMBOLS = 256
AMPLITUDE = 0.2  # of a sine under a half-sine window: 0.1 RMS
NOISE = 0.0015  # times noise_scale 0.667
LANGUAGES = ("en", "zh", "ja", "yue", "ko")
VOICES = {"one": LANGUAGES, "two": ("zh", "en", "ja", "yue", "ko")}


def graph(seed: int = 0) -> onnx.ModelProto:
    """input [1, n], input_lengths [1], scales [3], sid [1] -> output [1, 1, 1, samples]."""
    hertz = np.random.default_rng(seed).permutation(np.linspace(150.0, 3000.0, SYMBOLS))
    constants = {
        "steps": (2 * math.pi * hertz / SAMPLE_RATE).astype(np.float32),  # radians a sample
        "transpose": np.array([1.0, 1.25], np.float32),  # of each speaker
        "samples_a_token": np.array(SAMPLES_A_TOKEN, np.float32),
        "zero": np.array(0, np.int64),
        "one": np.array(1, np.int64),
        "half": np.array(0.5, np.float32),
        "pi": np.array(math.pi, np.float32),
        "amplitude": np.array(AMPLITUDE, np.float32),
        "noise": np.array(NOISE, np.float32),
        "last": np.array([2], np.int64),
        "shape": np.array([1, 1, 1, -1], np.int64),
    }
    nodes = [
        ("Gather", ["steps", "input"], "pitch"),  # [1, n]
        ("Gather", ["transpose", "sid"], "factor"),  # [1]
        ("Mul", ["pitch", "factor"], "step"),
        ("Unsqueeze", ["step", "last"], "column"),  # [1, n, 1]
        ("Gather", ["scales", "one"], "length_scale"),
        ("Mul", ["samples_a_token", "length_scale"], "exact"),
        ("Cast", ["exact"], "count", {"to": TensorProto.INT64}),
        ("Range", ["zero", "count", "one"], "index"),
        ("Cast", ["index"], "time", {"to": TensorProto.FLOAT}),  # [p]
        ("Mul", ["column", "time"], "phase"),
        ("Sin", ["phase"], "sine"),  # [1, n, p]
        ("Add", ["time", "half"], "middle"),
        ("Cast", ["count"], "length", {"to": TensorProto.FLOAT}),
        ("Div", ["middle", "length"], "place"),
        ("Mul", ["place", "pi"], "angle"),
        ("Sin", ["angle"], "window"),
        ("Mul", ["window", "amplitude"], "envelope"),
        ("Mul", ["sine", "envelope"], "tone"),
        ("RandomNormalLike", ["tone"], "draws", {"dtype": TensorProto.FLOAT}),
        ("Gather", ["scales", "zero"], "noise_scale"),
        ("Mul", ["noise", "noise_scale"], "hiss_level"),
        ("Mul", ["draws", "hiss_level"], "hiss"),
        ("Add", ["tone", "hiss"], "sound"),
        ("Reshape", ["sound", "shape"], "output"),
    ]
    return helper.make_model(
        helper.make_graph(
            [helper.make_node(kind, inputs, [output], **dict(*more)) for kind, inputs, output, *more in nodes],
            "tiny",
            [
                helper.make_tensor_value_info("input", TensorProto.INT64, [1, "n"]),
                helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
                helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
                helper.make_tensor_value_info("sid", TensorProto.INT64, [1]),
            ],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, 1, "samples"])],
            [numpy_helper.from_array(value, name) for name, value in constants.items()],
        ),
        opset_imports=[helper.make_opsetid("", 15)],
        ir_version=8,
    )


def config() -> dict[str, object]:
    """The voice's JSON: Piper's fields, and ``codepoint_modulus``: any character has an id."""
    return {
        "audio": {"sample_rate": SAMPLE_RATE, "quality": "tiny"},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_type": "text",
        "phoneme_map": {},
        "phoneme_id_map": {"_": [0], "^": [1], "$": [2], " ": [3]},
        "codepoint_modulus": 250,
        "num_symbols": SYMBOLS,
        "num_speakers": len(VOICES),
        "speaker_id_map": {name: i for i, name in enumerate(VOICES)},
    }


def make(folder: Path = FOLDER, seed: int = 0, bundle: str = "tiny") -> Path:
    """Write ``voice.toml``, ``model.onnx`` and ``model.onnx.json`` into a folder; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "model.onnx": graph(seed).SerializeToString(deterministic=True),
        "model.onnx.json": (json.dumps(config(), indent=2) + "\n").encode(),
    }
    lines = [
        "# Made by tests/make_tiny_voice.py: tones instead of speech, for tests.",
        f'id = "{bundle}"',
        'family = "piper"',
        'title = "Tiny test voice"',
        'licence = "Apache-2.0"',
        f"sample_rate = {SAMPLE_RATE}",
        'precision = "fp32"',
        'backend = "onnxruntime"',
        'remedy = "python -m tests.make_tiny_voice"',
    ]
    for name, content in files.items():
        (folder / name).write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        lines += ["", "[[files]]", f'name = "{name}"', f'sha256 = "{sha256}"', f"size = {len(content)}"]
    for name, languages in VOICES.items():
        lines += ["", "[[voices]]", f'name = "{name}"', f"languages = {json.dumps(languages)}"]
    (folder / "voice.toml").write_text("\n".join(lines) + "\n")
    return folder


if __name__ == "__main__":
    print(make(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER, int(sys.argv[2]) if len(sys.argv) > 2 else 0))
