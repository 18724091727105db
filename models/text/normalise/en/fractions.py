"""Fractions, marks and ratios."""

from __future__ import annotations

from models.text.normalise.en.figures import Match, number
from models.text.normalise.en.units import UNIT, UNIT_ENDS, UNITS, quoting
from models.text.normalise.numbers import ordinal
from models.text.normalise.rule import Rule

_NAMES = {2: "half", 4: "quarter"}


def _fraction(m: Match) -> str:
    a, b = int(m["a"]), int(m["b"])
    whole = ("minus " if m["sign"] else "") + (f"{number(m['w'])} and " if m["w"] else "")
    if m["u"] and a > b:  # 120/80 mmHg
        return f"{number(m['a'])} over {number(m['b'])} {UNITS[m['u']][1]}"
    if b == 100 and 10 < a <= b:
        return f"{number(m['a'])} out of one hundred"
    if b in (0, 1) or b > 100 or (a >= b and not m["w"]) or a == 0:
        over = a <= b or "⁄" in m[0]
        return f"{whole}{number(m['a'])} over {number(m['b'])}" if over else m[0].replace("/", " slash ")
    name = _NAMES.get(b) or ordinal(b)
    words = f"{whole}{number(m['a'])} {name if a == 1 else 'halves' if b == 2 else name + 's'}"
    return words + (f" {UNITS[m['u']][bool(whole)]}" if m["u"] else "")


FRACTIONS = (
    Rule(
        "ratio of a map",
        "fractions",
        r"(?<=\d):(?=\d+k\b)",
        " to ",
        (("a map of 1:25k.", "a map of one to twenty-five thousand."),),
    ),
    Rule(
        "fraction of an inch",
        "fractions",
        r"(?<=[/⁄]\d)(\d?)[\"″](?!\w)",
        lambda m: m[0] if quoting(m) else f"{m[1]} inch",
        (('a 3/8" bolt', "a three eighths inch bolt"),),
    ),
    Rule(
        "mark out of all",
        "fractions",
        r"(?i:\b(?:scored|score of|got|rated|rating of)\s)\d+(?:\.\d+)?/\d+",
        lambda m: m[0].replace("/", " out of "),
        (("rated 4/5", "rated four out of five"),),
    ),
    Rule("variable after a fraction", "fractions", r"(?<=⁄\d)(?=[a-zA-Z])", " ", (("½mv", "one half mv"),)),
    Rule(
        "full marks",
        "fractions",
        r"(?<![\w./])10/10(?![\w/])",
        "ten out of ten",
        (("a 10/10 lesson", "a ten out of ten lesson"),),
    ),
    Rule(
        "half and half",
        "fractions",
        r"(?<![\w./])(\d\d)/\1(?![\w/])",
        lambda m: f"{number(m[1])} {number(m[1])}",
        (("split it 50/50", "split it fifty fifty"),),
    ),
    Rule(
        "fraction",
        "fractions",
        rf"(?P<sign>(?<![\w)])-)?(?<![\w./])(?:(?P<w>\d+)[ -])?(?P<a>\d{{1,3}})[/⁄](?P<b>\d{{1,3}})"
        rf"(?:\s(?P<u>{UNIT}){UNIT_ENDS})?(?![\w/]|\.\d)",
        _fraction,
        (
            ("2 3/4 and -1/8", "two and three quarters and minus one eighth"),
            ("110/70 mmHg", "one hundred and ten over seventy millimeters of mercury"),
        ),
    ),
)
