"""The checkpoint's tensors: read without pickle's powers, checked one by one against the configuration.

Needs torch (the ``convert`` extra), to read only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.conversion.tensors import Shapes, check_tensors, undo_weight_norm
from models.conversion.torch_files import Weights, tensors, unpickle
from models.cosyvoice.checkpoint_shapes import flow_shapes, hift_shapes, language_model_shapes
from models.cosyvoice.config import NAME, CosyVoiceConfig, HiftConfig, read_cosyvoice_config
from models.errors import Permanent

Array = NDArray[np.float32]

FILES = ("llm.pt", "flow.pt", "hift.pt", "spk2info.pt")
BOOKKEEPING = ("epoch", "step")  # what training leaves beside the tensors


@dataclass(slots=True)
class CosyVoiceCheckpoint:
    """A checkpoint, checked: every tensor that the model needs is there, in its shape, and no other."""

    config: CosyVoiceConfig
    language_model: Weights
    flow: Weights
    hift: Weights  # weight normalisation already undone: plain ``.weight``
    speakers: dict[str, Array]  # name -> [speaker width]
    notices: list[str]  # what was ignored, and why


def read_cosyvoice_checkpoint(directory: Path) -> CosyVoiceCheckpoint:
    """Read the CosyVoice-300M-SFT checkpoint in ``directory``; whatever else lies there is ignored.

    Raises Permanent naming every tensor that is missing, surplus or misshapen.
    """
    config, notices = read_cosyvoice_config(directory), list[str]()
    absent = [name for name in FILES if not (directory / name).is_file()]
    if absent:
        raise Permanent(f"{directory} has no {', '.join(absent)}; give the whole directory of a CosyVoice-300M-SFT")
    llm = _checked(directory / "llm.pt", language_model_shapes(config.language_model), notices)
    flow = _checked(directory / "flow.pt", flow_shapes(config.flow), notices)
    hift = read_hift(directory / "hift.pt", config.hift, notices)
    speakers = _speakers(directory / "spk2info.pt", config.language_model.speaker, notices)
    return CosyVoiceCheckpoint(config, llm, flow, hift, speakers, notices)


def read_hift(path: Path, config: HiftConfig, notices: list[str]) -> Weights:
    """Read the vocoder's tensors in any of their public spellings, with weight normalisation undone."""
    state: Weights = {}
    for name, value in _load(path, notices).items():
        plain = name.removeprefix("generator.").replace("parametrizations.weight.original0", "weight_g")
        plain = plain.replace("parametrizations.weight.original1", "weight_v")
        if plain in state:
            raise Permanent(f"{path}: {plain} is there in two spellings, the second is {name}")
        state[plain] = value
    check_tensors(path, state, hift_shapes(config), NAME)
    return undo_weight_norm(path, state)


def _speakers(path: Path, width: int, notices: list[str]) -> dict[str, Array]:
    import torch

    speakers: dict[str, Array] = {}
    for name, entry in unpickle(path).items():
        if not isinstance(entry, Mapping) or "embedding" not in entry:
            notices.append(f"{path.name}: {name}: no embedding; skipped")
            continue
        try:
            embedding = torch.as_tensor(entry["embedding"], dtype=torch.float32).detach().numpy().reshape(-1)
        except (TypeError, ValueError, RuntimeError):
            raise Permanent(f"{path}: {name}: the embedding is not made of numbers") from None
        if embedding.shape != (width,):
            raise Permanent(f"{path}: {name}: an embedding of {embedding.size} numbers, expected {width}")
        if not np.isfinite(embedding).all():
            raise Permanent(f"{path}: {name}: the embedding is not finite")
        speakers[str(name)] = embedding
    if not speakers:
        raise Permanent(f"{path}: no speaker in it has an embedding")
    return speakers


def _checked(path: Path, shapes: Shapes, notices: list[str]) -> Weights:
    state = _load(path, notices)
    check_tensors(path, state, shapes, NAME)
    return state


def _load(path: Path, notices: list[str]) -> Weights:
    """Read every tensor of a file; what training leaves beside them is ignored with a notice."""
    kept, ignored = {}, set[str]()
    for name, value in unpickle(path).items():
        if name in BOOKKEEPING:
            ignored.add(name)
        elif str(name).startswith("discriminator."):
            ignored.add("discriminator.*")
        else:
            kept[name] = value
    if ignored:
        notices.append(f"{path.name}: ignored {', '.join(sorted(ignored))}")
    return tensors(path, kept)
