"""Money: the currency after the amount."""

from __future__ import annotations

import re

from models.text.normalise.rule import Rule, either
from models.text.normalise.shared.money import millions
from models.text.normalise.tables import words
from models.text.normalise.zh.figures import N, count, number

CURRENCIES = words("zh", "currencies")
_CURRENCY = either(CURRENCIES)


def _amount(m: re.Match[str]) -> str:
    figures = re.sub(r"\.00$", "", m["n"])
    return f"{'负' if m['sign'] else ''}{count(figures)}{m['scale'] or ''}{CURRENCIES[m['c']]}"


MONEY = (
    millions((("$2.4M", "二百四十万美元"),)),
    Rule(
        "from amount to amount",
        "money",
        rf"(?P<c>{_CURRENCY})\s?(?P<a>{N})\s?[-–—~]\s?(?P=c)?(?P<b>{N})(?P<scale>[万亿千百萬億]?)(?:元|美元)?",
        lambda m: f"{number(m['a'])}到{number(m['b'])}{m['scale']}{CURRENCIES[m['c']]}",
        (("¥30-¥45", "三十到四十五元"), ("$2-3万", "二到三万美元")),
    ),
    Rule(
        "amount of money",
        "money",
        rf"(?P<sign>-)?(?P<c>{_CURRENCY})\s?(?P<n>{N})(?P<scale>[万亿千百萬億]+)?"
        "(?:元|美元|欧元|英镑|日元|港元|港币|美金)?",
        _amount,
        (("€2.00", "两欧元"), ("-¥8万元", "负八万元")),
    ),
    Rule(
        "currency after its amount",
        "money",
        rf"(?P<sign>)(?P<n>{N})(?P<scale>[万亿千百萬億]+)?\s?(?P<c>{_CURRENCY})",
        _amount,
        (("60万 USD", "六十万美元"),),
    ),
)
