"""How Mandarin says a number, and the patterns that a number is found by."""

from __future__ import annotations

from models.text.normalise.numbers import PLAIN, cardinal, digits

N = f"(?:{PLAIN})"
SIGNED = f"[-+]?{N}"
ALONE = r"(?<![\d.^A-Za-z/-])"  # no part of a longer number or word before it
UNTIL = r"\s?[-–—~至到]\s?"
IN_HAN = "\u3400-\u9fff"
# Before these, 2 is 两: things that are counted. Not dates, ordinals, tens or decimals.
COUNTED = (
    "层楼|岁|星期|侧|端|边|个|只|本|位|名|人|次|种|张|件|条|家|台|部|辆|座|支|枝|杯|瓶|碗|双|对|套|块|片|颗|棵|头|匹|"
    "米|千米|公里|千克|克|吨|升|倍|年(?!级)|周|天|小时|分钟|秒|点(?!\\d)|节|门|项|步|夜|晚|句|段|行|列|场|遍|口|间|"
    "元|美元|欧元|英镑|万|千|亿|百万|千万|"
    "個|隻|張|條|輛|雙|對|塊|顆|頭|噸|週|分鐘|點(?!\\d)|節|門|項|場|間|萬|億|歲|蚊"
)


def number(text: str) -> str:
    """A number, decimals included."""
    return cardinal(text, "zh")


def signed(text: str) -> str:
    """A number that may have a sign in front; a plus is not heard."""
    return ("负" if text[0] == "-" else "") + number(text.lstrip("-+"))


def count(text: str) -> str:
    """The number before something counted: 2 is 两."""
    return "两" if text == "2" else signed(text)


def by_digits(text: str) -> str:
    """Every digit by itself."""
    return digits(text, "zh")


def dialled(text: str) -> str:
    """Every digit by itself, as on the telephone: 1 is 幺."""
    return digits(text, "zh").replace("一", "幺")
