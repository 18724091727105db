"""Numbers with a unit."""

from __future__ import annotations

import re

from models.text.normalise.ja.figures import ALONE, SIGNED, number, signed
from models.text.normalise.rule import Rule, either
from models.text.normalise.tables import words

UNITS = words("ja", "units")
UNIT = either(UNITS)


def _quantity(m: re.Match[str]) -> str:
    until = f"から{signed(m['b'])}" if m["b"] else ""
    per = f"毎{UNITS[m['per']]}" if m["per"] else ""
    return f"{signed(m['a'])}{until}{UNITS[m['u']]}{per}"


QUANTITIES = (
    Rule(
        "blood pressure",
        "units",
        r"(?<!\d)(\d{2,3})/(\d{2,3})(?=\s?mmHg)",
        lambda m: f"{number(m[1])}の{m[2]}",
        (("135/85mmHg", "百三十五の八十五ミリメートル水銀柱"),),
    ),
    Rule(
        "per cent before a word",
        "units",
        r"(?<=\d)\s?%(?=[A-Za-z])",
        "パーセント ",
        (("30%OFF", "三十パーセント OFF"),),
    ),
    Rule(
        "minutes of an angle",
        "units",
        r"(?<=°)(\d{1,2})['′]",
        lambda m: f"{number(m[1])}分",
        (("北緯35°41′", "北緯三十五度四十一分"),),
    ),
    Rule(
        "quantity",
        "units",
        rf"{ALONE}(?P<a>{SIGNED})(?:%?\s?[-–—~〜]\s?(?P<b>{SIGNED}))?\s?(?P<u>{UNIT})(?:/(?P<per>{UNIT}))?"
        r"(?![A-Za-z\d/^])",
        _quantity,
        (("-3.5kg", "マイナス三点五キログラム"), ("10%-15%", "十から十五パーセント"), ("80g/mol", "八十グラム毎モル")),
    ),
    Rule(
        "for each",
        "units",
        rf"(?<=円)/([月年日]|(?:{UNIT})(?![A-Za-z\d]))",
        lambda m: f"毎{UNITS.get(m[1], m[1])}",
        (("300円/日", "三百円毎日"), ("80円/kg", "八十円毎キログラム")),
    ),
)
