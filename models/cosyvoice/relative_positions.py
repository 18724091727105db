"""Sinusoidal positions, float32, as the original computes them (``EspnetRelPositionalEncoding``)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def sines(positions: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """[n] -> [n, width]: sine in even columns, cosine in odd ones."""
    exponents = np.arange(0, width, 2, dtype=np.float32) * np.float32(-(math.log(10000.0) / width))
    rates = np.exp(exponents.astype(np.float64)).astype(np.float32)
    angles = positions[:, None] * rates
    result = np.empty((positions.size, width), np.float32)
    result[:, 0::2], result[:, 1::2] = np.sin(angles), np.cos(angles)
    return result


def distance_sines(length: int, width: int) -> NDArray[np.float32]:
    """The sines of length - 1 ... -(length - 1), [2 * length - 1, width]: how far each key lies behind a query."""
    return sines(np.arange(length - 1, -length, -1, dtype=np.float32), width)
