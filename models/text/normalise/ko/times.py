"""Times of day: native hours, Sino-Korean minutes."""

from __future__ import annotations

import re

from models.text.normalise.ko.figures import ALONE, native, number
from models.text.normalise.rule import Rule
from models.text.normalise.shared.times import half_day


def _time(m: re.Match[str]) -> str:
    minute = f" {number(str(int(m['m'])))}분" if int(m["m"]) else ""
    return f"{native(str(int(m['h'])))} 시{minute}"


TIMES = (
    half_day("오전 ", "오후 ", "시", (("7:20pm", "오후 일곱 시 이십분"),)),
    Rule(
        "until a time",
        "times",
        r"(?<=\d)\s?[-–~～]\s?(?=\d{1,2}:\d\d)",
        "에서 ",
        (("10:00-11:30", "열 시에서 열한 시 삼십분"),),
    ),
    Rule(
        "time",
        "times",
        rf"{ALONE}(?P<h>\d{{1,2}}):(?P<m>[0-5]\d)(?![\d:]|,\d)",
        _time,
        (("7:05에 출발한다.", "일곱 시 오분에 출발한다."),),
    ),
)
