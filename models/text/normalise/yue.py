"""Cantonese: Mandarin's rules, in the characters that Cantonese is written with."""

from __future__ import annotations

import re

from models.text.normalise.numbers import digits
from models.text.normalise.rule import Fired
from models.text.normalise.zh import spell as spell_mandarin

# Only what the rules put in is rewritten; the author's own characters stay as they are.
_WRITTEN = str.maketrans(
    "于幺点负万亿两约华氏赫兹千厘纳顷吨钟时么数摄压页个无穷开阶",
    "於一點負萬億兩約華氏赫茲千厘納頃噸鐘時麼數攝壓頁個無窮開階",
)
_TELEPHONE = re.compile(r"(?<![\d.,$])[235689]\d{3} \d{4}(?![\d.,])")  # eight digits in Hong Kong and Macau
_TOKENS = re.compile(r"[\u3400-\u9fff]+|[^\u3400-\u9fff]+")


def spell(text: str, trace: list[Fired] | None = None) -> str:
    """Cantonese text without digits or signs."""
    text = re.sub(r"(?<![A-Za-z])\$(?=\s?\d)", "¥", text)  # dollars of the place: 元
    text = _TELEPHONE.sub(lambda m: digits(m[0], "yue"), text)
    return "".join(part if part in text else written(part) for part in _TOKENS.findall(spell_mandarin(text, trace)))


def written(words: str) -> str:
    """Mandarin's words for figures, in the characters that Cantonese is written with."""
    return words.translate(_WRITTEN)
