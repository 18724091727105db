"""How much of what should have been said was not heard: texts brought to the same form, and their error rate.

Needs the extra ``listen``; nothing heavy is loaded before a rate is asked for.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from models.text.normalise import normalise


def error_rate(said: str, heard: str, language: str) -> float:
    """The share that was misheard: of words in English, syllables in Chinese, kana in Japanese, else characters.

    Figures are put into words first, on both sides: a recogniser writes them its own way. Homophones count as equal
    where the packages that read Chinese and Japanese are installed.
    """
    import jiwer

    reference, hypothesis = (comparable_sounds(normalise(text, language), language) or "-" for text in (said, heard))
    return float(jiwer.wer(reference, hypothesis))


def comparable_sounds(text: str, language: str) -> str:
    """``comparable_words``, in Chinese as syllables without tones; lone letters are put together: "A M" is "am"."""
    text = comparable_words(text, language)
    if language == "zh" and find_spec("pypinyin"):
        from pypinyin import lazy_pinyin

        return " ".join(lazy_pinyin(text.replace(" ", "")))
    return re.sub(r"\b(\w) (?=\w\b)", r"\1", text) if language == "en" else text


def comparable_words(text: str, language: str) -> str:
    """A text as it is compared: English in words, Chinese in simplified characters, Japanese in kana by its reading."""
    if language == "ja" and find_spec("pyopenjtalk"):
        import pyopenjtalk

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of the libraries among each other
            text = str(pyopenjtalk.g2p(text, kana=True))
    if language == "zh":
        text = _simplified().convert(text)
    text = unicodedata.normalize("NFKC", text).lower()
    text = re.sub(r"[’']", "", text)
    text = "".join(c if c.isalnum() else " " for c in text)
    if language == "en":
        text = re.sub(r"\d+", lambda m: f" {_spoken(m[0])} ", text)
        return " ".join(_american(word) for word in text.split())
    return " ".join(re.sub(r"\s", "", text))


@lru_cache(maxsize=1)
def _simplified() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def _spoken(digits: str) -> str:
    from num2words import num2words

    return re.sub(r"[^a-z]+", " ", num2words(int(digits)))


def _american(word: str) -> str:
    return {"vapour": "vapor", "colour": "color", "tonnes": "tons"}.get(word, word)
