"""Numbers that name something: parts of a book, codes, rooms, series, versions."""

from __future__ import annotations

import re

from models.text.normalise.rule import Rule, either
from models.text.normalise.shared.identifiers import roman_kind, roman_ordinal
from models.text.normalise.tables import rows
from models.text.normalise.zh.figures import ALONE, by_digits, dialled, number

_CODES = (
    "股票代码|基金代码|尾号|邮编|郵編|验证码|驗證碼|密码|密碼|"
    "学号|工号|编号|卡号|账号|帐号|证号|房间号|车牌|QQ|区号|口令"
)
_SERIES = "RTX|GTX|RX|ISO|RFC|HTTP|IEEE|GB|错误码|状态码|端口"
_BOOKS = either(rows("zh", "books"))
_NAMES = either(rows("zh", "named_by_digits"))


def _version(text: str) -> str:
    return "点".join(by_digits(part) if len(part) > 1 else number(part) for part in text.split("."))


def _verses(m: re.Match[str]) -> str:
    return f"{m[1]}{number(m[2])}章{number(m[3])}{'到' + number(m[4]) if m[4] else ''}节"


PARTS = (
    Rule(
        "verse",
        "identifiers",
        rf"({_BOOKS})\s?(\d{{1,3}})[:：](\d{{1,3}})(?:[-–~](\d{{1,3}}))?(?![\d:：])",
        _verses,
        (("诗篇23:1-4", "诗篇二十三章一到四节"),),
    ),
    Rule(
        "end of a strand",
        "identifiers",
        r"(?<![A-Za-z\d.])([35])'(?=[端到→帽非])",
        lambda m: f"{number(m[1])}撇",
        (("DNA的5′端", "DNA的五撇端"),),
    ),
    Rule(
        "step of so many",
        "identifiers",
        r"(?<=步骤)\s?(\d{1,3})/(\d{1,3})(?![\d/])",
        lambda m: f"{number(m[1])}，共{number(m[2])}步",
        (("步骤2/4", "步骤二，共四步"),),
    ),
    Rule(
        "part of so many",
        "identifiers",
        r"第(\d{1,3})/(\d{1,3})([步页题題章课節节天周集])",
        lambda m: f"第{number(m[1])}{m[3]}，共{number(m[2])}{m[3]}",
        (("第3/12集", "第三集，共十二集"),),
    ),
    Rule(
        "name of digits",
        "identifiers",
        rf"(?<![\d.])(?:(?:{_NAMES})(?:/(?:{_NAMES}))+(?![\d.])"
        rf"|(?:{_NAMES})(?=高校|工程|院校|大学|工作制|大促|购物节|晚会))",
        lambda m: "、".join(map(dialled, m[0].split("/"))),
        (("抵制996工作制", "抵制九九六工作制"), ("非211/985不招", "非二幺幺、九八五不招")),
    ),
    Rule(
        "book number",
        "identifiers",
        r"\bISBN[:：]?\s?[\d-]+[\dX]",
        lambda m: re.sub(r"\d+", lambda d: by_digits(d[0]), m[0].replace("-", " ")),
        (("ISBN 7-02-002-7", "ISBN 七 零二 零零二 七"),),
    ),
    Rule(
        "standard of a year",
        "identifiers",
        r"(?<![A-Za-z])((?:GB|ISO|IEC|IEEE|DIN|JIS|EN|BS)(?:/[A-Z]{1,3})?)\s?(\d{2,5})[-:：](\d{4})(?!\d)",
        lambda m: f"{m[1].replace('/', ' ')} {by_digits(m[2])} {by_digits(m[3])}",
        (("标准GB/T 3100-1993", "标准GB T 三一零零 一九九三"),),
    ),
    Rule(
        "section sign",
        "identifiers",
        r"§\s?(\d+(?:\.\d+)*)",
        lambda m: f"第{_version(m[1])}节",
        (("参看§2.4", "参看第二点四节"),),
    ),
)
IDENTIFIERS = (
    roman_ordinal("章节節部卷篇条條期阶階段季单單元级級类類", (("第XII卷", "第十二卷"),)),
    roman_kind("型级級类類期度区區", "纪", (("亨利VIII世", "亨利八世"), ("II型糖尿病", "二型糖尿病"))),
    Rule(
        "code",
        "identifiers",
        rf"({_CODES})(?:号码?)?([是为：:]?\s?)(\d{{2,}})(?![\d.])",
        lambda m: m[0].replace(m[3], by_digits(m[3])),
        (("密码是2580", "密码是二五八零"),),
    ),
    Rule(
        "number of a room or a flight",
        "identifiers",
        r"(?<![\d.])\d{3,4}(?=(?:号?室|号?房间|号房|教室|航班))",
        lambda m: by_digits(m[0]),
        (("在1104教室", "在一一零四教室"),),
    ),
    Rule(
        "number of a series",
        "identifiers",
        rf"(?<![A-Za-z])((?:{_SERIES})[ -]?|[A-Z]{{1,4}}-?)(\d{{3,5}})(?![\d.,%:A-Za-z年月个人元倍次])",
        lambda m: f"{m[1].rstrip('- ')} {by_digits(m[2])}",
        (("端口8080", "端口 八零八零"), ("乘MU-5137", "乘MU 五一三七")),
    ),
    Rule(
        "version",
        "identifiers",
        rf"(?:{ALONE}|(?<=[A-Za-z]))\d+(?:\.\d+){{2,}}(?![\d.])",
        lambda m: f" {_version(m[0])}",
        (("固件7.0.25", "固件 七点零点二五"),),
    ),
    Rule(
        "figure of a chapter",
        "identifiers",
        r"([图圖表式例])\s?[(（]?(\d+)-(\d+)",
        lambda m: f"{m[1]}{number(m[2])}杠{number(m[3])}",
        (("见表 5-2", "见表五杠二"),),
    ),
)
