"""English figures: dates, times, money, units, fractions, ranges, Roman numerals, plain numbers.

American reading: ``3/5/2024`` is March fifth; a four-digit number from 1001 to 2099 is read as a year.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from models.text.normalise.en_words import CURRENCIES, KINGS, MONTHS, NUMBERED, UNITS
from models.text.normalise.numbers import PLAIN, cardinal, digits, ordinal, year

Match = re.Match[str]
Rules = list[tuple[re.Pattern[str], Callable[[Match], str]]]

_SCALES = {"K": "thousand", "k": "thousand", "M": "million", "m": "million", "B": "billion", "bn": "billion"}
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_FRACTIONS = {2: "half", 4: "quarter"}
_DECADES = {
    "2": "twenties", "3": "thirties", "4": "forties", "5": "fifties", "6": "sixties", "7": "seventies",
    "8": "eighties", "9": "nineties",
}  # fmt: skip


def number(text: str) -> str:
    """A cardinal, decimals included."""
    return cardinal(text, "en")


def _signed(text: str) -> str:
    return f"minus {number(text[1:])}" if text[0] == "-" else number(text.lstrip("+"))


def _month(name: str) -> str:
    return next(month for month in MONTHS if month[:3] == name[:3].capitalize())


def _year(text: str) -> str:
    value = int(text)
    return year(value) if 1000 < value <= 2099 else number(text)


def _date(month: int, day: int, when: str | None) -> str:
    words = f"{MONTHS[month - 1]} {ordinal(day)}"
    return f"{words}, {_year(when)}" if when else words


def _iso_date(m: Match) -> str:
    return _date(int(m["m"]), int(m["d"]), m["y"]) if _is_date(m) else m[0]


def _is_date(m: Match) -> bool:
    return 1 <= int(m["m"]) <= 12 and 1 <= int(m["d"]) <= 31


def _month_day(m: Match) -> str:
    day = ordinal(int(m["d"]))
    if m["d2"]:
        day += f" to {ordinal(int(m['d2']))}"
    return f"{_month(m['month'])} {day}" + (f", {_year(m['y'])}" if m["y"] else "")


def _day_month(m: Match) -> str:
    return f"the {ordinal(int(m['d']))} of {_month(m['month'])}" + (f" {_year(m['y'])}" if m["y"] else "")


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
        words.append("A M" if half[0] in "aA" else "P M")
    end = "." if half and half.endswith(".") and not m.string[m.end() :].strip() else ""
    return " ".join(words) + end


def _version(m: Match) -> str:
    prefix = "version " if m["v"] else ""
    point = " dot " if m["n"].count(".") == 3 else " point "
    return prefix + point.join(number(part) for part in m["n"].split("."))


def _phone(m: Match) -> str:
    plus = "plus " if m[0].startswith("+") else ""
    return plus + ", ".join(digits(group, "en") for group in re.findall(r"\d+", m[0]))


def _money(m: Match) -> str:
    one, many, cent, cents = CURRENCIES[m["c"]]
    sign = "minus " if m["sign"] else ""
    amount, scale = m["n"], m["scale"]
    if scale:
        return f"{sign}{number(amount)} {_SCALES.get(scale, scale)} {many}"
    whole, _, part = amount.partition(".")
    if len(part) == 2 and cent:
        words = [] if whole == "0" and int(part) else [f"{number(whole)} {one if whole == '1' else many}"]
        if int(part):
            words.append(f"{number(str(int(part)))} {cent if int(part) == 1 else cents}")
        return sign + " and ".join(words)
    return f"{sign}{number(amount)} {one if amount == '1' else many}"


def _money_range(m: Match) -> str:
    return f"{number(m['a'])} to {number(m['b'])} {CURRENCIES[m['c']][1]}"


def _unit(m: Match) -> str:
    one, many = UNITS[m["u"].replace("µ", "μ")]
    first = _signed(m["n"])
    if m["n2"]:
        return f"{first} to {_signed(m['n2'])} {many}"
    if m["hyphen"]:  # a 5-km walk
        return f"{first}-{one}"
    return f"{first} {one if m['n'] == '1' else many}"


def _fraction(m: Match) -> str:
    a, b = int(m["a"]), int(m["b"])
    whole = f"{number(m['w'])} and " if m["w"] else ""
    if b in (0, 1) or b > 100 or (a >= b and not m["w"]) or a == 0:
        return (
            f"{whole}{number(m['a'])} over {number(m['b'])}" if a <= b or "⁄" in m[0] else m[0].replace("/", " slash ")
        )
    name = _FRACTIONS.get(b) or ordinal(b)
    return f"{whole}{number(m['a'])} {name if a == 1 else 'halves' if b == 2 else name + 's'}"


def _range(m: Match) -> str:
    """5-7, 1914–1918; but 3 - 2, and 3-2 = 1."""
    if " -" in m[0] or ("-" in m[0] and m.string[m.end() :].lstrip().startswith("=")):
        return f"{number(m['a'])} minus {number(m['b'])}"
    return f"{bare(m['a'])} to {bare(m['b'])}"


def bare(text: str) -> str:
    """A number that may be a year."""
    return _year(text) if re.fullmatch(r"\d{4}", text) else number(text)


def _roman(text: str) -> int:
    values = [_ROMAN[c] for c in text]
    return sum(-v if v < max(values[i + 1 :], default=0) else v for i, v in enumerate(values))


def _king(m: Match) -> str:
    return f"{m[1]} the {ordinal(_roman(m[2]))}"


def _numbered(m: Match) -> str:
    return f"{m[1]} {number(str(_roman(m[2])))}"


def _scientific(m: Match) -> str:
    exponent = m[2].lstrip("+")
    return f"{number(m[1])} times ten to the power of {_signed(exponent)}"


def _dashed(m: Match) -> str:
    return f"{m[1]} {number(m[2])} dash {number(m[3])}"


def _decade(m: Match) -> str:
    """1990s, '90s."""
    if m["short"]:
        return _DECADES[m["decade2"]]
    if m["decade"] == "0":
        return f"{number(m['century'])} hundreds" if m["century"] != "20" else "two thousands"
    return f"{number(m['century'])} {_DECADES.get(m['decade'], 'tens')}"


