"""How far a sound is from another, at five resolutions, and what is to be minimised when part of a sound is noise.

A student that is asked for one sound, and cannot know the teacher's hiss sample by sample, learns to leave the hiss
out: the mean of noise is silence. So it says everything twice, with other noise, and is paid for how far its two
versions are apart: the generalised energy distance, which is least when the student's sounds are spread as the
teacher's are (https://arxiv.org/abs/2008.01160). The distance has to be a norm of differences for that, and is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

WINDOWS = (2048, 1024, 512, 256, 128)  # samples; every quarter of a window
FLOOR = 1e-3  # added to magnitudes before their logarithms
SILENT = 0.003  # root mean square of a sound that is hardly heard
TINY = 1e-9
COMPLEX = 0.5  # weight of the phases


@lru_cache(maxsize=len(WINDOWS))
def _hann(window: int) -> Tensor:
    return torch.hann_window(window)


def spectra(sound: Tensor) -> list[Tensor]:
    """Complex short-time spectra [batch, bins, frames] of [batch, samples], one for each of WINDOWS."""
    return [
        torch.stft(sound, size, size // 4, window=_hann(size).to(sound.device), return_complex=True) for size in WINDOWS
    ]


def distance(one: Sequence[Tensor], other: Sequence[Tensor], truth: Sequence[Tensor]) -> Tensor:
    """Mean distance of two sounds' spectra, scaled by the teacher's ``truth``: one number.

    Of magnitudes (their Frobenius norm), of their logarithms, and of complex values.
    """
    total = torch.zeros((), device=one[0].device)
    for size, a, b, c in zip(WINDOWS, one, other, truth, strict=True):
        silence = SILENT * math.sqrt(0.375 * size)  # its magnitudes: pauses are not to be divided by next to nothing
        power = c.real.square() + c.imag.square()
        # abs() has no gradient at zero that is any use.
        loud_a, loud_b = ((x.real.square() + x.imag.square() + TINY).sqrt() for x in (a, b))
        apart = a - b
        level = power.mean((1, 2)).sqrt().clamp(min=silence)
        magnitudes = ((loud_a - loud_b).square().mean((1, 2)) + TINY).sqrt() / level
        logarithms = ((loud_a + FLOOR).log() - (loud_b + FLOOR).log()).abs().mean((1, 2))
        level = power.sqrt().mean((1, 2)).clamp(min=silence)
        phases = (apart.real.square() + apart.imag.square() + TINY).sqrt().mean((1, 2)) / level
        total = total + (magnitudes + logarithms + COMPLEX * phases).mean()
    return total / len(WINDOWS)


def energy_distance(one: Tensor, other: Tensor, sound: Tensor) -> tuple[Tensor, Tensor]:
    """Loss of two versions of a sound, [batch, samples], and of it the distance to the teacher's ``sound`` alone."""
    truth, first, second = spectra(sound), spectra(one), spectra(other)
    away = (distance(first, truth, truth) + distance(second, truth, truth)) / 2
    return away - distance(first, second, truth) / 2, away
