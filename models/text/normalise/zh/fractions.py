"""Fractions, ratios and scores."""

from __future__ import annotations

import re

from models.text.normalise.rule import Rule
from models.text.normalise.zh.figures import ALONE, number
from models.text.normalise.zh.units import UNIT, UNITS

_WON = "领先|落后|获胜|取胜|战胜|击败|战平|告负|領先|落後|獲勝|戰勝|擊敗|勝"


def _fraction(m: re.Match[str]) -> str:
    unit = UNITS[m["u"]] if m["u"] else ""
    if unit and int(m["a"]) > int(m["b"]):  # 120/80mmHg
        return f"{number(m['a'])}比{number(m['b'])}{unit}"
    whole = f"{number(m['w'])}又" if m["w"] else ""
    return f"{whole}{number(m['b'])}分之{number(m['a'])}{unit}"


SCORES = (
    Rule(
        "scores of sets",
        "fractions",
        r"比分[是为為：:]?\s?\d+-\d+(?:[、，,]\s?\d+-\d+)*",
        lambda m: m[0].replace("-", "比"),
        (("比分是6-3、6-2", "比分是六比三、六比二"),),
    ),
    Rule(
        "points of full marks",
        "fractions",
        r"(?<=[评得打]分)([为是：:]?\s?)(\d+(?:\.\d+)?)/(\d+)",
        lambda m: f"{m[1]}{number(m[2])}分满分{number(m[3])}分",
        (("得分8.5/10", "得分八点五分满分十分"),),
    ),
)
FRACTIONS = (
    Rule(
        "fraction",
        "fractions",
        rf"{ALONE}(?:(?P<w>\d+)\s)?(?P<a>\d+)[/⁄](?P<b>\d+)(?:\s?(?P<u>{UNIT}))?(?![\d/A-Za-z])",
        _fraction,
        (("2 3/4", "二又四分之三"), ("血压130/85mmHg", "血压一百三十比八十五毫米汞柱")),
    ),
    Rule("ratio", "fractions", r"(?<=\d)[:：](?=\d)", "比", (("按3:7混合", "按三比七混合"),)),
    Rule(
        "score of a match",
        "fractions",
        rf"(?<![\d.-])(\d{{1,2}})-(\d{{1,2}})(?=\s?(?:{_WON}))"
        r"|(?<=领先 |落后 |領先 |落後 )(\d{1,2})-(\d{1,2})(?![\d-])",
        lambda m: f"{number(m[1] or m[3])}比{number(m[2] or m[4])}",
        (("客队4-1取胜", "客队四比一取胜"), ("客队领先 3-0", "客队领先 三比零")),
    ),
)