def either(words: dict[str, object] | dict[str, str]) -> str:
    """A pattern for any of them, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


N = f"(?:{PLAIN})"
_MONTH = "(?:" + "|".join(f"{m}|{m[:3]}\\.?" for m in MONTHS) + r"|Sept\.?)"
_YEAR = r"(?:,?\s(?P<y>\d{4})\b)?"
_HALF = r"(?P<half>[aApP]\.?[mM]\b\.?)"
_SCALE = r"(?:\s?(?P<scale>thousand|million|billion|trillion|bn|(?<=\d)[KMBkm])(?![A-Za-z]))?"
_SIGNS = "|".join(re.escape(c) for c in sorted(CURRENCIES, key=len, reverse=True) if not c.isalpha())
_CODES = "|".join(c for c in CURRENCIES if c.isalpha())
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True)).replace("μ", "[μµ]")
_ALONE = r"(?<![\w.,/-])"  # no part of a longer number, word or date before it
_ENDS = r"(?![\w/-]|[.,:]\d)"  # nor after it

DATES: Rules = [
    (re.compile(pattern), rule)
    for pattern, rule in (
        (rf"{_ALONE}(?P<y>\d{{4}})(?P<x>[-/.])(?P<m>\d{{1,2}})(?P=x)(?P<d>\d{{1,2}}){_ENDS}", _iso_date),
        (rf"{_ALONE}(?P<m>\d{{1,2}})/(?P<d>\d{{1,2}})/(?P<y>\d{{4}}){_ENDS}", _iso_date),
        (
            rf"\b(?P<month>{_MONTH})\s(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:\s?[-–]\s?(?P<d2>\d{{1,2}}))?(?![\d:%]){_YEAR}",
            _month_day,
        ),
        (
            rf"{_ALONE}(?:the\s)?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:\sof)?\s(?P<month>{_MONTH})(?!\w){_YEAR}",
            _day_month,
        ),
        (
            rf"(?<![\d:.])(?P<h>[01]?\d|2[0-4]):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?:\s?{_HALF})?(?![\d:])",
            _time,
        ),
        (rf"(?<![\d:.])(?P<h>1[0-2]|0?[1-9])(?P<m>)(?P<s>)\s?{_HALF}", _time),
        (r"\b(?P<century>\d\d)(?P<decade>\d)0s\b|(?P<short>['’])(?P<decade2>[2-9])0s\b", _decade),
    )
]
AMOUNTS: Rules = [
    (re.compile(pattern), rule)
    for pattern, rule in (
        (
            r"(?<![\w.])\+\d{1,3}[ -]?(?:\(\d+\)[ -]?)?\d[\d -]{5,}\d"
            r"|(?<![\w.-])(?:\d{1,2}[ -])?(?:\(\d{3}\) ?|\d{3}[ -])\d{3}-\d{4}\b",
            _phone,
        ),
        (r"(?<![\w.])(?P<v>[vV])?(?P<n>\d+(?:\.\d+){2,})(?!\w|\.\d)", _version),
        (r"\b(?P<v>[vV])(?P<n>\d+(?:\.\d+)*)\b", _version),
        (rf"(?P<c>{_SIGNS})\s?(?P<a>{N})\s?[-–]\s?(?P=c)?(?P<b>{N})(?!\w)", _money_range),
        (rf"(?P<sign>(?<!\w)-)?(?P<c>{_SIGNS})\s?(?P<n>{N}){_SCALE}", _money),
        (rf"(?P<sign>(?<!\w)-)?\b(?P<c>{_CODES})\s?(?P<n>{N}){_SCALE}", _money),
        (rf"(?<![\w.])(?P<sign>-)?(?P<n>{N}){_SCALE}\s?(?P<c>{_SIGNS}|(?:{_CODES})\b)(?!\s?\d)", _money),
        (
            rf"(?<![\w.,])(?P<n>[-+]?{N})(?:\s?[-–~]\s?(?P<n2>-?{N}))?(?:(?P<hyphen>-)|\s)?(?P<u>{_UNIT})(?![\w^/])",
            _unit,
        ),
    )
]
NUMBERS: Rules = [
    (re.compile(pattern), rule)
    for pattern, rule in (
        (r"\b(\d)['′](\d{1,2})[\"″]?(?!\w)", lambda m: f"{number(m[1])} foot {number(m[2])}"),
        (r"(?i:(?<=\bcall )|(?<=\bdial ))\d{3}\b", lambda m: digits(m[0], "en")),
        (r"(?<![\w.])(\d+(?:\.\d+)?)[eE]([-+]?\d+)\b", _scientific),
        (r"\b((?i:figure|table|section|exercise|example|equation|listing)s?) (\d+)-(\d+)\b", _dashed),
        (r"\b24/7\b", lambda _: "twenty-four seven"),
        (r"(?<![\w./])(?:(?P<w>\d+)[ -])?(?P<a>\d{1,3})[/⁄](?P<b>\d{1,3})(?![\w/]|\.\d)", _fraction),
        (r"\b(\d+)(?:st|nd|rd|th)\b", lambda m: ordinal(int(m[1]))),
        (rf"{_ALONE}(?P<a>{N})\s?[–~-]\s?(?P<b>{N}){_ENDS}", _range),
        (rf"\b({KINGS}) ([IVX]+)\b(?!\.\w)", _king),
        (rf"\b({NUMBERED})s? ([IVXL]+)\b(?!['’]|(?<= I) (?!of|and|to|is|was|or|in)[a-z])", _numbered),
    )
]
