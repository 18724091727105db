"""Numbers that are dialled, digit by digit, group by group."""

from __future__ import annotations

import re

from models.text.normalise.en.figures import Match, by_digits
from models.text.normalise.rule import Rule


def _telephone(m: Match) -> str:
    plus = "plus " if m[0].startswith("+") else ""
    return plus + ", ".join(by_digits(group) for group in re.findall(r"\d+", m[0]))


def _emergency(m: Match) -> str:
    """Digit by digit where something is dialled."""
    dialled = re.search(r"(?i)\b(?:dial|call|ring|phone)\b", m.string[: m.start()])
    return by_digits(m[0]) if dialled else m[0]


TELEPHONE = (
    Rule(
        "extension",
        "telephone",
        r"\b(extension\s)(\d{3,5})\b",
        lambda m: m[1] + by_digits(m[2]),
        (("ext. 4410", "extension four four one zero"),),
    ),
    Rule(
        "emergency number",
        "telephone",
        r"(?<![\w.,$€£-])(?:911|112|999|111)(?![\w%]|[.,]\d)",
        _emergency,
        (("Dial either 112 or 999.", "Dial either one one two or nine nine nine."),),
    ),
    Rule(
        "number in groups",
        "telephone",
        r"(?<![\w.-])\d+(?:-\d+){2,}(?![\w-]|\.\d)",
        _telephone,
        (("978-3-16", "nine seven eight, three, one six"),),
    ),
    Rule(
        "telephone number with a zero",
        "telephone",
        r"(?<![\w.])(?:\(0\d{1,4}\)|0\d{1,4}) \d{3,4} \d{3,4}(?![\d-])",
        _telephone,
        (("020 7946 0123", "zero two zero, seven nine four six, zero one two three"),),
    ),
    Rule(
        "telephone number",
        "telephone",
        r"(?<![\w.])\+\d{1,3}[ -]?(?:\(\d+\)[ -]?)?\d[\d -]{5,}\d"
        r"|(?i:(?<=\bcall )|(?<=\bdial )|(?<=phone )|(?<=phone: ))\d{3}-\d{4}\b"
        r"|(?<![\w.-])(?:\d{3}-0\d{3}|555-\d{4})\b"
        r"|(?<![\w.-])(?:\d{1,2}[ -])?(?:\(\d{3}\) ?|\d{3}[ -])\d{3}-\d{4}\b",
        _telephone,
        (
            ("(415) 555-0132", "four one five, five five five, zero one three two"),
            ("+44 20 7946", "plus four four, two zero, seven nine four six"),
        ),
    ),
    Rule(
        "short number",
        "telephone",
        r"(?i:(?<=\bcall )|(?<=\bdial ))\d{3}\b",
        lambda m: by_digits(m[0]),
        (("Dial 311.", "Dial three one one."),),
    ),
)
