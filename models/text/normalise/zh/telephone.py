"""Numbers that are dialled, digit by digit."""

from __future__ import annotations

import re

from models.text.normalise.rule import Rule
from models.text.normalise.zh.figures import by_digits, dialled


def _telephone(m: re.Match[str]) -> str:
    return ("加" if m[0].startswith("+") else "") + dialled(m[0])


def _inside(m: re.Match[str]) -> str:
    """The numbers of a phrase as they are dialled, its words as they are."""
    return re.sub(r"\d+(?:[ -]\d+)*", lambda d: dialled(d[0]), m[0])


TELEPHONE = (
    Rule(
        "extension",
        "telephone",
        r"(?<=\d转)\d{1,5}(?!\d)",
        lambda m: by_digits(m[0]),
        (("021-55551234转207", "零二幺五五五五幺二三四转二零七"),),
    ),
    Rule(
        "inside line",
        "telephone",
        r"(?:内线|內線|分机|分機)(?:号码?|號碼?)?[是为為：:]?\s?\d{3,5}(?!\d)",
        _inside,
        (("分机号2103", "分机号二幺零三"),),
    ),
    Rule(
        "emergency number that is dialled",
        "telephone",
        r"(?<=打)(?<![拨撥请請]打)(?:999|911|11[0-9]|12[0-2])(?!\d)",
        _telephone,
        (("快打110！", "快打幺幺零！"),),
    ),
    Rule(
        "service number",
        "telephone",
        r"(?<!\d)(?:10086|10010|12306|12315)(?!\d)|(?<!\d)\d{5}(?=热线|客服)",
        lambda m: by_digits(m[0]),
        (("登录12306买票", "登录一二三零六买票"),),
    ),
    Rule(
        "telephone number",
        "telephone",
        r"(?<![\d.])\+?(?:86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)|(?<![\d.])0\d{2,3}-\d{7,8}(?!\d)"
        r"|[(（]0\d{2,3}[)）]\s?\d{7,8}(?!\d)|(?<![\d.-])[48]00-\d{3}-?\d{4}(?!\d)",
        _telephone,
        (
            ("手机139 1234 0000", "手机幺三九幺二三四零零零零"),
            ("（0755）8888001", "零七五五八八八八零零幺"),
            ("800-810-5555", "八零零八幺零五五五五"),
        ),
    ),
    Rule(
        "number after a call",
        "telephone",
        r"(?<=拨打|請打|请打|撥打|急救|火警|匪警|热线|熱線)\s?\d{3,8}(?:[或、和]\d{3,8})*",
        _inside,
        (("拨打95518或12345", "拨打九五五幺八或幺二三四五"),),
    ),
    Rule(
        "number after the word telephone",
        "telephone",
        r"(?:电话|電話)(?:号码|號碼)?[是为為係去：:]?\s?\d{3,4}[ -]?\d{0,4}(?!\d)|(?<![\d.])1[12]\d(?=报警|急救)",
        _inside,
        (("电话：5821 7614", "电话：五八二幺七六幺四"), ("用110报警", "用幺幺零报警")),
    ),
)
