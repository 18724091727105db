"""Money: the currency after the amount."""

from __future__ import annotations

from models.text.normalise.ko.figures import N, number
from models.text.normalise.rule import Rule, either
from models.text.normalise.shared.money import millions
from models.text.normalise.tables import words

CURRENCIES = words("ko", "currencies")
MONEY = (
    millions((("$2.5M", "이백오십만 달러"),)),
    Rule(
        "price of one",
        "money",
        r"([\d,.]+ ?원)/(개|명|병|장|권|시간|일|월|년|kg|g)(?![A-Za-z])",
        r"\2당 \1",
        (("900원/병", "병당 구백원"),),
    ),
    Rule(
        "amount of money",
        "money",
        rf"(?P<c>{either(CURRENCIES)})\s?(?P<n>{N})(?P<scale>[만억조천백]+)?",
        lambda m: f"{number(m['n'])}{m['scale'] or ''} {CURRENCIES[m['c']]}",
        (("€7.5", "칠 점 오 유로"), ("₩3만", "삼만 원")),
    ),
)
