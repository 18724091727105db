"""Dates: years and days Sino-Korean; June and October are said their own way."""

from __future__ import annotations

import re

from models.text.normalise.ko.figures import ALONE, by_digits, number
from models.text.normalise.rule import Rule

_MONTHS = {6: "유월", 10: "시월"}


def _month(text: str) -> str:
    return _MONTHS.get(int(text)) or number(str(int(text))) + "월"


def _date(m: re.Match[str]) -> str:
    if not (1 <= int(m["m"]) <= 12 and 1 <= int(m["d"]) <= 31):
        return m[0]
    return f"{number(m['y'])}년 {_month(m['m'])} {number(str(int(m['d'])))}일"


DATES = (
    Rule(
        "a day of history",
        "dates",
        r"(?<![A-Za-z\d])\d{1,2}·\d{1,2}(?!\d)",
        lambda m: by_digits(m[0]),
        (("5·18 민주화 운동", "오일팔 민주화 운동"),),
    ),
    Rule(
        "date in figures",
        "dates",
        rf"{ALONE}(?P<y>\d{{4}})(?P<x>[-/.])(?P<m>\d{{1,2}})(?P=x)(?P<d>\d{{1,2}})(?![\d.-])",
        _date,
        (("2023-06-15", "이천이십삼년 유월 십오일"),),
    ),
    Rule(
        "month",
        "dates",
        r"(?<!\d)(\d{1,2})월",
        lambda m: _month(m[1]) if 1 <= int(m[1]) <= 12 else f"{number(m[1])}월",
        (("10월과 11월", "시월과 십일월"),),
    ),
)
