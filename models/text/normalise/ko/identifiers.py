"""Numbers that name something: figures, ordinals, versions."""

from __future__ import annotations

from models.text.normalise.ko.figures import ALONE, number
from models.text.normalise.rule import Rule

IDENTIFIERS = (
    Rule(
        "figure of a chapter",
        "identifiers",
        r"(?<=그림|도표|예제|수식)\s?(\d+)-(\d+)(?![\d-])",
        lambda m: f" {number(m[1])} 다시 {number(m[2])}",
        (("도표 2-4", "도표 이 다시 사"),),
    ),
    Rule("ordinal", "identifiers", r"(?<=제)\s?(\d+)", lambda m: number(m[1]), (("제 3권", "제삼권"),)),
    Rule(
        "version",
        "identifiers",
        rf"(?:{ALONE}|(?<=\b[vV]))\d+(?:\.\d+){{2,}}(?![\d.])",
        lambda m: " 점 ".join(map(number, m[0].split("."))),
        (("버전 4.0.12", "버전 사 점 영 점 십이"),),
    ),
)
