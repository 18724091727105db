"""What an author says a text is (a date, a telephone number, letters) put into words, as SSML's ``say-as`` asks.

    say_as("03/05/2024", "date", "dmy", "en")  ->  "the third of May twenty twenty-four"

Dates and times are written the one way that the language's own rules cannot misread, and read by them.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable, Mapping
from itertools import pairwise

from models.errors import Unspeakable
from models.text.languages import LATIN
from models.text.normalise import normalise
from models.text.normalise.common import ascii_digits, roman
from models.text.normalise.numbers import MAX_DIGITS, PLAIN, cardinal, digits, ordinal, year
from models.text.normalise.sign_names import sign_name
from models.text.normalise.yue import written

DATE_FORMATS = ("mdy", "dmy", "ymd", "ym", "my", "md", "dm", "y", "m", "d")
TIME_FORMATS = ("hms12", "hms24")
MAX_SPELLED = 1_000  # characters spelled out one by one
_WIDE = ("zh", "yue", "ja")
_MINUS = {"en": "minus ", "zh": "负", "yue": "負", "ja": "マイナス", "ko": "마이너스 "}
_POINTS = {"zh": "第", "yue": "第", "ja": "第", "ko": "제"}  # before an ordinal
_ROMAN = re.compile(r"(?=[IVXLC])(?:C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_NUMBER = re.compile(rf"([-−+]?)({PLAIN})")
_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d\d)(?:[:.m](\d\d))?)?\s?(?:([AaPp])\.?[Mm]?\.?)?")
_HALVES = {"zh": ("上午", "下午"), "yue": ("上午", "下午"), "ja": ("午前", "午後"), "ko": ("오전 ", "오후 ")}
_DAY_AND_MORE = {"zh": ("{}年", "{}月", "{}日"), "yue": ("{}年", "{}月", "{}日"), "ja": ("{}年", "{}月", "{}日"),
                 "ko": ("{}년 ", "{}월 ", "{}일")}  # fmt: skip
_MONTHS = calendar.month_name


def say_as(text: str, kind: str, form: str, language: str) -> str:
    """Words for a text that is of the given kind (a key of ``KINDS``); ``form`` may be empty.

    Raises Unspeakable, saying what the text should look like, where it cannot be read so.
    """
    return KINDS[kind](ascii_digits(unicodedata.normalize("NFKC", text)).strip(), form.lower(), language)


def _cardinal(text: str, _: str, language: str) -> str:
    if text and _ROMAN.fullmatch(text):
        text = roman(text)
    if not (match := _NUMBER.fullmatch(text)):
        raise Unspeakable(f"{text!r} is no number, such as 1,234.5")
    sign = _MINUS[language] if match[1] in ("-", "−") else ""
    return sign + _number(match[2], language)


def _ordinal(text: str, _: str, language: str) -> str:
    if text and _ROMAN.fullmatch(text):
        text = roman(text)
    match = re.fullmatch(r"第?(\d{1,3}(?:,\d{3})+|\d+)(?:st|nd|rd|th|\.)?", text, re.IGNORECASE)
    if not match or len(match[1]) > MAX_DIGITS:
        raise Unspeakable(f"{text!r} is no whole number, such as 21 or 21st")
    number = match[1].replace(",", "")
    return ordinal(int(number)) if language == "en" else _POINTS[language] + _number(number, language)


def _digits(text: str, _: str, language: str) -> str:
    groups = re.findall(r"\d+", text)
    if not groups or re.search(r"[^\d\s.,-]", text):
        raise Unspeakable(f"{text!r} is no row of digits, such as 1984")
    return _comma(language).join(digits(group, language) for group in groups)


def _characters(text: str, _: str, language: str) -> str:
    spoken = [_character(c, language) for c in text if not c.isspace()]
    if not 0 < len(spoken) <= MAX_SPELLED:
        raise Unspeakable(f"{len(spoken)} characters to spell out: give 1 to {MAX_SPELLED}")
    return _comma(language).join(spoken)


def _character(c: str, language: str) -> str:
    """The name of one character. An A by itself would be read as the article: with its full stop it is the letter."""
    if c.isdigit():
        return digits(str(unicodedata.digit(c)), language)
    if c in "aA":
        return "A."
    if re.match(f"[{LATIN}]", c):
        base = unicodedata.normalize("NFD", c)
        if len(base) == 1 or language != "en":
            return c.upper()
        accents = [unicodedata.name(m, "").removeprefix("COMBINING ").removesuffix(" ACCENT").lower() for m in base[1:]]
        return f"{_character(base[0], language)} {' '.join(accents)}"
    name = sign_name(c, language) or (c if c.isalpha() else "")
    if not name:
        raise Unspeakable(f"no name is known for {c!r} (U+{ord(c):04X}) in {language}: write it in words with <sub>")
    return name


def _date(text: str, form: str, language: str) -> str:
    if form and form not in DATE_FORMATS:
        raise Unspeakable(f"unknown date format {form!r}: known are {', '.join(DATE_FORMATS)}")
    fields = [field for field in re.split(r"[-/.\s年月日년월일]+", text) if field]
    if len(fields) == 1 and form in ("ymd", "") and re.fullmatch(r"\d{8}", text):
        fields = [text[:4], text[4:6], text[6:]]
    if not form:
        form = "ymd" if fields and len(fields[0]) == 4 else "mdy"
        form = form if len(fields) == 3 else {"ymd": "ym", "mdy": "md"}[form] if len(fields) == 2 else "y"
    given = dict(zip(form, fields, strict=False))
    if len(fields) != len(form) or not all(field.isdecimal() for field in fields) or not _is_date(given):
        raise Unspeakable(f"{text!r} is no date of the form {form}, such as {_example(form)}")
    values = {name: int(value) for name, value in given.items()}
    if language == "en":
        return _english_date(form, values)
    year_form, month_form, day_form = _DAY_AND_MORE[language]
    forms = {"y": year_form, "m": month_form, "d": day_form}
    return normalise("".join(forms[name].format(values[name]) for name in "ymd" if name in values).strip(), language)


def _english_date(form: str, values: Mapping[str, int]) -> str:
    if form == "y":
        return year(values["y"])
    if form == "d":
        return ordinal(values["d"])
    when = f" {year(values['y'])}" if "y" in values else ""
    month = _MONTHS[values["m"]]
    if "d" not in values:
        return month + when
    if form.startswith("d"):
        return f"the {ordinal(values['d'])} of {month}{when}"
    return f"{month} {ordinal(values['d'])}" + ("," + when if when else "")


def _is_date(given: Mapping[str, str]) -> bool:
    year_given = given.get("y", "2000")
    month, day = int(given.get("m", "1")), int(given.get("d", "1"))
    if not (1 <= len(year_given) <= 4 and int(year_given) and 1 <= month <= 12):
        return False
    return 1 <= day <= calendar.monthrange(int(year_given), month)[1]


def _example(form: str) -> str:
    return "-".join({"y": "2026", "m": "03", "d": "05"}[name] for name in form)


def _time(text: str, form: str, language: str) -> str:
    if form and form not in TIME_FORMATS:
        raise Unspeakable(f"unknown time format {form!r}: known are {', '.join(TIME_FORMATS)}")
    match = _TIME.fullmatch(text)
    hour = int(match[1]) if match else 99
    half = match[4].upper() + "M" if match and match[4] else ""
    most = 12 if half or form == "hms12" else 24
    late = match is None or int(match[2] or 0) > 59 or int(match[3] or 0) > 59
    if match is None or late or hour > most or (half and (hour == 0 or form == "hms24")):
        wanted = f" of the form {form}" if form else ""
        raise Unspeakable(f"{text!r} is no time{wanted}, such as 2:30, 14:30 or 2:30 pm")
    minute, second = int(match[2] or 0), match[3]
    if language == "en":
        return normalise(f"{hour}:{minute:02}{f':{second}' if second else ''}{half and ' ' + half}", language)
    before = _HALVES[language][half == "PM"] if half else ""
    if language == "ko":  # whose rules know no seconds
        words = normalise(f"{before}{hour}:{minute:02}", language)
        return words + (f" {cardinal(str(int(second)), language)} 초" if second else "")
    return normalise(f"{before}{hour}:{minute:02}{f':{second}' if second else ''}", language)


def _telephone(text: str, form: str, language: str) -> str:
    """Digit by digit, group by group; ``form`` may be the country's code, as in SSML's own examples."""
    if not re.fullmatch(r"\+?[\d\s()./-]+", text) or not (groups := re.findall(r"\d+", text)):
        raise Unspeakable(f"{text!r} is no telephone number, such as +1 (206) 555-0123")
    if form and not form.isdecimal():
        raise Unspeakable(f"the format of a telephone number is a country's code, such as 1, not {form!r}")
    if len(groups) == 1:
        groups = _grouped(groups[0], language)
    plus = text.startswith("+") or bool(form)
    if form and not text.startswith("+"):
        groups = [form, *groups]
    spoken = [digits(group, language) for group in groups]
    if language == "zh":
        return ("加" if plus else "") + "，".join(spoken).replace("一", "幺")
    if language == "yue":
        return ("加" if plus else "") + "，".join(spoken)
    if language == "ja":
        return ("プラス" if plus else "") + "の".join(spoken).replace("零", "ゼロ")
    if language == "ko":
        return ("플러스 " if plus else "") + ", ".join(spoken).replace("영", "공")
    return ("plus " if plus else "") + ", ".join(spoken)


def _grouped(number: str, language: str) -> list[str]:
    """A number written without groups, in those that people say: 206 555 0123, 138 1234 5678."""
    sizes = {
        ("en", 7): (3, 4), ("en", 10): (3, 3, 4), ("en", 11): (1, 3, 3, 4), ("zh", 11): (3, 4, 4), ("yue", 8): (4, 4),
        ("ja", 10): (2, 4, 4), ("ja", 11): (3, 4, 4), ("ko", 11): (3, 4, 4), ("ko", 10): (3, 3, 4),
    }.get((language, len(number)))  # fmt: skip
    if sizes is None:
        sizes = (3,) * max(0, (len(number) - 2) // 3)
        sizes = (*sizes, len(number) - sum(sizes))
    ends = [sum(sizes[:n]) for n in range(len(sizes) + 1)]
    return [number[a:b] for a, b in pairwise(ends)]


def _number(text: str, language: str) -> str:
    words = cardinal(text, language)
    return written(words) if language == "yue" else words


def _comma(language: str) -> str:
    return "、" if language == "ja" else "，" if language in _WIDE else ", "


KINDS: Mapping[str, Callable[[str, str, str], str]] = {
    "cardinal": _cardinal,
    "number": _cardinal,
    "ordinal": _ordinal,
    "digits": _digits,
    "characters": _characters,
    "spell-out": _characters,
    "verbatim": _characters,
    "date": _date,
    "time": _time,
    "telephone": _telephone,
}
