"""Cantonese: a few rules of its own, then Mandarin's, in the characters that Cantonese is written with."""

from __future__ import annotations

import re

from models.text.normalise import zh
from models.text.normalise.rule import Fired, apply
from models.text.normalise.tables import words
from models.text.normalise.yue.money import MONEY
from models.text.normalise.yue.telephone import TELEPHONE

_CHARACTERS = str.maketrans(words("yue", "characters"))
_TOKENS = re.compile(r"[\u3400-\u9fff]+|[^\u3400-\u9fff]+")

RULES = (*MONEY, *TELEPHONE)  # Mandarin's follow, which read the same figures otherwise
ORDER: dict[tuple[str, str], str] = {}


def spell(text: str, trace: list[Fired] | None = None) -> str:
    """Cantonese text without digits or signs. A run of characters that the author wrote stays as it is."""
    text = apply(RULES, text, trace)
    mandarin: list[Fired] | None = None if trace is None else []
    said = zh.spell(text, mandarin)
    if trace is not None and mandarin:
        trace += [one._replace(gave=_rewritten(one.gave, one.took)) for one in mandarin]
    return _rewritten(said, text)


def written(text: str) -> str:
    """Mandarin's words for figures, in the characters that Cantonese is written with."""
    return text.translate(_CHARACTERS)


def _rewritten(said: str, text: str) -> str:
    return "".join(part if part in text else written(part) for part in _TOKENS.findall(said))
