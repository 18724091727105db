"""Conversion of a HiFi-GAN checkpoint into a vocoder: one graph, its licence, ``vocoder.json`` with checksums.

    convert_hifigan(Path("UNIVERSAL_V1"), Path("vocoders/universal"))
    add_vocoder(Path("voices/cosyvoice"), Path("vocoders/universal"))

Needs the ``convert`` extra (torch to read the checkpoint, onnx to write the graph).
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from time import process_time

import numpy as np
from pydantic import JsonValue

from models.atomic_files import MADE, atomic_folder, must_be_free
from models.bundle_file import BundleFile
from models.conversion.onnx_graph import Array, Graph
from models.conversion.torch_files import Weights
from models.errors import Permanent
from models.vocoders import HOP_LENGTH, N_MELS, SAMPLE_RATE, Mel
from models.vocoders.hifigan import GRAPH, HifiGan
from models.vocoders.hifigan_checkpoint import HifiGanCheckpoint, HifiGanConfig, read_hifigan_checkpoint
from models.vocoders.mel import log_mel
from models.vocoders.vocoder_folder import VOCODER, VocoderFolder
from models.voice import Samples

NOTICE = "hifigan.LICENSE"
SLOPE = 0.1  # of the leaky rectifiers
LAST_SLOPE = 0.01  # of the one before the last convolution: the original leaves it at torch's default
LICENCES = {"MIT License": "MIT", "Apache License": "Apache-2.0"}  # by the first line of their texts
MAX_LICENCE = 1 << 20  # bytes
UNSTATED = "The checkpoint came without a licence. Ask its publisher before you use what it makes.\n"


def convert_hifigan(source: Path, out: Path) -> VocoderFolder:
    """Convert a generator in the public HiFi-GAN format; ``out`` becomes the vocoder's folder, whole or not at all.

    ``source`` is the generator's file with config.json beside it, or the folder of both; a LICENSE there is taken
    along. Raises Permanent naming file, tensor and remedy.
    """
    must_be_free(out)
    read = read_hifigan_checkpoint(source)
    with atomic_folder(out) as folder:
        made = folder / MADE
        made.mkdir()
        hifigan_generator(read.weights, read.config).save(made / GRAPH)
        vocoder = _describe(read, made)
        (made / VOCODER).write_text(vocoder.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return vocoder


def _describe(read: HifiGanCheckpoint, made: Path) -> VocoderFolder:
    licence, text = _licence(read.generator.parent)
    (made / NOTICE).write_text(text, encoding="utf-8")
    record: dict[str, JsonValue] = {
        "checkpoint": read.generator.name,
        "checkpoint_sha256": hashlib.sha256(read.generator.read_bytes()).hexdigest(),
        "config": read.config.model_dump(mode="json"),
        "self_check": self_check(HifiGan.load(made / GRAPH)),
        "converted_with": {name: version(name) for name in ("narrator", "onnx", "onnxruntime", "torch")},
    }
    parameters = sum(value.size for value in read.weights.values())
    return VocoderFolder(
        name="hifigan",
        title=f"HiFi-GAN {read.config.topology}, {parameters / 1e6:.1f} M parameters",
        licence=licence,
        files=tuple(BundleFile.of(made / name) for name in (GRAPH, NOTICE)),
        record=record,
    )


def _licence(folder: Path) -> tuple[str, str]:
    """The licence beside a checkpoint: its short name and its text."""
    for path in sorted(folder.glob("LICEN[SC]E*")):
        text = path.read_bytes()[:MAX_LICENCE].decode(errors="replace")
        first = next((line.strip() for line in text.splitlines() if line.strip()), "")
        return LICENCES.get(first, first[:100] or "unknown"), text
    return "unknown", UNSTATED


def self_check(vocoder: HifiGan) -> dict[str, JsonValue]:
    """Send two seconds of a vowel there and back: return the error of the mel, and CPU seconds a second of sound.

    Raises Permanent where the vocoder's samples are too few or no sound.
    """
    mel = log_mel(_vowel())
    began = process_time()
    samples = vocoder.synthesise(mel, 0)
    spent = process_time() - began
    if samples.shape != (HOP_LENGTH * mel.shape[1],) or not np.isfinite(samples).all():
        raise Permanent(f"the converted vocoder makes no sound of a vowel: {samples.shape} samples, some not finite")
    return {
        "mel_error": round(mel_error(mel, log_mel(samples)), 3),
        "real_time_factor": round(spent * SAMPLE_RATE / samples.size, 3),
    }


def mel_error(expected: Mel, actual: Mel) -> float:
    """Return the mean absolute difference of log-mels where there is sound (above -8): about 0.3 after training."""
    return float(np.abs(expected - actual)[expected > -8].mean())


def _vowel() -> Samples:
    """A voice of 120 Hz, rising, that says [a]: pulses through resonances at 700, 1,200 and 2,500 Hz."""
    time = np.arange(2 * SAMPLE_RATE // HOP_LENGTH * HOP_LENGTH) / SAMPLE_RATE
    pitch = 120 + 20 * time
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    sound = np.zeros(time.size)
    for k in range(1, 50):
        level = sum(1 / (1 + ((k * pitch - formant) / 100) ** 2) for formant in (700, 1200, 2500))
        sound += level * np.sin(k * phase) / k
    samples: Samples = (0.3 * sound / np.abs(sound).max()).astype(np.float32)
    return samples


def hifigan_generator(weights: Weights, config: HifiGanConfig) -> Graph:
    """The generator, mel float32 [80, M] -> samples float32 [256 * M].

    Signals are images of height one, [1, C, 1, T]: the runtime lays out channels for its vector units in convolutions
    over images only, which are 1.1 to 1.7 times as fast.
    """
    graph = Graph()
    x = graph.node("Unsqueeze", graph.input("mel", [N_MELS, "M"]), graph.ints(0, 2))
    x = _convolution(graph, x, "conv_pre", weights)
    for i, rate, kernel, _ in config.stages():
        x = _upsample(graph, _rectify(graph, x), f"ups.{i}", weights, (rate, kernel))
        beside = [_block(graph, x, name, dilations, weights) for name, _, dilations in config.blocks(i)]
        total = beside[0]
        for other in beside[1:]:
            total = graph.add(total, other)
        x = graph.multiply(total, graph.scalar(1 / len(beside)))
    x = _convolution(graph, _rectify(graph, x, LAST_SLOPE), "conv_post", weights)
    graph.output(graph.reshape(graph.node("Tanh", x), -1), "samples", ["N"])
    return graph


def _rectify(graph: Graph, x: str, slope: float = SLOPE) -> str:
    return graph.node("LeakyRelu", x, alpha=slope)


def _parts(graph: Graph, name: str, weights: Weights) -> tuple[str, str]:
    """Names of a convolution's weight, [.., .., 1, kernel], and bias."""
    weight: Array = weights[f"{name}.weight"][:, :, None]
    return graph.weight(f"{name}.weight", weight), graph.weight(f"{name}.bias", weights[f"{name}.bias"])


