"""PyTorch's files, read without pickle's powers. Needs torch (the ``convert`` extra), to read only."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import Permanent

Weights = dict[str, NDArray[np.float32]]

LFS = b"version https://git-lfs.github.com/spec/"  # begins what Git leaves where a large file was not fetched


def refuse_pointer(path: Path, head: bytes) -> None:
    """Raise Permanent where a file's first bytes say that Git LFS has not fetched it."""
    if head.startswith(LFS):
        raise Permanent(f"{path} is a Git LFS pointer, not the file itself; run: git lfs pull")


def unpickle(path: Path) -> Mapping[Any, Any]:
    """Read the mapping that a file holds: plain tensors, numbers and names, nothing that runs. Raises Permanent."""
    try:
        with path.open("rb") as file:
            head = file.read(len(LFS))
    except OSError as error:
        raise Permanent(f"{path}: cannot be read: {error.strerror}") from None
    refuse_pointer(path, head)
    try:
        import torch
    except ImportError:
        raise Permanent("reading a checkpoint needs torch: pip install 'narrator[convert]'") from None
    with warnings.catch_warnings(action="ignore"):  # about pickle's protocols
        try:
            # mapped into memory: half of it for files of more than a gigabyte; not so the format before PyTorch 1.6
            state = torch.load(path, weights_only=True, map_location="cpu", mmap=head.startswith(b"PK"))
        except Exception as error:  # noqa: BLE001 - pickle fails in as many ways as there are files
            raise Permanent(f"{path}: not readable as a PyTorch checkpoint: {_reason(error)}") from None
    if not isinstance(state, Mapping):
        raise Permanent(f"{path}: holds a {type(state).__name__}, expected named tensors")
    return state


def _reason(error: Exception) -> str:
    """Return torch's reason without its advice to read the file with pickle's powers."""
    code = re.search(r"(?i:unsupported (?:global: )?GLOBAL) ([\w.]+)", str(error))
    if code:
        return f"it names {code[1]}, code that would run; only plain tensors are read"
    return "it is damaged or cut short, or holds more than plain tensors; fetch it again"


def tensors(path: Path, state: Mapping[Any, Any]) -> Weights:
    """Return every value as float32, whatever float it was. Raises Permanent naming each that is no plain tensor."""
    import torch

    found: Weights = {}
    wrong = []
    limit = path.stat().st_size  # no honest tensor has more numbers than its file has bytes
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, torch.Tensor):
            wrong.append(f"{name} is a {type(value).__name__}, not a named tensor")
        elif not value.is_floating_point() or value.layout != torch.strided or value.is_meta or value.numel() > limit:
            wrong.append(f"{name} is no plain tensor of numbers: {value.dtype}, {list(value.shape)}, {value.layout}")
        else:
            found[name] = np.asarray(value.detach().float().numpy(), np.float32)
    if wrong:
        raise Permanent(f"{path}: not the tensors of a model:" + "".join(f"\n  {line}" for line in wrong))
    return found
