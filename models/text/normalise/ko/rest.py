"""What no rule of a kind has taken: plain numbers, and signs by their names."""

from __future__ import annotations

import re

from models.text.normalise.ko.figures import N, number
from models.text.normalise.rule import Rule
from models.text.normalise.tables import words

SIGNS = words("ko", "signs")
GREEK = words("ko", "greek")
_ALWAYS = "".join(sign for sign in SIGNS if sign not in "+#@&%")  # those may belong to a name: C#, AT&T
REST = (
    Rule("number after a letter", "rest", r"(?<=[A-Za-z])[-/]?(?=\d)", " ", (("MP3와 A-4", "MP 삼와 A 사"),)),
    Rule("number", "rest", N, lambda m: number(m[0]), (("1,204와 3.5", "천이백사와 삼 점 오"),)),
    Rule(
        "sign",
        "rest",
        f"[{re.escape(_ALWAYS)}]",
        lambda m: f" {SIGNS[m[0]]} ",
        (("x ≤ 2", "x 이하 이"),),
    ),
    Rule(
        "Greek letter",
        "rest",
        f"[{''.join(GREEK)}]",
        lambda m: f" {GREEK[m[0]]} ",
        (("π는 3.14", "파이 는 삼 점 일사"),),
    ),
    Rule("plus after a letter", "rest", r"(?<=[A-Za-z])\+(?=[\w(])", " 더하기 ", (("x+y", "x 더하기 y"),)),
    Rule(
        "sign that names may have",
        "rest",
        r"(?<![A-Za-z\d+])[#@&%+](?![A-Za-z])",
        lambda m: f" {SIGNS[m[0]]} ",
        (("빵 & 우유", "빵 앤드 우유"),),
    ),
    Rule("heard as nothing", "rest", r"[\\|*_^{}\[\]`<>]+", " ", (("{가} | [나]", "가 나"),)),
)
