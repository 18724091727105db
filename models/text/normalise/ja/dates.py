"""Dates in figures: years are numbers, and a day may have its weekday in brackets."""

from __future__ import annotations

import re

from models.text.normalise.ja.figures import ALONE, number
from models.text.normalise.rule import Rule
from models.text.normalise.shared.dates import date, month


def _month_and_day(m: re.Match[str]) -> str:
    month, day = int(m[1]), int(m[2])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return m[0]
    return f"{number(str(month))}月{number(str(day))}日"


DATES = (
    month(number, number, (("2021-09に入学", "二千二十一年九月に入学"),)),
    date(number, number, ALONE, (("2023/7/9に開店", "二千二十三年七月九日に開店"),)),
    Rule(
        "month and day",
        "dates",
        r"(?<![\d/])(\d{1,2})/(\d{1,2})(?=に|から|まで|[(（][月火水木金土日][)）])",
        _month_and_day,
        (("6/30まで", "六月三十日まで"),),
    ),
    Rule(
        "weekday in brackets",
        "dates",
        r"(?<=日)\s?[(（]([月火水木金土日])(?:曜日?)?[)）]",
        r"\1曜日",
        (("8月2日(水)", "八月二日水曜日"),),
    ),
)
