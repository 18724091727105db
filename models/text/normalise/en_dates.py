"""English dates, days and times of day.

American reading: ``3/5/2024`` is March fifth; a four-digit number from 1001 to 2099 is read as a year.
"""

from __future__ import annotations

import re

from models.text.normalise.en_figures import ALONE, ENDS, Match, Rules, number, year_or_count
from models.text.normalise.en_words import DAYS, MONTHS
from models.text.normalise.numbers import ordinal

_DECADES = {
    "2": "twenties", "3": "thirties", "4": "forties", "5": "fifties", "6": "sixties", "7": "seventies",
    "8": "eighties", "9": "nineties",
}  # fmt: skip


def _month(name: str) -> str:
    return next(month for month in MONTHS if month[:3] == name[:3].capitalize())


def _date(month: int, day: int, when: str | None) -> str:
    words = f"{MONTHS[month - 1]} {ordinal(day)}"
    return f"{words}, {year_or_count(when)}" if when else words


def _iso_date(m: Match) -> str:
    return _date(int(m["m"]), int(m["d"]), m["y"]) if _is_date(m) else m[0]


def _day_first(m: Match) -> str:
    """25/12/1990, which can be nothing else."""
    return f"the {ordinal(int(m['d']))} of {MONTHS[int(m['m']) - 1]} {year_or_count(m['y'])}"


def _is_date(m: Match) -> bool:
    return 1 <= int(m["m"]) <= 12 and 1 <= int(m["d"]) <= 31


def _month_day(m: Match) -> str:
    day = ordinal(int(m["d"]))
    if m["d2"]:
        day += f" to {ordinal(int(m['d2']))}"
    return f"{_month(m['month'])} {day}" + (f", {year_or_count(m['y'])}" if m["y"] else "")


def _day_month(m: Match) -> str:
    return f"{m['the'] or 'the '}{ordinal(int(m['d']))} of {_month(m['month'])}" + (
        f" {year_or_count(m['y'])}" if m["y"] else ""
    )


def _time(m: Match) -> str:
    hour, minute, half = m["h"], m["m"], m["half"]
    words = [number(str(int(hour)))]
    if minute and int(minute):
        words.append(f"oh {number(minute[1])}" if minute[0] == "0" else number(minute))
    elif minute and not half:
        words.append("hundred" if int(hour) > 12 or hour == "00" else "o'clock")
    if m["s"]:
        words.append(f"and {number(str(int(m['s'])))} seconds")
    if half:
        words.append("AM" if half[0] in "aA" else "PM")
    end = "." if half and half.endswith(".") and not m.string[m.end() :].strip() else ""
    return " ".join(words) + end


def _to(_: Match) -> str:
    return " to "


def _zone(m: Match) -> str:
    return f"{m['zone']} {'minus' if m['sign'] == '-' else 'plus'} "


def _decade(m: Match) -> str:
    """1990s, '90s."""
    if m["short"]:
        return _DECADES[m["decade2"]]
    if m["decade"] == "0":
        return f"{number(m['century'])} hundreds" if m["century"] != "20" else "two thousands"
    return f"{number(m['century'])} {_DECADES.get(m['decade'], 'tens')}"


def _day(m: Match) -> str:
    """Mon., Tue: the day's name; a full stop stays where it ends the sentence."""
    rest = m.string[m.end() :].lstrip(" \"')")
    return _days(m) + ("." if m[0].endswith(".") and (not rest or rest[0].isupper()) else "")


def _days(m: Match) -> str:
    """Days in a row, such as Mon-Fri, Sat & Sun."""
    spread = re.sub(r"\.?\s?[-–]\s?", " to ", m[0].rstrip("."))
    return re.sub(_DAY, lambda d: next(day for day in DAYS if day[:3] == d[0][:3]), spread)


_DAY = r"\b(?:Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\b"
_MONTH = "(?:" + "|".join(f"{m}|{m[:3]}\\.?" for m in MONTHS) + r"|Sept\.?)"
_SHORT_MONTH = "|".join(m[:3] for m in MONTHS if m != "May") + "|Sept"
_YEAR = r"(?:,?\s(?P<y>\d{4})\b)?"
# Days that everybody knows by their figures: no marks at school, no fractions.
_NO_MARK = r"(?<!core )(?<!cored )(?<!core: )(?<!got )"
_NO_FRACTION = r"(?![\w/]| of|\.\d|\s?[-+*×÷=<>≈^])"
_HALF = r"(?P<half>[aApP]\.?[mM]\b\.?)"

