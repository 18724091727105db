"""Money: the currency after the amount."""

from __future__ import annotations

import re

from models.text.normalise.ja.figures import N, number
from models.text.normalise.rule import Rule, either
from models.text.normalise.shared.money import millions
from models.text.normalise.tables import words

CURRENCIES = words("ja", "currencies")
_CURRENCY = either(CURRENCIES)


def _amount(m: re.Match[str]) -> str:
    return f"{'マイナス' if m['sign'] else ''}{number(m['n'])}{m['scale'] or ''}{CURRENCIES[m['c']]}"


MONEY = (
    millions((("$2.4M", "二百四十万ドル"),)),
    Rule(
        "amount of money",
        "money",
        rf"(?P<sign>-)?(?P<c>{_CURRENCY})\s?(?P<n>{N})(?P<scale>[万億兆千百]+)?(?:円|ドル|ユーロ|ポンド)?",
        _amount,
        (("€2.50", "二点五零ユーロ"), ("-¥8万円", "マイナス八万円")),
    ),
    Rule(
        "currency after its amount",
        "money",
        rf"(?P<sign>)(?P<n>{N})(?P<scale>[万億兆千百]+)?\s?(?P<c>{_CURRENCY})",
        _amount,
        (("60万 USD", "六十万米ドル"),),
    ),
)
