"""How English says a number, and the patterns that a number is found by."""

from __future__ import annotations

import re

from models.text.normalise.numbers import PLAIN, cardinal, digits, year

Match = re.Match[str]
N = f"(?:{PLAIN})"
ALONE = r"(?<![\w.,/-])"  # no part of a longer number, word or date before it
ENDS = r"(?![\w/-]|[.,:]\d)"  # nor after it


def number(text: str) -> str:
    """A cardinal, decimals included."""
    return cardinal(text, "en")


def signed(text: str) -> str:
    """A number that may have a sign in front."""
    sign = {"-": "minus ", "+": "plus "}.get(text[0], "")
    return sign + number(text[1:] if sign else text)


def by_digits(text: str) -> str:
    """Every digit by itself."""
    return digits(text, "en")


def year_or_count(text: str) -> str:
    """Four digits: a year from 1001 to 2099, otherwise a number."""
    value = int(text)
    return year(value) if 1000 < value <= 2099 else number(text)


def bare(text: str) -> str:
    """A number that may be a year."""
    return year_or_count(text) if re.fullmatch(r"\d{4}", text) else number(text)


def full_stop(m: Match) -> str:
    """That of an abbreviation, where it ends the text, too."""
    return "." if m[0].endswith(".") and not m.string[m.end() :].strip() else ""