DATES: Rules = [
    (re.compile(pattern), rule)
    for pattern, rule in (
        (rf"{_DAY}(?:(?:\.?\s?(?:[-–/&]|,? ?\b(?:and|or|to|through)\b)|,)\s?{_DAY})+\.?", _day),
        (rf"\b(?:Tues?|Thu(?:rs?)?|Fri)\b\.?|\b(?:Mon|Wed|Sat|Sun)\b\.?(?=,?\s(?:\d|{_MONTH}\b))", _day),
        (r"\b(?:Wed|Sat)\b\.|(?:(?<=\bon )|(?<=\bevery ))(?:Mon|Wed|Sat|Sun)\b\.?", _day),
        (r"(?<=:\d\d)\s?[-–]\s?(?=\d{1,2}:\d\d)|(?<=[ap]m)\s?[-–]\s?(?=\d)|(?<=[ap]\.m\.)\s?[-–]\s?(?=\d)", _to),
        (r"(?<=\d0s)\s?[-–]\s?(?=\d)", _to),
        (r"(?<=\d)\s?[-–]\s?(?=\d{1,2}(?::[0-5]\d)?\s?[aApP]\.?[mM]\b)", _to),
        (rf"\b(?:{_SHORT_MONTH})(?:\.(?=\s\d{{4}}\b)|(?=\s\d{{4}}\b))", lambda m: _month(m[0])),
        (r"\b(?P<zone>UTC|GMT)\s?(?P<sign>[-+])(?=\d)", _zone),
        (rf"{ALONE}(?P<y>\d{{4}})(?P<x>[-/.])(?P<m>\d{{1,2}})(?P=x)(?P<d>\d{{1,2}}){ENDS}", _iso_date),
        (rf"{ALONE}(?P<m>\d{{1,2}})(?P<x>[-/])(?P<d>\d{{1,2}})(?P=x)(?P<y>\d{{4}}){ENDS}", _iso_date),
        (rf"{ALONE}(?P<d>1[3-9]|2\d|3[01])(?P<x>[-/.])(?P<m>0?[1-9]|1[0-2])(?P=x)(?P<y>\d{{4}}){ENDS}", _day_first),
        (rf"{ALONE}(?P<d>0?[1-9]|[12]\d|3[01])\.(?P<m>0?[1-9]|1[0-2])\.(?P<y>(?:19|20)\d\d){ENDS}", _day_first),
        (
            r"(?P<on>\b(?:[Oo]n|[Uu]ntil|[Dd]ue|[Ss]ince|[A-Z][a-z]+day,?)\s)"
            r"(?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|[12]\d|0?[1-9])(?![\w/]| of|\.\d)",
            lambda m: f"{m['on']}{MONTHS[int(m['m']) - 1]} {ordinal(int(m['d']))}",
        ),
        (rf"{_NO_MARK}{ALONE}9/11{_NO_FRACTION}", lambda _: "nine eleven"),
        (rf"{_NO_MARK}{ALONE}12/(2[45]|31){_NO_FRACTION}", lambda m: f"December {ordinal(int(m[1]))}"),
        (r"\b(?P<h>\d{1,2})\.(?P<m>[0-5]\d)(?P<s>)\s?(?P<half>[aApP]\.?[mM]\b\.?)", _time),
        (
            r"(?<![\w.-])(?P<y>(?:19|20)\d\d)-(?P<m>0[1-9]|1[0-2])(?![\w-])",
            lambda m: f"{MONTHS[int(m['m']) - 1]} {m['y']}",
        ),
        (r"(?<![\w.])(\d+)h(?=\d{1,2}\s?m)", lambda m: f"{number(m[1])} {'hour' if m[1] == '1' else 'hours'} "),
        (r"(?<=\dst|\dnd|\drd|\dth)\s?[-–]\s?(?=\d+(?:st|nd|rd|th)\b)", _to),
        (
            rf"\b(?P<month>{_MONTH})\s(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:\s?[-–]\s?(?P<d2>\d{{1,2}}))?(?![\d:%]){_YEAR}",
            _month_day,
        ),
        (
            rf"{ALONE}(?P<the>[Tt]he\s)?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:\sof)?\s(?P<month>{_MONTH})(?!\w){_YEAR}",
            _day_month,
        ),
        (
            rf"(?<![\d:.])(?P<h>[01]?\d|2[0-4]):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?:\s?{_HALF})?(?![\dk:])",
            _time,
        ),
        (rf"(?<![\d:.])(?P<h>1[0-2]|0?[1-9])(?P<m>)(?P<s>)\s?{_HALF}", _time),
        (r"\b(?P<century>\d\d)(?P<decade>\d)0s\b|(?P<short>['’])(?P<decade2>[2-9])0s\b", _decade),
    )
]
