"""Tensors of a checkpoint, checked against what its configuration asks for, and their weight normalisation undone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.conversion.torch_files import Weights
from models.errors import Permanent

Shapes = dict[str, tuple[int, ...]]


def check_tensors(path: Path, state: Weights, shapes: Shapes, beside: str) -> None:
    """Raise Permanent naming every tensor that is missing, surplus, misshapen or not finite.

    ``path`` is the checkpoint's file, ``beside`` the configuration that says which tensors there are.
    """
    wrong = [f"missing: {name} {list(shape)}" for name, shape in shapes.items() if name not in state]
    wrong += [f"surplus: {name} {list(value.shape)}" for name, value in state.items() if name not in shapes]
    wrong += [
        f"misshapen: {name} is {list(value.shape)}, expected {list(shapes[name])}"
        for name, value in state.items()
        if name in shapes and value.shape != shapes[name]
    ]
    wrong += [f"not finite: {name}" for name, value in state.items() if not np.isfinite(value).all()]
    if wrong:
        lines = "\n  ".join(wrong)
        raise Permanent(f"{path}: {len(wrong)} tensors do not fit {beside} beside it:\n  {lines}")


def undo_weight_norm(path: Path, state: Weights) -> Weights:
    """Return plain weights: v * g / |v| for each pair ``weight_g`` and ``weight_v``, the norm over all axes but one.

    Raises Permanent naming a tensor of which no weight can be made.
    """
    merged = {name: value for name, value in state.items() if not name.endswith(("weight_g", "weight_v"))}
    for name, value in state.items():
        if name.endswith("weight_v"):
            norm = np.sqrt(np.sum(value.astype(np.float64) ** 2, axis=(1, 2), keepdims=True))
            if not norm.all():
                raise Permanent(f"{path}: {name} has a row of zeros, which no weight can be made of")
            merged[name.removesuffix("_v")] = (value * (state[name[:-1] + "g"] / norm)).astype(np.float32)
    return merged
