"""Numbers that name something: parts of a book, houses, standards, versions."""

from __future__ import annotations

from models.text.normalise.ja.figures import ALONE, number
from models.text.normalise.rule import Rule
from models.text.normalise.shared.identifiers import roman_kind, roman_ordinal

IDENTIFIERS = (
    Rule(
        "figure of a chapter",
        "identifiers",
        r"([図表式例])\s?(\d+)-(\d+)",
        lambda m: f"{m[1]}{number(m[2])}の{number(m[3])}",
        (("図 5-2を見る", "図五の二を見る"),),
    ),
    Rule(
        "standard of a year",
        "identifiers",
        r"(?<![A-Za-z])((?:ISO|IEC|EN|JIS|DIN)(?:/[A-Z]+)?\s?[A-Z]?\s?\d{2,5})[:：](?=(?:19|20)\d\d(?!\d))",
        r"\1、",
        (("JIS Z 8301:2019", "JIS Z 八千三百一、二千十九"),),
    ),
    roman_ordinal("章節部巻編条期段季級類", (("第XII巻", "第十二巻"),)),
    roman_kind("型級類期度", "紀", (("ヘンリーVIII世", "ヘンリー八世"), ("II型", "二型"))),
    Rule(
        "number of a house",
        "identifiers",
        r"(?<=[区町村])\d+(?:-\d+)+(?![\d-])",
        lambda m: "の".join(map(number, m[0].split("-"))),
        (("本町2-10-3", "本町二の十の三"),),
    ),
    Rule(
        "version",
        "identifiers",
        rf"(?:{ALONE}|(?<=\b[vV]))\d+(?:\.\d+){{2,}}(?![\d.])",
        lambda m: "点".join(map(number, m[0].split("."))),
        (("7.0.25版", "七点零点二十五版"),),
    ),
)
