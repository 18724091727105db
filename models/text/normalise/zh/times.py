"""Times of day and lengths of time."""

from __future__ import annotations

import re

from models.text.normalise.rule import Rule
from models.text.normalise.shared.times import half_day, zone
from models.text.normalise.zh.figures import count, number


def _time(m: re.Match[str]) -> str:
    hour, minute, second = int(m["h"]), int(m["m"]), m["s"]
    words = count(str(hour)) + "点"
    if minute or second:
        words += ("零" if 0 < minute < 10 else "") + number(str(minute)) + "分"
    return words + (f"{number(str(int(second)))}秒" if second else "")


TIMES = (
    half_day("上午", "下午", "点", (("出发：7pm", "出发：下午七点"),)),
    Rule("day and night", "times", r"(?<!\d)24/7(?!\d)", "七乘二十四小时", (("24/7客服", "七乘二十四小时客服"),)),
    zone("减", (("早上六点（UTC-5）", "早上六点（UTC减五）"),)),
    Rule(
        "time",
        "times",
        r"(?<![\d.:A-Za-z])(?P<h>[01]?\d|2[0-4])[:：](?P<m>[0-5]\d)(?:[:：](?P<s>[0-5]\d))?(?![\d:：])",
        _time,
        (("2:07起床", "两点零七分起床"), ("18:30:15", "十八点三十分十五秒")),
    ),
)
