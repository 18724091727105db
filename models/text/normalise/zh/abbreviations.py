"""Latin abbreviations that stand in Chinese texts."""

from __future__ import annotations

import re

from models.text.normalise.rule import Rule
from models.text.normalise.shared.abbreviations import latin
from models.text.normalise.zh.figures import number


def _pages(m: re.Match[str]) -> str:
    return f"第{number(m[1])}{'到' + number(m[2]) if m[2] else ''}页"


ABBREVIATIONS = (
    latin((("猫vs.狗", "猫 versus 狗"),)),
    Rule(
        "volume",
        "abbreviations",
        r"(?<![A-Za-z])[Vv]ol\.\s?(\d+)",
        lambda m: f"第{number(m[1])}卷",
        (("诗集Vol. 2", "诗集第二卷"),),
    ),
    Rule("opus", "abbreviations", r"(?<![A-Za-z])Op\.\s?(?=\d)", "作品", (("夜曲Op. 9", "夜曲作品九"),)),
    Rule(
        "pages",
        "abbreviations",
        r"(?<![A-Za-z])pp?\.\s?(\d+)(?:\s?[-–~]\s?(\d+))?",
        _pages,
        (("见p. 12", "见第十二页"), ("见pp. 3-7", "见第三到七页")),
    ),
    Rule(
        "number sign",
        "abbreviations",
        r"(?<![A-Za-z])No\.?\s?(?=\d)|(?<!\w)#(?=\d)",
        "第",
        (("No. 7车间", "第七车间"), ("#4车库", "第四车库")),
    ),
)