def _convolution(graph: Graph, x: str, name: str, weights: Weights, dilation: int = 1) -> str:
    """A convolution that keeps the length."""
    kernel = weights[f"{name}.weight"].shape[2]
    pad = (kernel - 1) * dilation // 2
    return graph.node(
        "Conv",
        x,
        *_parts(graph, name, weights),
        kernel_shape=[1, kernel],
        dilations=[1, dilation],
        pads=[0, pad, 0, pad],
    )


def _upsample(graph: Graph, x: str, name: str, weights: Weights, size: tuple[int, int]) -> str:
    """A transposed convolution, ``rate`` times as long."""
    rate, kernel = size
    pad = (kernel - rate) // 2
    return graph.node(
        "ConvTranspose",
        x,
        *_parts(graph, name, weights),
        kernel_shape=[1, kernel],
        strides=[1, rate],
        pads=[0, pad, 0, pad],
    )


def _block(graph: Graph, x: str, name: str, dilations: tuple[int, ...], weights: Weights) -> str:
    """A residual block: pairs of convolutions, dilated and plain (ResBlock1), or dilated ones alone (ResBlock2)."""
    pairs = f"{name}.convs1.0.weight" in weights
    for k, dilation in enumerate(dilations):
        y = _convolution(graph, _rectify(graph, x), f"{name}.{'convs1' if pairs else 'convs'}.{k}", weights, dilation)
        if pairs:
            y = _convolution(graph, _rectify(graph, y), f"{name}.convs2.{k}", weights)
        x = graph.add(x, y)
    return x
