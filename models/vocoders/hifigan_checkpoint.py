"""A checkpoint in the public HiFi-GAN format: ``config.json`` and a generator, checked against each other.

Needs torch (the ``convert`` extra), to read only; pickle's powers are off.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from models.conversion.tensors import Shapes, check_tensors, undo_weight_norm
from models.conversion.torch_files import Weights, tensors, unpickle
from models.errors import Permanent
from models.records import from_json, read_description
from models.vocoders import HOP_LENGTH, N_MELS, SAMPLE_RATE
from models.vocoders.mel import F_MAX, N_FFT

CONFIG = "config.json"

Array = NDArray[np.float32]
Count = Annotated[int, Field(ge=1, le=4096)]
Counts = Annotated[tuple[Count, ...], Field(min_length=1, max_length=16)]


class HifiGanConfig(BaseModel):
    """The generator as config.json describes it; what that says of training is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    resblock: Annotated[Literal["1", "2"], BeforeValidator(str)]
    upsample_rates: Counts
    upsample_kernel_sizes: Counts
    upsample_initial_channel: Count
    resblock_kernel_sizes: Counts
    resblock_dilation_sizes: Annotated[tuple[Counts, ...], Field(min_length=1, max_length=16)]
    sampling_rate: int = SAMPLE_RATE
    num_mels: int = N_MELS
    n_fft: int = N_FFT
    win_size: int = N_FFT
    hop_size: int = HOP_LENGTH
    fmin: float = 0
    fmax: float | None = F_MAX

    @model_validator(mode="after")
    def _fits(self) -> HifiGanConfig:
        mel = {
            "sampling_rate": SAMPLE_RATE,
            "num_mels": N_MELS,
            "n_fft": N_FFT,
            "win_size": N_FFT,
            "hop_size": HOP_LENGTH,
            "fmin": 0,
            "fmax": F_MAX,
        }
        wrong = [f"{k} is {getattr(self, k)}, narrator's is {v}" for k, v in mel.items() if getattr(self, k) != v]
        if math.prod(self.upsample_rates) != HOP_LENGTH:
            wrong.append(f"upsample_rates {list(self.upsample_rates)} do not multiply to {HOP_LENGTH}")
        if len(self.upsample_rates) != len(self.upsample_kernel_sizes):
            wrong.append("upsample_rates and upsample_kernel_sizes differ in length")
        elif any(k < u or (k - u) % 2 for u, k in zip(self.upsample_rates, self.upsample_kernel_sizes, strict=True)):
            wrong.append("upsample_kernel_sizes must exceed upsample_rates by even numbers")
        if self.upsample_initial_channel % (1 << len(self.upsample_rates)):
            wrong.append("upsample_initial_channel cannot be halved once for each of upsample_rates")
        if len(self.resblock_kernel_sizes) != len(self.resblock_dilation_sizes):
            wrong.append("resblock_kernel_sizes and resblock_dilation_sizes differ in length")
        if not all(k % 2 for k in self.resblock_kernel_sizes):
            wrong.append("resblock_kernel_sizes must be odd")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def topology(self) -> str:
        """V1, V2 or V3 as the paper names them, else "own"."""
        known = {("1", 512): "V1", ("1", 128): "V2", ("2", 256): "V3"}
        return known.get((self.resblock, self.upsample_initial_channel), "own")

    def stages(self) -> Iterator[tuple[int, int, int, int]]:
        """(number, rate, kernel, channels afterwards) of every upsampling."""
        for i, (rate, kernel) in enumerate(zip(self.upsample_rates, self.upsample_kernel_sizes, strict=True)):
            yield i, rate, kernel, self.upsample_initial_channel >> (i + 1)

    def blocks(self, stage: int) -> Iterator[tuple[str, int, tuple[int, ...]]]:
        """(name, kernel, dilations) of the residual blocks that are averaged after an upsampling."""
        for j, (kernel, spread) in enumerate(
            zip(self.resblock_kernel_sizes, self.resblock_dilation_sizes, strict=True)
        ):
            yield f"resblocks.{stage * len(self.resblock_kernel_sizes) + j}", kernel, spread


@dataclass(frozen=True, slots=True)
class HifiGanCheckpoint:
    """A checkpoint, read and checked. ``weights`` have their normalisation undone: plain ``.weight`` and ``.bias``."""

    generator: Path
    config: HifiGanConfig
    weights: Weights


def read_hifigan_checkpoint(source: Path) -> HifiGanCheckpoint:
    """Read a generator file with config.json beside it, or the folder of both.

    Raises Permanent naming file, tensor and remedy.
    """
    generator = _generator(source) if source.is_dir() else source
    config = _config(generator.with_name(CONFIG))
    state = _one_spelling(_tensors(generator))
    shapes = _normalised(generator_shapes(config), state)
    check_tensors(generator, state, shapes, CONFIG)
    return HifiGanCheckpoint(generator, config, undo_weight_norm(generator, state))


def generator_shapes(config: HifiGanConfig) -> Shapes:
    """Return every tensor of a generator without weight normalisation, and its shape."""
    shapes = _convolution("conv_pre", N_MELS, config.upsample_initial_channel, 7)
    width = config.upsample_initial_channel
    for i, _, kernel, width in config.stages():
        shapes |= {f"ups.{i}.weight": (2 * width, width, kernel), f"ups.{i}.bias": (width,)}
        for name, size, dilations in config.blocks(i):
            for part in ("convs1", "convs2") if config.resblock == "1" else ("convs",):
                for k in range(len(dilations)):
                    shapes |= _convolution(f"{name}.{part}.{k}", width, width, size)
    return shapes | _convolution("conv_post", width, 1, 7)


def _convolution(name: str, inputs: int, outputs: int, kernel: int) -> Shapes:
    return {f"{name}.weight": (outputs, inputs, kernel), f"{name}.bias": (outputs,)}


def _generator(folder: Path) -> Path:
    """The one generator in a folder, under any of its public names: g_02500000, generator_v1, *.pth.tar ..."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    found = [path for path in files if path.name.startswith(("g_", "generator"))]
    found = found or [path for path in files if path.suffix in (".pt", ".pth", ".ckpt", ".tar")]
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise Permanent(f"{folder}: expected one generator (g_*, generator*), found {names}; give the file itself")
    return found[0]


def _config(path: Path) -> HifiGanConfig:
    remedy = f"a HiFi-GAN generator comes with {CONFIG}"
    return from_json(HifiGanConfig, read_description(path, "a HiFi-GAN configuration", remedy=remedy), path)


def _tensors(path: Path) -> Weights:
    """The state dict, bare or under "generator"."""
    state = unpickle(path)
    inner = state.get("generator")
    return tensors(path, inner if isinstance(inner, Mapping) else state)


def _one_spelling(state: Weights) -> Weights:
    """Weight normalisation under its older names, where a checkpoint has torch's newer ones."""
    names = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
    renamed = {}
    for name, value in state.items():
        stem, dot, last = name.partition("parametrizations.")
        renamed[stem + names.get(dot + last, dot + last)] = value
    return renamed


def _normalised(shapes: Shapes, state: Weights) -> Shapes:
    """The shapes to expect where the state dict has some weights as length and direction."""
    expected: Shapes = {}
    for name, shape in shapes.items():
        if {f"{name}_g", f"{name}_v"} & state.keys():
            expected |= {f"{name}_g": (shape[0], 1, 1), f"{name}_v": shape}
        else:
            expected[name] = shape
    return expected
