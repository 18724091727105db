"""Tensors of checkpoints: what does not fit is named, weight normalisation undone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.conversion.tensors import check_tensors, undo_weight_norm
from models.errors import Permanent

FILE = Path("flow.pt")


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def test_everything_that_does_not_fit_is_named_at_once() -> None:
    state = {"a": numbers(2, 3), "b": numbers(4), "extra": numbers(1), "c": np.array([1, np.nan], np.float32)}
    with pytest.raises(Permanent) as caught:
        check_tensors(FILE, state, {"a": (3, 2), "b": (4,), "c": (2,), "gone": (5, 6)}, "config.json")
    assert str(caught.value).splitlines() == [
        "flow.pt: 4 tensors do not fit config.json beside it:",
        "  missing: gone [5, 6]",
        "  surplus: extra [1]",
        "  misshapen: a is [2, 3], expected [3, 2]",
        "  not finite: c",
    ]


def test_what_fits_passes() -> None:
    check_tensors(FILE, {"a": numbers(2, 3)}, {"a": (2, 3)}, "config.json")


def test_length_and_direction_become_a_weight() -> None:
    length, direction = numbers(4, 1, 1), numbers(4, 3, 5)
    plain = undo_weight_norm(FILE, {"x.weight_g": length, "x.weight_v": direction, "x.bias": numbers(4)})
    assert sorted(plain) == ["x.bias", "x.weight"]
    assert plain["x.weight"].dtype == np.float32
    norms = np.linalg.norm(plain["x.weight"].reshape(4, -1), axis=1)
    np.testing.assert_allclose(norms, np.abs(length[:, 0, 0]), rtol=1e-6)
    cosines = (
        (plain["x.weight"] * direction).sum(axis=(1, 2)) / norms / np.linalg.norm(direction.reshape(4, -1), axis=1)
    )
    np.testing.assert_allclose(cosines, np.sign(length[:, 0, 0]), rtol=1e-6)


def test_a_direction_of_zeros_is_none() -> None:
    direction = numbers(2, 3, 5)
    direction[1] = 0
    with pytest.raises(Permanent, match=r"flow.pt: x.weight_v has a row of zeros"):
        undo_weight_norm(FILE, {"x.weight_g": numbers(2, 1, 1), "x.weight_v": direction})
