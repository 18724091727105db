"""Amounts of money as English shortens them, in full, for languages that count in ten thousands."""

from __future__ import annotations

from decimal import Decimal

from models.text.normalise.rule import Rule

_SCALES = {"K": 10**3, "M": 10**6, "m": 10**6, "B": 10**9, "bn": 10**9}


def millions(examples: tuple[tuple[str, str], ...]) -> Rule:
    """$1.5M as $1500000."""
    return Rule(
        "thousands to billions",
        "money",
        r"([$€£¥])(\d+(?:\.\d+)?)\s?(bn|[KMBm])(?![A-Za-z^/])",
        lambda m: f"{m[1]}{int(Decimal(m[2]) * _SCALES[m[3]])}",
        examples,
    )
