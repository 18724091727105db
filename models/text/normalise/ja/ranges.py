"""From one to another."""

from __future__ import annotations

from models.text.normalise.ja.figures import ALONE, WIDE, N
from models.text.normalise.rule import Rule

_WAVE = "[~〜]"
_DAY = "[月火水木金土日]"

WAVES = (
    Rule(
        "from figure to figure",
        "ranges",
        rf"(?:(?<=[C度%])\s?{_WAVE}\s?(?=-?\d)|(?<=[\d{WIDE}])\s?{_WAVE}\s?(?=第?[\d一二三四五六七八九十])"
        rf"|{_WAVE}(?=午[前後]))",
        "から",
        (("二〜三人", "二から三人"), ("-8°C〜3°C", "マイナス八度から三度"), ("朝〜午後", "朝から午後")),
    ),
    Rule(
        "from day to day",
        "ranges",
        rf"(?<={_DAY}){_WAVE}(?={_DAY})|(?<=曜)[-~〜](?={_DAY})",
        "から",
        (("火〜木は休み", "火から木は休み"), ("火曜-木曜", "火曜から木曜")),
    ),
    Rule(
        "from then on",
        "ranges",
        rf"(?<=[時日月年円分]){_WAVE}(?=$|[、。\s)）])",
        "から",
        (("受付は9時〜", "受付は九時から"),),
    ),
    Rule(
        "from time to time",
        "ranges",
        r"(?<=\d)\s?[-–]\s?(?=\d{1,2}[:：]\d\d)|(?<=\d[時日月年分円回人個])[-–](?=\d)",
        "から",
        (("9:00-10:30", "九時から十時三十分"), ("3日-5日", "三日から五日")),
    ),
)
RANGES = (
    Rule(
        "from number to number",
        "ranges",
        rf"{ALONE}({N})\s?[-–—~〜]\s?(?={N}(?!\s?=))(?<!\s-\s)",
        r"\1から",
        (("6-9頁", "六から九頁"),),
    ),
)
