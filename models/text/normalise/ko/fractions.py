"""Fractions: the denominator first."""

from __future__ import annotations

import re

from models.text.normalise.ko.figures import ALONE, number
from models.text.normalise.rule import Rule


def _fraction(m: re.Match[str]) -> str:
    return f"{number(m[1]) + '과 ' if m[1] else ''}{number(m[3])}분의 {number(m[2])}"


FRACTIONS = (
    Rule(
        "fraction",
        "fractions",
        rf"{ALONE}(?:(\d+)\s)?(\d+)[/⁄](\d+)(?![\d/A-Za-z])",
        _fraction,
        (("3/4", "사분의 삼"), ("1 2/3", "일과 삼분의 이")),
    ),
)
