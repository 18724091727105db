"""Numbers in words, through num2words and cn2an; and how a number looks in text."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from models.errors import VoiceNotInstalled

PLAIN = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"  # 7  1,234.5  3.14
MAX_DIGITS = 16  # of the integer part, as far as cn2an goes; longer ones are read digit by digit

_KO_ZERO_TO_NINE = "영일이삼사오육칠팔구"
_EN_ZERO_TO_NINE = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def digits(text: str, language: str) -> str:
    """Each digit by itself; everything else is left out."""
    if language == "en":
        return " ".join(_EN_ZERO_TO_NINE[int(c)] for c in text if c.isdigit())
    names = _KO_ZERO_TO_NINE if language == "ko" else "零一二三四五六七八九"
    return "".join(names[int(c)] for c in text if c.isdigit())


@lru_cache(maxsize=4096)
def cardinal(text: str, language: str) -> str:
    """``1,234.5`` in words. Leading zeros and very long numbers are read digit by digit."""
    whole, _, fraction = text.replace(",", "").partition(".")
    if len(whole) > MAX_DIGITS or (len(whole) > 1 and whole[0] == "0"):
        words = digits(whole, language)
    elif language in ("zh", "yue"):
        words = str(_cn2an().an2cn(whole or "0", "low"))
    else:
        words = (
            _num2words()(int(whole or 0), lang=language).replace(",", "").replace(" ", "" if language == "ja" else " ")
        )
    if not fraction:
        return words
    point = {"en": " point ", "ko": " 점 "}.get(language, "点")
    return words + point + digits(fraction, language)


@lru_cache(maxsize=4096)
def ordinal(number: int) -> str:
    """English: 21 -> twenty-first."""
    return str(_num2words()(number, to="ordinal")).replace(",", "")


@lru_cache(maxsize=4096)
def year(number: int) -> str:
    """English: 1905 -> nineteen oh-five."""
    return str(_num2words()(number, to="year")).replace(",", "").replace("oh-", "oh ")


def _num2words() -> Any:
    try:
        from num2words import num2words
    except ImportError:
        raise _not_installed("num2words") from None
    return num2words


def _cn2an() -> Any:
    try:
        import cn2an
    except ImportError:
        raise _not_installed("cn2an") from None
    return cn2an


def _not_installed(name: str) -> VoiceNotInstalled:
    return VoiceNotInstalled(f"numbers cannot be read aloud: {name} is missing. Remedy: pip install 'narrator[kokoro]'")
