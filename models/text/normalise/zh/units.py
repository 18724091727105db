"""Numbers with a unit, and things that are counted."""

from __future__ import annotations

import re

from models.text.normalise.rule import Rule, either
from models.text.normalise.tables import words
from models.text.normalise.zh.figures import ALONE, COUNTED, SIGNED, UNTIL, N, by_digits, count, number, signed

UNITS = words("zh", "units")
UNIT = either(UNITS)
_BY_ITSELF = r"km/h|m/s|km\^2|m\^2|cm\^2|km|cm|mm|kg|mg|mL|ml|kW|kWh|dB"
_COMPASS = {"N": "北纬", "S": "南纬", "E": "东经", "W": "西经"}


def _percent(m: re.Match[str]) -> str:
    of = {"‰": "千分之", "‱": "万分之"}.get(m["u"], "百分之")
    figures = "百" if m["a"] == "100" else number(m["a"].lstrip("-+"))
    said = f"{'负' if m['a'].startswith('-') else ''}{of}{figures}"
    return f"{said}到{of}{number(m['b'])}" if m["b"] else said


def _temperature(m: re.Match[str]) -> str:
    low = "零下" if m["a"].startswith("-") else ""
    if low and m["b"] and m["u"] != "F":  # below and above zero: each with its unit
        high = f"{'零下' if m['b'].startswith('-') else ''}{number(m['b'].lstrip('-+'))}"
        return f"零下{number(m['a'][1:])}摄氏度到{high}摄氏度"
    degrees = low + number(m["a"].lstrip("-+")) + (f"到{signed(m['b'])}" if m["b"] else "")
    return f"华氏{degrees}度" if m["u"] == "F" else f"{degrees}摄氏度"


def _quantity(m: re.Match[str]) -> str:
    unit = UNITS[m["u"]] + (f"每{UNITS[m['per']]}" if m["per"] else "")
    return f"{signed(m['a'])}到{signed(m['b'])}{unit}" if m["b"] else count(m["a"]) + unit


def _amperes(m: re.Match[str]) -> str:
    """10A, but not of a bus, a row or a class."""
    return m[0] if re.search(r"(?:巴士|[路线線座室栋棟班组組])\s?\d+$", m.string[: m.start()]) else "安"


