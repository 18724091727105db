"""Numbers that are dialled, digit by digit."""

from __future__ import annotations

from models.text.normalise.numbers import digits
from models.text.normalise.rule import Rule

TELEPHONE = (
    Rule(
        "telephone number of eight digits",  # Hong Kong and Macau
        "telephone",
        r"(?<![\d.,$])[235689]\d{3} \d{4}(?![\d.,])",
        lambda m: digits(m[0], "yue"),
        (("查詢2345 1102", "查詢二三四五一一零二"),),
    ),
)
