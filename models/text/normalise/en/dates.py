"""Dates, days and years. American reading: ``3/5/2024`` is March fifth."""

from __future__ import annotations

import calendar
import re

from models.text.normalise.en.figures import ALONE, ENDS, Match, bare, number, year_or_count
from models.text.normalise.numbers import ordinal
from models.text.normalise.rule import Rule

_DAYS = calendar.day_name
_MONTHS = calendar.month_name[1:]
_DECADES = {
    "2": "twenties", "3": "thirties", "4": "forties", "5": "fifties", "6": "sixties", "7": "seventies",
    "8": "eighties", "9": "nineties",
}  # fmt: skip
_DAY = r"\b(?:Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\b"
_MONTH = "(?:" + "|".join(f"{m}|{m[:3]}\\.?" for m in _MONTHS) + r"|Sept\.?)"
_SHORT_MONTH = "|".join(m[:3] for m in _MONTHS if m != "May") + "|Sept"
_YEAR = r"(?:,?\s(?P<y>\d{4})\b)?"
# Days that everybody knows by their figures: no marks at school, no fractions.
_NO_MARK = r"(?<!core )(?<!cored )(?<!core: )(?<!got )"
_NO_FRACTION = r"(?![\w/]| of|\.\d|\s?[-+*×÷=<>≈^])"


def _month(name: str) -> str:
    return next(month for month in _MONTHS if month[:3] == name[:3].capitalize())


