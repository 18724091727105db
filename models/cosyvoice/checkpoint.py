"""The checkpoint's tensors: read without pickle's powers, checked one by one against the configuration.

Needs torch (the ``convert`` extra), to read only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.cosyvoice.config import Config, Hift, read_config
from models.cosyvoice.shapes import Shapes, flow_shapes, hift_shapes, language_model_shapes
from models.voice import Permanent

Weights = dict[str, NDArray[np.float32]]
Array = NDArray[np.float32]

LFS = b"version https://git-lfs.github.com/spec/"
BOOKKEEPING = ("epoch", "step")  # what training leaves beside the tensors


@dataclass(slots=True)
class Checkpoint:
    """A checkpoint, checked: every tensor that the model needs is there, in its shape, and no other."""

    config: Config
    language_model: Weights
    flow: Weights
    hift: Weights  # weight normalisation already undone: plain ``.weight``
    speakers: dict[str, Array]  # name -> [speaker width]
    notices: list[str]  # what was ignored, and why


def read_checkpoint(directory: Path) -> Checkpoint:
    """The CosyVoice-300M-SFT checkpoint in ``directory``; whatever else lies there is ignored.

    Raises Permanent naming every tensor that is missing, surplus or misshapen.
    """
    config, notices = read_config(directory), list[str]()
    llm = _checked(directory / "llm.pt", language_model_shapes(config.language_model), notices)
    flow = _checked(directory / "flow.pt", flow_shapes(config.flow), notices)
    hift = read_hift(directory / "hift.pt", config.hift, notices)
    speakers = _speakers(directory / "spk2info.pt", config.language_model.speaker, notices)
    return Checkpoint(config, llm, flow, hift, speakers, notices)


def read_hift(path: Path, config: Hift, notices: list[str]) -> Weights:
    """The vocoder's tensors in any of their public spellings, with weight normalisation undone."""
    state = {}
    for name, value in _load(path, notices).items():
        if name.startswith("discriminator."):
            continue
        plain = name.removeprefix("generator.").replace("parametrizations.weight.original0", "weight_g")
        state[plain.replace("parametrizations.weight.original1", "weight_v")] = value
    _check(path, state, hift_shapes(config))
    merged: Weights = {}
    for name, value in state.items():
        if name.endswith("weight_v"):
            norm = np.sqrt(np.sum(value.astype(np.float64) ** 2, axis=(1, 2), keepdims=True))
            scale = state[name[:-1] + "g"].astype(np.float64) / norm
            merged[name.removesuffix("_v")] = (value * scale).astype(np.float32)
        elif not name.endswith("weight_g"):
            merged[name] = value
    return merged


def _speakers(path: Path, width: int, notices: list[str]) -> dict[str, Array]:
    speakers = {}
    for name, entry in _unpickle(path).items():
        if not isinstance(entry, Mapping) or "embedding" not in entry:
            notices.append(f"{path.name}: {name}: no embedding; skipped")
            continue
        embedding = np.asarray(entry["embedding"].float().numpy(), np.float32).reshape(-1)
        if embedding.shape != (width,):
            raise Permanent(f"{path}: {name}: an embedding of {embedding.size} numbers, expected {width}")
        speakers[str(name)] = embedding
    if not speakers:
        raise Permanent(f"{path}: no speaker in it has an embedding")
    return speakers


def _checked(path: Path, shapes: Shapes, notices: list[str]) -> Weights:
    state = _load(path, notices)
    _check(path, state, shapes)
    return state


def _check(path: Path, state: Weights, shapes: Shapes) -> None:
    wrong = [f"missing: {name} {shape}" for name, shape in shapes.items() if name not in state]
    wrong += [f"surplus: {name} {value.shape}" for name, value in state.items() if name not in shapes]
    wrong += [
        f"misshapen: {name} is {value.shape}, expected {shapes[name]}"
        for name, value in state.items()
        if name in shapes and value.shape != shapes[name]
    ]
    wrong += [f"not finite: {name}" for name, value in state.items() if not np.isfinite(value).all()]
    if wrong:
        lines = "\n  ".join(wrong)
        raise Permanent(f"{path}: {len(wrong)} tensors do not fit cosyvoice.yaml beside it:\n  {lines}")


def _load(path: Path, notices: list[str]) -> Weights:
    state: Weights = {}
    ignored = []
    for name, value in _unpickle(path).items():
        if name in BOOKKEEPING:
            ignored.append(name)
        elif hasattr(value, "numpy"):
            if name.startswith("discriminator."):
                ignored.append("discriminator.*")
            state[name] = np.asarray(value.float().numpy(), np.float32)
        else:
            raise Permanent(f"{path}: {name} is a {type(value).__name__}, not a tensor")
    if ignored:
        notices.append(f"{path.name}: ignored {', '.join(sorted(set(ignored)))}")
    return state


def _unpickle(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise Permanent(f"{path} is missing; give the whole directory of a CosyVoice-300M-SFT checkpoint")
    with path.open("rb") as file:
        if file.read(len(LFS)) == LFS:
            raise Permanent(f"{path} is a Git LFS pointer, not the file itself; run: git lfs pull")
    try:
        import torch
    except ImportError:
        raise Permanent("reading a checkpoint needs torch: pip install 'narrator[convert]'") from None
    try:
        # mmap where the format allows it: half the memory for files of more than a gigabyte
        state = torch.load(path, weights_only=True, map_location="cpu", mmap=True)
    except RuntimeError:
        state = _unpickle_old(path)
    except Exception as error:  # noqa: BLE001 - pickle fails in as many ways as there are files
        raise Permanent(f"{path}: not readable as a PyTorch checkpoint of plain tensors: {error}") from None
    if not isinstance(state, Mapping):
        raise Permanent(f"{path}: holds a {type(state).__name__}, expected named tensors")
    return state


def _unpickle_old(path: Path) -> Any:
    """Checkpoints in the format from before PyTorch 1.6, which cannot be mapped into memory."""
    import torch

    try:
        return torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # noqa: BLE001
        raise Permanent(f"{path}: not readable as a PyTorch checkpoint of plain tensors: {error}") from None
