"""Numbers with a unit, and things that are counted, with native numbers up to 99."""

from __future__ import annotations

import re

from models.text.normalise.ko.figures import ALONE, SIGNED, UNTIL, native, number, signed
from models.text.normalise.rule import Rule, either
from models.text.normalise.tables import words

UNITS = words("ko", "units")
COUNTERS = (
    "배|자루|조각|칸|그릇|접시|상자|봉지|통|쌍|팀|차례|나라|다발|척|채|바퀴|개(?!월|년|국)|"
    "명|사람|살|마리|권|장|잔|병|대|송이|그루|켤레|벌|시간|시|가지|군데|번째|달|곳"
)


def _temperature(m: re.Match[str]) -> str:
    scale = "화씨 " if m["u"] == "F" else "섭씨 "
    return f"{scale}{'영하 ' if m['a'][0] in '-−' else ''}{number(m['a'].lstrip('-−+'))}도"


def _unit(m: re.Match[str]) -> str:
    until = f"에서 {signed(m['b'])}" if m["b"] else ""
    return f"{signed(m['a'])}{until} {UNITS[m['u']]}"


QUANTITIES = (
    Rule(
        "speed an hour",
        "units",
        r"(?<=시속 )(\d+)\s?km/h",
        lambda m: f"{number(m[1])} 킬로미터",
        (("시속 80km/h", "시속 팔십 킬로미터"),),
    ),
    Rule(
        "temperature",
        "units",
        r"(?P<a>[-+−]?\d+(?:\.\d+)?)\s?(?:°(?P<u>[CF])|℃)",
        _temperature,
        (("-3℃", "섭씨 영하 삼도"), ("70°F", "화씨 칠십도")),
    ),
    Rule(
        "quantity",
        "units",
        rf"{ALONE}(?P<a>{SIGNED})(?:[%％]?{UNTIL}(?P<b>{SIGNED}))?\s?(?P<u>{either(UNITS)})(?![A-Za-z\d/^])"
        r"(?<!A(?=\s?[반동호열석조팀급]))",  # a class, a row, a team
        _unit,
        (("3~5km", "삼에서 오 킬로미터"), ("10%가 넘는다.", "십 퍼센트가 넘는다.")),
    ),
)
COUNTED = (
    Rule("age in tens", "units", r"(?<!\d)([1-9]0)대", lambda m: f"{number(m[1])}대", (("30대 남성", "삼십대 남성"),)),
    Rule(
        "score",
        "units",
        r"(?<!\d)(\d{1,2})\s?대\s?(\d{1,2})(?=로|의|\s?(?:승|무승부|패))",
        lambda m: f"{number(m[1])} 대 {number(m[2])}",
        (("2대 1로 졌다.", "이 대 일로 졌다."),),
    ),
    Rule(
        "counted, from and to",
        "units",
        rf"{ALONE}(\d{{1,2}}){UNTIL}(\d{{1,2}})\s?({COUNTERS})",
        lambda m: f"{native(m[1])} {m[3]}에서 {native(m[2])} {m[3]}",
        (("4-6명", "네 명에서 여섯 명"),),
    ),
    Rule(
        "counted",
        "units",
        rf"{ALONE}(\d{{1,2}})\s?(?={COUNTERS})",
        lambda m: f"{native(m[1])} ",
        (("고양이 20마리", "고양이 스무 마리"),),
    ),
)
