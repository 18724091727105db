"""Repetition-aware sampling, as the original does it (``ras_sampling``), from uniform numbers given from outside.

Every step is given exactly two numbers, whether it needs the second or not: what a segment draws depends on its seed
and the step alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.cosyvoice.config import Sampling

# (longest cycle, tokens that only repeat it): then the model is stuck. Half a second on a few tokens, or two seconds.
ENDLESS = ((4, 25), (25, 100))


def probabilities(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Softmax over float32 [ids], in double precision so that sums are one."""
    shifted = np.exp((logits - logits.max()).astype(np.float64))
    result: NDArray[np.float64] = shifted / shifted.sum()
    return result


def nucleus(p: NDArray[np.float64], rule: Sampling) -> NDArray[np.intp]:
    """Return the ids to draw from: most likely first, up to and including the one that crosses top_p, at most top_k.

    Equally likely ids keep their order, as a stable sort has them.
    """
    keep = min(rule.top_k, p.size)
    candidates = np.flatnonzero(p >= np.partition(p, -keep)[-keep])  # ties included, in ascending order
    ordered = candidates[np.argsort(-p[candidates], kind="stable")][:keep]
    before = np.cumsum(p[ordered]) - p[ordered]  # what was gathered before each id
    return ordered[: max(1, int(np.searchsorted(before, rule.top_p, "left")))]


def draw(logits: NDArray[np.float32], past: Sequence[int], uniforms: Sequence[float], rule: Sampling) -> int:
    """Draw the next id. ``uniforms`` are two numbers in [0, 1): one for the nucleus, one for a second draw.

    An id that occurs too often among the last ``window`` is masked and the whole distribution is drawn from again.
    """
    p = probabilities(logits)
    ids = nucleus(p, rule)
    chosen = int(ids[_pick(p[ids], uniforms[0])])
    repeats = sum(token == chosen for token in past[-rule.window :])
    if repeats < rule.window * rule.ratio:
        return chosen
    rest = p.copy()
    rest[chosen] = 0.0
    return _pick(rest, uniforms[1])


def _pick(weights: NDArray[np.float64], uniform: float) -> int:
    """The index in whose share of the total the number falls; never one of weight zero."""
    sums = np.cumsum(weights)
    at = int(np.searchsorted(sums, uniform * sums[-1], "right"))
    if at == sums.size:  # the product was rounded up to the total
        at = int(np.flatnonzero(weights)[-1])
    return at


def endless(tokens: Sequence[int]) -> bool:
    """Tell whether the last tokens only repeat a cycle."""
    for longest, size in ENDLESS:
        tail = tokens[-size:]
        if len(tail) == size and any(_repeats(tail, cycle) for cycle in range(1, longest + 1)):
            return True
    return False


def _repeats(tokens: Sequence[int], cycle: int) -> bool:
    return all(tokens[i] == tokens[i - cycle] for i in range(cycle, len(tokens)))
