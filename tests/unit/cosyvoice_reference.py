"""The reference checkpoint for CosyVoice's tests, and how they ask for torch.

``NARRATOR_COSYVOICE_REFERENCE`` names another directory of the same kind: other widths, depths, heads, spellings.
"""

from __future__ import annotations

import os
from functools import lru_cache
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

DATA = Path(__file__).parent.parent / "data" / "cosyvoice"
REFERENCE = Path(os.environ.get("NARRATOR_COSYVOICE_REFERENCE") or DATA)


def need_torch() -> None:
    """Skip the calling module without torch, with which checkpoints are read, unless it is required."""
    need("torch")


def need(package: str) -> None:
    """Skip the calling module without a package, unless NARRATOR_TEST_REQUIRE says that it must be here."""
    if package in os.environ.get("NARRATOR_TEST_REQUIRE", "").split(","):
        import_module(package)
    else:
        pytest.importorskip(package)


@lru_cache(maxsize=1)
def expected() -> dict[str, NDArray]:
    """What the original code computes, by name."""
    with np.load(REFERENCE / "reference.npz") as file:
        return {name: file[name] for name in file.files}


def cases(kind: str) -> list[str]:
    """The numbers of the reference's cases that have an array of this kind: ``{i}.text_ids``, ``flow{i}.mu`` ..."""
    head, _, tail = kind.partition("{i}")
    return sorted(
        name.removeprefix(head).removesuffix(tail)
        for name in expected()
        if name.startswith(head) and name.endswith(tail) and name.removeprefix(head).removesuffix(tail).isdigit()
    )
