"""Fractions, ratios and scores."""

from __future__ import annotations

import re

from models.text.normalise.ja.figures import ALONE, number
from models.text.normalise.rule import Rule


def _fraction(m: re.Match[str]) -> str:
    return f"{number(m[1]) + 'と' if m[1] else ''}{number(m[3])}分の{number(m[2])}"


FRACTIONS = (
    Rule(
        "score of a match",
        "fractions",
        r"(?<![\d.-])(\d{1,3})-(\d{1,3})(?=[でとにの]?(?:勝|敗|負|リード|引き分))",
        lambda m: f"{number(m[1])}対{number(m[2])}",
        (("4-1で勝つ", "四対一で勝つ"), ("2-2の引き分け", "二対二の引き分け")),
    ),
    Rule(
        "fraction",
        "fractions",
        rf"{ALONE}(?:(\d+)\s)?(\d+)[/⁄](\d+)(?![\d/A-Za-z])",
        _fraction,
        (("3/4", "四分の三"), ("1 2/3", "一と三分の二")),
    ),
    Rule("ratio", "fractions", r"(?<=\d)[:：](?=\d)", "対", (("3:7で混ぜる", "三対七で混ぜる"),)),
)
