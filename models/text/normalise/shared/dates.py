"""Dates in figures, in languages that write 年, 月 and 日."""

from __future__ import annotations

import re
from collections.abc import Callable

from models.text.normalise.rule import Examples, Rule


def date(year: Callable[[str], str], number: Callable[[str], str], alone: str, examples: Examples) -> Rule:
    """2024-03-05, 2024/3/5 and 2024.3.5."""

    def words(m: re.Match[str]) -> str:
        month, day = int(m["m"]), int(m["d"])
        if not (1 <= month <= 12 and 1 <= day <= 31):
            return m[0]
        return f"{year(m['y'])}年{number(str(month))}月{number(str(day))}日"

    pattern = rf"{alone}(?P<y>\d{{4}})(?P<x>[-/.])(?P<m>\d{{1,2}})(?P=x)(?P<d>\d{{1,2}})(?![\d.-])"
    return Rule("date in figures", "dates", pattern, words, examples)


def month(year: Callable[[str], str], number: Callable[[str], str], examples: Examples) -> Rule:
    """2024-03."""
    return Rule(
        "month in figures",
        "dates",
        r"(?<![\d.A-Za-z-])((?:19|20)\d\d)-(0[1-9]|1[0-2])(?![\d/-])",
        lambda m: f"{year(m[1])}年{number(str(int(m[2])))}月",
        examples,
    )
