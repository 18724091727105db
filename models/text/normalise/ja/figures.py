"""How Japanese says a number, and the patterns that a number is found by."""

from __future__ import annotations

import re

from models.text.languages import HAN, KANA
from models.text.normalise.numbers import PLAIN, cardinal, digits

N = f"(?:{PLAIN})"
SIGNED = f"[-+]?{N}"
ALONE = r"(?<![\d.^A-Za-z-])"  # no part of a longer number or word before it
WIDE = f"{HAN}{KANA}"


def number(text: str) -> str:
    """A number, decimals included."""
    return cardinal(text, "ja")


def signed(text: str) -> str:
    """A number that may have a sign in front; a plus is not heard."""
    return ("マイナス" if text[0] == "-" else "") + number(text.lstrip("-+"))


def by_digits(text: str) -> str:
    """Every digit by itself."""
    return digits(text, "ja")


def dialled(text: str) -> str:
    """Every digit by itself, as on the telephone: 0 is ゼロ, and groups are joined by の."""
    return "の".join(digits(group, "ja").replace("零", "ゼロ") for group in re.findall(r"\d+", text))