def _date(m: Match) -> str:
    month, day = int(m["m"]), int(m["d"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return m[0]
    return f"{_MONTHS[month - 1]} {ordinal(day)}, {year_or_count(m['y'])}"


def _day_first(m: Match) -> str:
    """25/12/1990, which can be nothing else."""
    return f"the {ordinal(int(m['d']))} of {_MONTHS[int(m['m']) - 1]} {year_or_count(m['y'])}"


def _month_day(m: Match) -> str:
    until = f" to {ordinal(int(m['d2']))}" if m["d2"] else ""
    year = f", {year_or_count(m['y'])}" if m["y"] else ""
    return f"{_month(m['month'])} {ordinal(int(m['d']))}{until}{year}"


def _day_month(m: Match) -> str:
    year = f" {year_or_count(m['y'])}" if m["y"] else ""
    return f"{m['the'] or 'the '}{ordinal(int(m['d']))} of {_month(m['month'])}{year}"


def _decade(m: Match) -> str:
    """1990s, '90s."""
    if m["short"]:
        return _DECADES[m["decade2"]]
    if m["decade"] == "0":
        return f"{number(m['century'])} hundreds" if m["century"] != "20" else "two thousands"
    return f"{number(m['century'])} {_DECADES.get(m['decade'], 'tens')}"


def _plural(words: str) -> str:
    return words[:-1] + "ies" if words.endswith("y") else words + ("es" if words.endswith("x") else "s")


def _day(m: Match) -> str:
    """Mon., Tue, Mon-Fri, Sat & Sun; a full stop stays where it ends the sentence."""
    rest = m.string[m.end() :].lstrip(" \"')")
    spread = re.sub(r"\.?\s?[-–]\s?", " to ", m[0].rstrip("."))
    names = re.sub(_DAY, lambda d: next(day for day in _DAYS if day[:3] == d[0][:3]), spread)
    return names + ("." if m[0].endswith(".") and (not rest or rest[0].isupper()) else "")


DATES = (
    Rule(
        "days in a row",
        "dates",
        rf"{_DAY}(?:(?:\.?\s?(?:[-–/&]|,? ?\b(?:and|or|to|through)\b)|,)\s?{_DAY})+\.?",
        _day,
        (("open Mon-Wed", "open Monday to Wednesday"), ("on Sat & Sun.", "on Saturday and Sunday.")),
    ),
    Rule(
        "day before a date",
        "dates",
        rf"\b(?:Tues?|Thu(?:rs?)?|Fri)\b\.?|\b(?:Mon|Wed|Sat|Sun)\b\.?(?=,?\s(?:\d|{_MONTH}\b))",
        _day,
        (("not Tues. but Sun, May 5", "not Tuesday but Sunday, May fifth"),),
    ),
    Rule(
        "day of the week",
        "dates",
        r"\b(?:Wed|Sat)\b\.|(?:(?<=\bon )|(?<=\bevery ))(?:Mon|Wed|Sat|Sun)\b\.?",
        _day,
        (("We met on Sun.", "We met on Sunday."),),
    ),
    Rule(
        "quarter of a year",
        "dates",
        r"\b([QH][1-4])\s?['’](\d\d)\b",
        r"\1 \2",
        (("in Q3'25", "in Q three twenty-five"),),
    ),
    Rule(
        "class of a year",
        "dates",
        r"(?<!\w)['’]0(\d)\b",
        lambda m: f"oh {number(m[1])}",
        (("the class of '07", "the class of oh seven"),),
    ),
    Rule(
        "fiscal year",
        "dates",
        r"\bFY\s?(\d\d|20\d\d)\b",
        lambda m: f"F Y {bare(m[1])}",
        (("in FY2023", "in F Y twenty twenty-three"),),
    ),
    Rule(
        "from decade to decade",
        "dates",
        r"(?<=\d0s)\s?[-–]\s?(?=\d)",
        " to ",
        (("the 1950s–1970s", "the nineteen fifties to nineteen seventies"),),
    ),
    Rule(
        "month before a year",
        "dates",
        rf"\b(?:{_SHORT_MONTH})(?:\.(?=\s\d{{4}}\b)|(?=\s\d{{4}}\b))",
        lambda m: _month(m[0]),
        (("in Feb. 1998", "in February nineteen ninety-eight"),),
    ),
    Rule(
        "date, year first",
        "dates",
        rf"{ALONE}(?P<y>\d{{4}})(?P<x>[-/.])(?P<m>\d{{1,2}})(?P=x)(?P<d>\d{{1,2}}){ENDS}",
        _date,
        (("2021-07-09", "July ninth, twenty twenty-one"),),
    ),
    Rule(
        "date, month first",
        "dates",
        rf"{ALONE}(?P<m>\d{{1,2}})(?P<x>[-/])(?P<d>\d{{1,2}})(?P=x)(?P<y>\d{{4}}){ENDS}",
        _date,
        (("7/9/2021", "July ninth, twenty twenty-one"),),
    ),
    Rule(
        "date, day first",
        "dates",
        rf"{ALONE}(?P<d>1[3-9]|2\d|3[01])(?P<x>[-/.])(?P<m>0?[1-9]|1[0-2])(?P=x)(?P<y>\d{{4}}){ENDS}",
        _day_first,
        (("19/7/2021", "the nineteenth of July twenty twenty-one"),),
    ),
    Rule(
        "date with dots",
        "dates",
        rf"{ALONE}(?P<d>0?[1-9]|[12]\d|3[01])\.(?P<m>0?[1-9]|1[0-2])\.(?P<y>(?:19|20)\d\d){ENDS}",
        _day_first,
        (("9.7.2021", "the ninth of July twenty twenty-one"),),
    ),
    Rule(
        "date without a year",
        "dates",
        r"(?P<on>\b(?:[Oo]n|[Uu]ntil|[Dd]ue|[Ss]ince|[A-Z][a-z]+day,?)\s)"
        r"(?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|[12]\d|0?[1-9])(?![\w/]| of|\.\d)",
        lambda m: f"{m['on']}{_MONTHS[int(m['m']) - 1]} {ordinal(int(m['d']))}",
        (("due 4/30", "due April thirtieth"),),
    ),
    Rule(
        "nine eleven",
        "dates",
        rf"{_NO_MARK}{ALONE}9/11{_NO_FRACTION}",
        "nine eleven",
        (("before 9/11", "before nine eleven"),),
    ),
    Rule(
        "last days of the year",
        "dates",
        rf"{_NO_MARK}{ALONE}12/(2[45]|31){_NO_FRACTION}",
        lambda m: f"December {ordinal(int(m[1]))}",
        (("closed 12/24 and 12/25", "closed December twenty-fourth and December twenty-fifth"),),
    ),
    Rule(
        "month of a year",
        "dates",
        r"(?<![\w.-])(?P<y>(?:19|20)\d\d)-(?P<m>0[1-9]|1[0-2])(?![\w-])",
        lambda m: f"{_MONTHS[int(m['m']) - 1]} {m['y']}",
        (("as of 2021-07", "as of July twenty twenty-one"),),
    ),
    Rule(
        "from day to day",
        "dates",
        r"(?<=\dst|\dnd|\drd|\dth)\s?[-–]\s?(?=\d+(?:st|nd|rd|th)\b)",
        " to ",
        (("the 2nd-4th", "the second to fourth"),),
    ),
    Rule(
        "month and day",
        "dates",
        rf"\b(?P<month>{_MONTH})\s(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:\s?[-–]\s?(?P<d2>\d{{1,2}}))?(?![\d:%]){_YEAR}",
        _month_day,
        (("Oct. 8, 1871", "October eighth, eighteen seventy-one"), ("June 3-5", "June third to fifth")),
    ),
    Rule(
        "day and month",
        "dates",
        rf"{ALONE}(?P<the>[Tt]he\s)?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:\sof)?\s(?P<month>{_MONTH})(?!\w){_YEAR}",
        _day_month,
        (("8 October 1871", "the eighth of October eighteen seventy-one"),),
    ),
    Rule(
        "decade",
        "dates",
        r"\b(?P<century>\d\d)(?P<decade>\d)0s\b|(?P<short>['’])(?P<decade2>[2-9])0s\b",
        _decade,
        (("the 1840s and the '60s", "the eighteen forties and the sixties"),),
    ),
    Rule(
        "years of age",
        "dates",
        r"(?<=\bthe )(\d{1,2})s\b",
        lambda m: _plural(number(m[1])),
        (("down into the 30s", "down into the thirties"),),
    ),
)
