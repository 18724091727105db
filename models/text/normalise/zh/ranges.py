"""From one to another."""

from __future__ import annotations

from models.text.languages import HAN
from models.text.normalise.rule import Rule
from models.text.normalise.zh.figures import ALONE, COUNTED, UNTIL

RANGES = (
    Rule(
        "from two to so many",
        "ranges",
        rf"{ALONE}(?<!第)2{UNTIL}(?=\d+(?:{COUNTED}))",
        "两到",
        (("2~4天", "两到四天"),),
    ),
    Rule(
        "from one to another with a word between",
        "ranges",
        rf"(?<=\d)(?P<u>[{HAN}]{{1,2}})[-–~](?=\d+(?:\.\d+)?(?P=u))",
        lambda m: m["u"] + "到",
        (("6元-9元", "六元到九元"),),
    ),
    Rule(
        "from number to number",
        "ranges",
        rf"{ALONE}(\d+(?:\.\d+)?){UNTIL}(?=\d+(?:\.\d+)?(?![\d.]*\s?=))(?<!\s-\s)",
        r"\1到",
        (("第6-9段", "第六到九段"),),
    ),
)
