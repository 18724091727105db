"""Formulas and sums."""

from __future__ import annotations

from models.text.normalise.ko.figures import number, signed
from models.text.normalise.rule import Rule
from models.text.normalise.shared.maths import charge, chemistry

MATHS = (
    charge(number, " 플러스", " 마이너스", (("Cu^2+", "Cu 이 플러스"),)),
    chemistry(number, (("H2SO4", "H 이 S O 사"),)),
    Rule(
        "power",
        "maths",
        r"(?P<x>[A-Za-z\d)]+)\^(?P<e>-?\d+)",
        lambda m: f"{m['x']}의 {signed(m['e'])}제곱",
        (("y²", "y의 이제곱"),),
    ),
    Rule(
        "minus",
        "maths",
        r"(?<=[\dA-Za-z)])\s-\s(?=[\d(a-z])|(?<=제곱)\s?-\s?(?=[\d(a-z])",
        " 빼기 ",
        (("9 - 2", "구 빼기 이"), ("x²-3x", "x의 이제곱 빼기 삼x")),
    ),
    Rule(
        "factorial",
        "maths",
        r"(?<=\d)!(?=\s?[=×÷+*/)])|(?<=(?<![A-Za-z])[nkm])!(?!!)",
        " 팩토리얼",
        (("4! = 24", "사 팩토리얼 은 이십사"),),
    ),
    Rule(
        "letter over letter",
        "maths",
        r"(?<![A-Za-z/.])([a-z])\s?/\s?([a-z])(?![A-Za-z/])",
        r"\1 나누기 \2",
        (("a/b", "a 나누기 b"),),
    ),
    Rule("divided by", "maths", r"(?<=[\d)])\s/\s(?=[\d(])", " 나누기 ", (("8 / 2", "팔 나누기 이"),)),
    Rule("ratio", "maths", r"(?<=\d):(?=\d)", " 대 ", (("4:3", "사 대 삼"),)),
    Rule(
        "below zero",
        "maths",
        r"(?<![A-Za-z\d)월일년장절회표])[-−](?=\d)",
        "마이너스 ",
        (("-8 이상", "마이너스 팔 이상"),),
    ),
)
