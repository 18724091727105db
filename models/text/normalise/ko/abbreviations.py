"""Abbreviations that stand in Korean texts."""

from __future__ import annotations

from models.text.normalise.rule import Rule
from models.text.normalise.shared.abbreviations import latin

ABBREVIATIONS = (
    latin((("가 vs. 나", "가 versus 나"),)),
    Rule("volume", "abbreviations", r"(?<![A-Za-z])[Vv]ol\.\s?(?=\d)", "볼륨 ", (("Vol. 2", "볼륨 이"),)),
)
