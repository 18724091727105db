"""Numbers with a unit: lengths, angles, temperatures, thousands."""

from __future__ import annotations

import re

from models.text.normalise.en.figures import Match, N, number, signed
from models.text.normalise.rule import Rule, either
from models.text.normalise.tables import rows

UNITS = rows("en", "units")
UNIT = either(UNITS).replace("μ", "[μµ]")
UNIT_ENDS = r"(?:\.(?=\s[a-z])|(?![\w^/]|['’]s))"  # 3 oz. of cheese
SCALES = {
    "K": "thousand",
    "k": "thousand",
    "M": "million",
    "m": "million",
    "B": "billion",
    "bn": "billion",
    "tn": "trillion",
}
COMPASS = {"N": "north", "S": "south", "E": "east", "W": "west"}
_COMPOSED = either(unit for unit in UNITS if re.search(r"/|.[mi]\^", unit))
_ROUND = {"10": "tens", "100": "hundreds", "1000": "thousands", "1000000": "millions"}


def _unit(m: Match) -> str:
    one, many = UNITS[m["u"].replace("µ", "μ")]
    first = signed(m["n"])
    if m["per"]:
        many += f" per {UNITS[m['per']][0]}"
    if m["n2"]:
        return f"{first} to {signed(m['n2'])} {many}"
    if m["hyphen"]:  # a 5-km walk
        return f"{first}-{one}"
    return f"{first} {one if m['n'] == '1' else many}"


def _angle(m: Match) -> str:
    words = f"{number(m['d'])} degrees {number(m['m'])} minutes" + (f" {number(m['s'])} seconds" if m["s"] else "")
    return words + (f" {COMPASS[m['to']]}" if m["to"] else "")


def _feet(m: Match) -> str:
    """A 6' wall, unless the mark closes a quotation."""
    if re.search(r"(?:^|[\s(])'", m.string[: m.start()]):
        return m[0]
    return f"{number(m[1])} {'foot' if re.match(r' [a-z]', m.string[m.end() :]) else 'feet'}"


def quoting(m: Match) -> bool:
    """Whether a quotation is open where this begins."""
    return m.string[: m.start()].count('"') % 2 == 1


def _inches(m: Match) -> str:
    """13.3" is a length, unless the mark closes a quotation."""
    if quoting(m):
        return m[0]
    noun = r"\s(?!(?:and|or|long|wide|tall|high|deep|thick|by|x|is|in|of|to)\b)[a-z]"
    one = m[1] == "1" or re.match(noun, m.string[m.end() :])
    return f"{number(m[1])} {'inch' if one else 'inches'}"


