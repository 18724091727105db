"""Abbreviations that stand in Japanese texts."""

from __future__ import annotations

from models.text.normalise.ja.figures import number
from models.text.normalise.rule import Rule, either
from models.text.normalise.shared.abbreviations import latin
from models.text.normalise.tables import words

_BEFORE_NUMBER = words("ja", "abbreviations")

ABBREVIATIONS = (
    latin((("猫vs.犬", "猫 versus 犬"),)),
    Rule(
        "abbreviation before a number",
        "abbreviations",
        rf"(?<![A-Za-z])({either(_BEFORE_NUMBER)})\s?(?=\d)",
        lambda m: _BEFORE_NUMBER[m[1]],
        (("Ver. 2.4とNo.8", "バージョン二点四とナンバー八"),),
    ),
    Rule(
        "page",
        "abbreviations",
        r"(?<![A-Za-z])pp?\.\s?(\d+)",
        lambda m: f"{number(m[1])}ページ",
        (("p. 12を読む", "十二ページを読む"),),
    ),
)