SPECIAL = (
    Rule(
        "minutes and seconds of an angle, by themselves",
        "units",
        r"(?<=\d)(['\"])(?=\s?=|$|[，。、；）)])",
        lambda m: "分" if m[1] == "'" else "秒" if "°" in m.string else m[1],
        (("30′=0.5°", "三十分等于零点五度"),),
    ),
    Rule(
        "centimetres after metres",
        "units",
        r"(?<=\d米)\d\d(?![\d.])",
        lambda m: by_digits(m[0]),
        (("身高1米63", "身高一米六三"),),
    ),
    Rule(
        "inches",
        "units",
        r"(\d+(?:\.\d+)?(?:/\d+)?)\"(?=[屏管显硬螺钢轮电])",
        r"\1英寸",
        (('27"显示器', "二十七英寸显示器"),),
    ),
    Rule(
        "hours a day",
        "units",
        r"(?<![\w.])(\d+)h/(?=[天日周])",
        lambda m: f"{number(m[1])}小时每",
        (("运行：8h/天", "运行：八小时每天"),),
    ),
    Rule("times as fast", "units", r"(?<=\d)x(?=速)", "倍", (("用1.5x速播放", "用一点五倍速播放"),)),
    Rule("per cent a year", "units", r"(?<=%)/(?=[年月日天])", "每", (("利息3%/月", "利息百分之三每月"),)),
    Rule(
        "amount in an amount",
        "units",
        rf"{ALONE}({N})\s?({UNIT})/({N})\s?({UNIT})(?![A-Za-z\d/^])",
        lambda m: f"{count(m[1])}{UNITS[m[2]]}每{number(m[3])}{UNITS[m[4]]}",
        (("含糖5g/100mL", "含糖五克每一百毫升"),),
    ),
    Rule(
        "latitude and longitude",
        "units",
        r"(\d+(?:\.\d+)?)°([NSEW])(?![A-Za-z])",
        lambda m: f"{_COMPASS[m[2]]}{number(m[1])}度",
        (("位于40°N", "位于北纬四十度"),),
    ),
    Rule(
        "minutes and seconds",
        "units",
        r"(\d{1,3})'(\d{1,2})\"",
        lambda m: f"{number(m[1])}分{number(m[2])}秒",
        (("用时4′35″夺冠", "用时四分三十五秒夺冠"),),
    ),
    Rule(
        "minutes of an angle",
        "units",
        r"(?<=°)(\d{1,2})'",
        lambda m: f"{number(m[1])}分",
        (("北纬23°26′附近", "北纬二十三度二十六分附近"),),
    ),
    Rule(
        "hours and minutes",
        "units",
        r"(?<![A-Za-z\d.])(\d+)h(?=\d)",
        lambda m: f"{number(m[1])}小时",
        (("耗时2h45min", "耗时二小时四十五分钟"),),
    ),
    Rule(
        "kelvin",
        "units",
        r"(?<![A-Za-z\d-]\d\d\d)(?<=\d\d\d)\s?K(?![A-Za-z\d])|(?<=\d)\sK(?![A-Za-z\d])",  # 4K is a screen
        "开",
        (("约273K", "约二百七十三开"), ("低至4 K", "低至四开")),
    ),
    Rule(
        "amperes",
        "units",
        r"(?<=\d)\s?A(?=[，。、；）,;)]|$|的?电流)",  # but 5A景区
        _amperes,
        (("保险丝16A。", "保险丝十六安。"), ("乘12路9A。", "乘十二路九A。")),
    ),
)
QUANTITIES = (
    Rule(
        "from per cent to per cent",
        "units",
        rf"(?P<a>{SIGNED})\s?%?{UNTIL}(?P<b>{N})\s?(?P<u>%)",
        _percent,
        (("占20%~30%", "占百分之二十到百分之三十"),),
    ),
    Rule(
        "per cent",
        "units",
        rf"(?P<a>{SIGNED})\s?(?P<u>[%‰‱])(?P<b>)",
        _percent,
        (("-4%", "负百分之四"), ("100%", "百分之百"), ("3‰", "千分之三")),
    ),
    Rule(
        "temperature",
        "units",
        rf"(?:华氏|摄氏)?(?P<a>{SIGNED})(?:\s?(?:°C)?{UNTIL}(?P<b>{SIGNED}))?\s?°(?P<u>[CF])",
        _temperature,
        (("-8℃~3℃", "零下八摄氏度到三摄氏度"), ("华氏101°F", "华氏一百零一度")),
    ),
    Rule(
        "quantity",
        "units",
        rf"{ALONE}(?P<a>{SIGNED})(?:{UNTIL}(?P<b>{SIGNED}))?\s?(?P<u>{UNIT})(?:/(?P<per>{UNIT}))?(?![A-Za-z\d/^])",
        _quantity,
        (("2kg米", "两千克米"), ("3-5km", "三到五千米"), ("80g/mol", "八十克每摩尔")),
    ),
)
PER = (
    Rule(
        "for each",
        "units",
        r"(?<=[元米次个人天件])/(?=[个只本次人天年月日周小分秒平台件套位斤公吨千克升米张份瓶盒包箱袋杯碗块节课门晚间])",
        "每",
        (("300元/晚", "三百元每晚"),),
    ),
    Rule(
        "for each unit",
        "units",
        rf"(?<=[\u3400-\u9fff])/(?P<u>{UNIT})(?![A-Za-z\d/])",
        lambda m: "每" + UNITS[m["u"]],
        (("8元/kg", "八元每千克"),),
    ),
    Rule(
        "unit by itself",
        "units",
        rf"(?<![A-Za-z\d/])(?:{_BY_ITSELF})(?![A-Za-z\d/^])",
        lambda m: UNITS[m[0]],
        (("单位是cm。", "单位是厘米。"),),
    ),
)
TWO = (
    Rule(
        "two of something",
        "units",
        rf"{ALONE}(?<!第)2(?=(?:多|来)?(?:{COUNTED}))",
        "两",
        (("2本书", "两本书"),),
    ),
)
