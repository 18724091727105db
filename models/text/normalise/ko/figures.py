"""How Korean says a number, and the patterns that a number is found by."""

from __future__ import annotations

from models.text.normalise.numbers import PLAIN, cardinal, digits

N = f"(?:{PLAIN})"
SIGNED = f"[-+−]?{N}"
ALONE = r"(?<![\d.A-Za-z-])"  # no part of a longer number or word before it
UNTIL = r"\s?[-–—~～]\s?"
_TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
_ONES = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")


def number(text: str) -> str:
    """A Sino-Korean number, decimals included."""
    return cardinal(text, "ko")


def signed(text: str) -> str:
    """A number that may have a sign in front; a plus is not heard."""
    return ("마이너스 " if text[0] in "-−" else "") + number(text.lstrip("-−+"))


def native(text: str) -> str:
    """The number before something counted, 1 to 99; larger ones are Sino-Korean."""
    value = int(text)
    if not 1 <= value <= 99:
        return number(text)
    return "스무" if value == 20 else _TENS[value // 10] + _ONES[value % 10]


def by_digits(text: str) -> str:
    """Every digit by itself."""
    return digits(text, "ko")
