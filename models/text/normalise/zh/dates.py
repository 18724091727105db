"""Dates: years digit by digit."""

from __future__ import annotations

from models.text.normalise.rule import Rule
from models.text.normalise.shared.dates import date, month
from models.text.normalise.zh.figures import ALONE, by_digits, number

_YEAR = r"(?:1[5-9]\d\d|20[0-4]\d)"

DATES = (
    Rule(
        "decade",
        "dates",
        r"(?<![\w.])((?:1[5-9]|20)\d0)s(?![A-Za-z\d])",
        lambda m: f"{by_digits(m[1])}年代",
        (("1920s的上海", "一九二零年代的上海"),),
    ),
    Rule(
        "quarter",
        "dates",
        r"(?<!\d)(?:19|20)\d\d(?=[QH][1-4](?![A-Za-z\d]))",
        lambda m: by_digits(m[0]),
        (("2022Q3的销量", "二零二二Q 三的销量"),),
    ),
    Rule(
        "month and day",
        "dates",
        r"(?<![\d/.])(1[0-2]|0?[1-9])/(3[01]|[12]\d|0?[1-9])(?=之?前|以前|截止|截至|到期|[(（](?:周|星期))",
        lambda m: f"{number(str(int(m[1])))}月{number(str(int(m[2])))}日",
        (("6/30前缴费", "六月三十日前缴费"),),
    ),
    month(by_digits, number, (("2021-09入学", "二零二一年九月入学"),)),
    Rule(
        "from year to year",
        "dates",
        rf"(?<![\w.-])({_YEAR})[-–—~]({_YEAR})(?=$|[，。；、）)\s])",
        lambda m: f"{by_digits(m[1])}到{by_digits(m[2])}",
        (("任期：2004-2008。", "任期：二零零四到二零零八。"),),
    ),
    date(by_digits, number, ALONE, (("2023/7/9开业", "二零二三年七月九日开业"),)),
    Rule(
        "life",
        "dates",
        r"(?<=[（(])(\d{4})[-–—~](\d{4})(?=[)）])",
        lambda m: f"{by_digits(m[1])}到{by_digits(m[2])}",
        (("苏轼（1037-1101）", "苏轼（一零三七到一一零一）"),),
    ),
    Rule(
        "year in brackets",
        "dates",
        r"(?<=[（(《\"])(?:1\d{3}|20[0-4]\d)(?=[)）》\"])",
        lambda m: by_digits(m[0]),
        (("初版（1871）", "初版（一八七一）"),),
    ),
    Rule(
        "a day of history",
        "dates",
        r"(\d{1,2})[·・/](\d{1,2})(?=晚会|事件|地震|运动|惨案|恐怖)",
        lambda m: by_digits(m[1] + m[2]),
        (("5·12地震", "五一二地震"),),
    ),
    Rule(
        "event named by its day",
        "dates",
        r"(?<!\d)\d{3}(?=事件)",
        lambda m: by_digits(m[0]),
        (("918事件", "九一八事件"),),
    ),
    Rule(
        "generation",
        "dates",
        r"(?<!\d)(?:[5-9]0|[01]0)(?=[后後](?!面|来|续|悔|的))",
        lambda m: by_digits(m[0]),
        (("90后员工", "九零后员工"),),
    ),
    Rule(
        "from year to school year",
        "dates",
        r"(?<!\d)(\d{4})\s?[-–—~至到]\s?(\d{4})(?=年|学年|學年|赛季|财年)",
        lambda m: f"{by_digits(m[1])}到{by_digits(m[2])}",
        (("2019-2020赛季", "二零一九到二零二零赛季"),),
    ),
    Rule(
        "year of three digits",
        "dates",
        r"(?<=[于於])\d{3}(?=年)",
        lambda m: by_digits(m[0]),
        (("建于618年", "建于六一八年"),),
    ),
    Rule(
        "year",
        "dates",
        r"(?<!\d)(\d{4}|\d{2}(?=年\d))\s?(?=年(?!级))",
        lambda m: by_digits(m[1]),
        (("1978 年", "一九七八年"), ("97年7月", "九七年七月")),
    ),
)