INCHES = (
    Rule(
        "inches after a number",
        "units",
        r"(?<![\w.])(\d+(?:\.\d+)?)in\b(?!\w)|(?<=\d\sft\s)(\d+) in\b",
        lambda m: f"{m[1] or m[2]} {'inch' if m[1] == '1' else 'inches'}",
        (("a 7in tablet", "a seven inches tablet"), ("5 ft 3 in", "five feet three inches")),
    ),
    Rule(
        "inches before a word",
        "units",
        r"(?<=\d)\s?in\.(?=\s[a-z]|[,;)])|(?<=\d)\sin(?=\s(?:tall|long|wide|high|deep|thick)\b)",
        " inches",
        (("8 in. of snow, 30 in wide", "eight inches of snow, thirty inches wide"),),
    ),
)
QUANTITIES = (
    Rule(
        "length by width",
        "units",
        r"(?<=['\"′″])\sx\s(?=\d)",
        " by ",
        (("an 8' x 9' room", "an eight foot by nine foot room"),),
    ),
    Rule(
        "thousands with a decimal",
        "units",
        r"(?<![\w.,])(\d+\.\d+)K\b",
        lambda m: f"{number(m[1])} thousand",
        (("3.5K stars", "three point five thousand stars"),),
    ),
    Rule(
        "thousands and more",
        "units",
        r"(?<![\w$€£.,])(\d+(?:\.\d+)?)(k|M|[bt]n)(?=\s[a-z]|[.,;)](?!\w)|$)",
        lambda m: f"{number(m[1])} {SCALES[m[2]]}",
        (("20k readers and 3bn", "twenty thousand readers and three billion"),),
    ),
    Rule(
        "round numbers of things",
        "units",
        r"(?<![\w.,])(1[0,]+)s (?=of\b)",
        lambda m: _ROUND.get(m[1].replace(",", ""), m[1]) + " ",
        (("100s of birds", "hundreds of birds"),),
    ),
    Rule(
        "temperature in two scales",
        "units",
        r"(?<=°[CF])\s?/\s?(?=\d)",
        ", ",
        (("20°C/68°F", "twenty degrees Celsius, sixty-eight degrees Fahrenheit"),),
    ),
    Rule(
        "degrees, minutes, seconds",
        "units",
        r"(?<![\w.])(?P<d>\d{1,3})°\s?(?P<m>\d{1,2})['′](?:\s?(?P<s>\d{1,2})[\"″])?(?:\s?(?P<to>[NSEW])\b)?",
        _angle,
        (("48° 12' N", "forty-eight degrees twelve minutes north"),),
    ),
    Rule(
        "degrees of the compass",
        "units",
        r"(?<=\d)°\s?([NSEW])\b",
        lambda m: f" degrees {COMPASS[m[1]]}",
        (("16.5° E", "sixteen point five degrees east"),),
    ),
    Rule(
        "about a quantity",
        "units",
        r"(?<![\w%.])~\s?(?=[-$€£]?\d)",
        "about ",
        (("~4 hours", "about four hours"),),
    ),
    Rule(
        "from percent to percent",
        "units",
        r"(?<=%)\s?[-–~]\s?(?=\d)",
        " to ",
        (("3%-4% or 5%~6%", "three percent to four percent or five percent to six percent"),),
    ),
    Rule(
        "decimal comma",
        "units",
        rf"(?<![\w.,(])\d+,(?:\d\d(?![\w)]|,\d)|\d(?=\s?(?:{UNIT})(?![\w^])))",
        lambda m: m[0].replace(",", "."),
        (("2,75 and 1,5 kg", "two point seven five and one point five kilograms"),),
    ),
    Rule(
        "so many times",
        "units",
        r"(?<=\d)x(?=\s(?:faster|slower|as|more|less|bigger|larger|smaller|better|zoom|speed|growth|returns?|increase)\b)",
        " times",
        (("3x faster", "three times faster"),),
    ),
    Rule(
        "quantity",
        "units",
        rf"(?<![\w.,/⁄])(?P<n>[-+]?{N})(?:\s?[-–~]\s?(?P<n2>-?{N}))?(?:(?P<hyphen>-)|\s)?(?P<u>{UNIT})"
        rf"(?:/(?P<per>{UNIT}))?{UNIT_ENDS}",
        _unit,
        (
            ("1 kg, -4°F", "one kilogram, minus four degrees Fahrenheit"),
            ("a 3-km run, 2-4 GB", "a three-kilometer run, two to four gigabytes"),
        ),
    ),
    Rule(
        "feet and inches",
        "units",
        r"\b(\d)['′](\d{1,2})[\"″]?(?!\w)",
        lambda m: f"{number(m[1])} foot {number(m[2])}",
        (("5'11\"", "five foot eleven"),),
    ),
    Rule(
        "inches",
        "units",
        r"(?<![\w./])(\d+(?:\.\d+)?)\"(?!\w)",
        _inches,
        (('a 15.6" screen', "a fifteen point six inch screen"), ('Say "at 7".', 'Say "at seven".')),
    ),
    Rule("feet", "units", r"(?<![\w.'])(\d{1,2})['′](?!\w)", _feet, (("a 6' wall", "a six foot wall"),)),
    Rule(
        "unit without a number",
        "units",
        rf"(?<![\w/])(?P<per>per )?(?P<u>{_COMPOSED})(?![\w^/])|(?<=\bper )(?P<m>m\^[23])",
        lambda m: UNITS[m["m"]][0] if m["m"] else f"{m['per'] or ''}{UNITS[m['u']][not m['per']]}",
        (("in km/h, per m²", "in kilometers per hour, per square meter"),),
    ),
    Rule(
        "kelvin",
        "units",
        r"(?<=\d)\sK(?![\w&-])",  # a thousand has no space before it
        " kelvin",
        (("at 300 K", "at three hundred kelvin"),),
    ),
    Rule(
        "amperes",
        "units",
        r"(?<=\d)\s?A(?=[,.;:)](?!\w)|$|\s(?:of|at|fuse|current)\b)",
        " amperes",
        (("a 10 A fuse", "a ten amperes fuse"),),
    ),
)
