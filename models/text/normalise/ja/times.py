"""Times of day."""

from __future__ import annotations

import re

from models.text.normalise.ja.figures import number
from models.text.normalise.rule import Rule
from models.text.normalise.shared.times import half_day, zone


def _time(m: re.Match[str]) -> str:
    minute = f"{number(str(int(m['m'])))}分" if int(m["m"]) or m["s"] else ""
    return f"{number(str(int(m['h'])))}時{minute}" + (f"{number(str(int(m['s'])))}秒" if m["s"] else "")


TIMES = (
    half_day("午前", "午後", "時", (("出発は7pm", "出発は午後七時"),)),
    zone("マイナス", (("朝六時（UTC-5）", "朝六時（UTCマイナス五）"),)),
    Rule(
        "time",
        "times",
        r"(?<![\d.:A-Za-z])(?P<h>[01]?\d|2[0-4])[:：](?P<m>[0-5]\d)(?:[:：](?P<s>[0-5]\d))?(?![\d:：])",
        _time,
        (("6:07に起きる", "六時七分に起きる"), ("18:30:15", "十八時三十分十五秒")),
    ),
)
