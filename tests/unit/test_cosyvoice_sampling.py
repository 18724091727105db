"""Repetition-aware sampling against the exact distribution, on hand-made logits."""

from __future__ import annotations

import numpy as np
import pytest

from models.cosyvoice.config import Sampling
from models.cosyvoice.sampling import draw, endless, nucleus, probabilities

RULE = Sampling()


def logits(*p: float) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(np.array(p)).astype(np.float32)


def exact(p: np.ndarray, past: list[int], rule: Sampling) -> np.ndarray:
    """The distribution that the original draws from, worked out the long way."""
    order, kept, total = np.argsort(-p, kind="stable"), [], 0.0
    for i in order:
        if total >= rule.top_p or len(kept) == rule.top_k:
            break
        kept.append(i)
        total += p[i]
    first = np.zeros_like(p)
    first[kept] = p[kept] / p[kept].sum()
    result = np.zeros_like(p)
    for i in np.flatnonzero(first):
        if sum(t == i for t in past[-rule.window :]) >= rule.window * rule.ratio:
            rest = p.copy()
            rest[i] = 0
            result += first[i] * rest / rest.sum()
        else:
            result[i] += first[i]
    return result


@pytest.mark.parametrize(
    ("p", "kept"),
    [
        ((0.5, 0.25, 0.125, 0.125), [0, 1, 2]),  # 0.75 is not enough; the one that crosses 0.8 is in
        ((0.8125, 0.1875), [0]),
        ((0.1, 0.2, 0.7), [2, 1]),
        ((0.25, 0.25, 0.25, 0.25), [0, 1, 2, 3]),  # ties in their order
        ((0.125,) * 8, [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_the_nucleus_holds_the_token_that_crosses(p, kept):
    assert nucleus(probabilities(logits(*p)), RULE).tolist() == kept


def test_at_most_top_k():
    assert nucleus(np.full(100, 0.01), RULE).tolist() == list(range(25))


def test_an_impossible_token_is_never_drawn():
    p = logits(0.5, 0.0, 0.5)
    drawn = {draw(p, [], (u, 0.5), RULE) for u in np.linspace(0, 1, 101, endpoint=False)}
    assert drawn == {0, 2}
    assert draw(logits(0.0, 1.0, 0.0), [], (np.nextafter(1.0, 0.0), 0.0), RULE) == 1
    assert draw(logits(0.5, 0.5, 0.0), [0], (0.1, np.nextafter(1.0, 0.0)), RULE) == 1


@pytest.mark.parametrize(
    "past",
    [[], [0], [2], [0, 1, 2, 3], [0] + [9] * 10, [9] * 9 + [0]],
    ids=["none", "likeliest", "third", "all", "too long ago", "just within ten"],
)
def test_the_distribution_is_exact(past):
    """A fine grid of uniform numbers gives every token its share."""
    p = np.array([0.40, 0.25, 0.16, 0.09, 0.06, 0.04])
    n = 120
    grid = (np.arange(n) + 0.5) / n
    counts = np.zeros(p.size)
    scores = logits(*p)
    for u in grid:
        for v in grid:
            counts[draw(scores, past, (u, v), RULE)] += 1
    assert np.abs(counts / n**2 - exact(p, past, RULE)).max() < 0.02


def test_two_numbers_a_step_and_nothing_else():
    rng = np.random.default_rng(1)
    scores = rng.standard_normal(4097).astype(np.float32) * 3
    assert draw(scores, [5, 6], (0.3, 0.9), RULE) == draw(scores.copy(), [5, 6], (0.3, 0.9), RULE)


def test_endless():
    assert endless([7] * 25)
    assert not endless([7] * 24)
    assert endless([1, 2, 3, 4] * 7)
    assert not endless([1, 2, 3, 4, 5] * 6)
    assert not endless([*range(25)])
    assert endless([*range(12)] * 9)
    assert not endless([*range(12)] * 8)  # 96 tokens
    assert not endless([*range(26)] * 9)
    assert endless([9, 9, 3, *range(25)] + [*range(25)] * 3)
