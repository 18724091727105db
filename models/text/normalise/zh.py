"""Mandarin: figures, dates, times, money, units and signs in characters; Cantonese differs in a few of them."""

from __future__ import annotations

import re

from models.text.languages import HAN
from models.text.normalise.common import (
    ARROWS,
    DIFFERENTIAL,
    DIVISION,
    FACTORIAL,
    LIMIT,
    POWER,
    PRIME,
    differential,
    roman,
)
from models.text.normalise.numbers import PLAIN, cardinal, digits
from models.text.normalise.rule import Fired, apply
from models.text.normalise.shared.abbreviations import latin
from models.text.normalise.shared.address import ADDRESS
from models.text.normalise.shared.maths import CHARGE, COMPOUND, FORMULA, compound, formula
from models.text.normalise.shared.money import millions
from models.text.normalise.shared.times import half_day
from models.text.normalise.zh_words import COUNTED, CURRENCIES, GREEK, SIGNS, UNITS

Match = re.Match[str]


def spell(text: str, trace: list[Fired] | None = None) -> str:
    """Mandarin text without digits or signs. A digit in a foreign word is Chinese, too (MP3, 5G); not in an address."""
    text = apply((half_day("上午", "下午", "点", ()), millions(()), *ADDRESS, latin(())), text, trace)
    for pattern, rule in _RULES:
        text = pattern.sub(rule, text)
    return text


def _n(text: str) -> str:
    return cardinal(text, "zh")


def _signed(text: str) -> str:
    return ("负" if text[0] in "-−" else "") + _n(text.lstrip("-−+"))


def _count(text: str) -> str:
    """Before something counted: 2 is 两."""
    return "两" if text == "2" else _signed(text)


def _date(m: Match) -> str:
    if not (1 <= int(m["m"]) <= 12 and 1 <= int(m["d"]) <= 31):
        return m[0]
    return f"{digits(m['y'], 'zh')}年{_n(str(int(m['m'])))}月{_n(str(int(m['d'])))}日"


def _time(m: Match) -> str:
    hour, minute, second = int(m["h"]), int(m["m"]), m["s"]
    words = ("两" if hour == 2 else _n(str(hour))) + "点"
    if minute or second:
        words += ("零" if 0 < minute < 10 else "") + _n(str(minute)) + "分"
    return words + (f"{_n(str(int(second)))}秒" if second else "")


def _percent(m: Match) -> str:
    of = {"‰": "千分之", "‱": "万分之"}.get(m["u"], "百分之")
    words = ("负" if m["a"][0] in "-−" else "") + of + ("百" if m["a"] == "100" else _n(m["a"].lstrip("-−+")))
    return f"{words}到{of}{_n(m['b'])}" if m["b"] else words


def _temperature(m: Match) -> str:
    low = "零下" if m["a"][0] in "-−" else ""
    if low and m["b"] and m["u"] != "F":  # below and above zero: each with its unit
        return f"零下{_n(m['a'][1:])}摄氏度到{'零下' if m['b'][0] in '-−' else ''}{_n(m['b'].lstrip('-−+'))}摄氏度"
    degrees = low + _n(m["a"].lstrip("-−+")) + (f"到{_signed(m['b'])}" if m["b"] else "")
    return f"华氏{degrees}度" if m["u"] == "F" else f"{degrees}摄氏度"


def _money(m: Match) -> str:
    amount = re.sub(r"\.00$", "", m["n"])
    return f"{'负' if m['sign'] else ''}{_count(amount)}{m['scale'] or ''}{CURRENCIES[m['c']]}"


def _money_range(m: Match) -> str:
    return f"{_n(m['a'])}到{_n(m['b'])}{m['scale']}{CURRENCIES[m['c']]}"


def _unit(m: Match) -> str:
    unit = UNITS[m["u"].replace("µ", "μ")]
    if m["per"]:
        unit += "每" + UNITS[m["per"].replace("µ", "μ")]
    if m["b"]:
        return f"{_signed(m['a'])}到{_signed(m['b'])}{unit}"
    return _count(m["a"]) + unit


def _reaction(m: Match) -> str:
    """2H2 + O2 → 2H2O, but 3 + A → B as it is."""
    return re.sub("[→⟶]", "生成", m[0]) if "+" in m[0] and re.search(r"[A-Z][a-z]?\d", m[0]) else m[0]


def _version(text: str) -> str:
    return "点".join(digits(part, "zh") if len(part) > 1 else _n(part) for part in text.split("."))


def _phone(m: Match) -> str:
    plus = "加" if m[0].startswith("+") else ""
    return plus + digits(m[0], "zh").replace("一", "幺")


def _pages(m: Match) -> str:
    return f"第{_n(m[1])}{'到' + _n(m[2]) if m[2] else ''}页"


def _amperes(m: Match) -> str:
    """10A, but not of a bus, a row or a class."""
    return m[0] if re.search(r"(?:巴士|[路线線座室栋棟班组組])\s?\d+$", m.string[: m.start()]) else "安"


def _verses(m: Match) -> str:
    """马太福音5:3-12."""
    return f"{_n(m[1])}章{_n(m[2])}{'到' + _n(m[3]) if m[3] else ''}节"


def _series(m: Match) -> str:
    """A model's or a flight's number, digit by digit."""
    return f"{m[1].rstrip('- ')} {digits(m[2], 'zh')}"


def _fraction(m: Match) -> str:
    if m["u"] and int(m["a"]) > int(m["b"]):  # 120/80mmHg
        return f"{_n(m['a'])}比{_n(m['b'])}{UNITS[m['u']]}"
    whole = f"{_n(m['w'])}又" if m["w"] else ""
    return f"{whole}{_n(m['b'])}分之{_n(m['a'])}{UNITS[m['u']] if m['u'] else ''}"


def _power(m: Match) -> str:
    exponent = m["e"].strip("{}()")
    words = re.sub(r"\d+", lambda d: _n(d[0]), exponent.replace("-", "负"))
    return f"{m['x']}的{'平' if exponent == '2' else '立' if exponent == '3' else words + '次'}方"


N = f"(?:{PLAIN})"
_SIGNED = f"[-+−]?{N}"
_ALONE = r"(?<![\d.^A-Za-z/-])"
_UNTIL = r"\s?[-–—~～至到]\s?"
_CURRENCY = "|".join(re.escape(c) for c in sorted(CURRENCIES, key=len, reverse=True))
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True)).replace("μ", "[μµ]")

_BARE = r"km/h|m/s|km\^2|m\^2|cm\^2|km|cm|mm|kg|mg|mL|ml|kW|kWh|dB"  # a unit by itself
_COMPASS = {"N": "北纬", "S": "南纬", "E": "东经", "W": "西经"}
_CODES = (
    "股票代码|基金代码|尾号|邮编|郵編|验证码|驗證碼|密码|密碼|"
    "学号|工号|编号|卡号|账号|帐号|证号|房间号|车牌|QQ|区号|口令"
)
_SERIES = "RTX|GTX|RX|ISO|RFC|HTTP|IEEE|GB|错误码|状态码|端口"

_RULES = [
    (re.compile(pattern), rule)
    for pattern, rule in (
        (r"(?<=[\"」》])\s?>\s?(?=[\"「《])", lambda _: "，"),  # 「文件」>「另存为」
        (r"(?<=\d转)\d{1,5}(?!\d)", lambda m: digits(m[0], "zh")),  # an extension
        (r"(?<![A-Za-z])[Vv]ol\.\s?(\d+)", lambda m: f"第{_n(m[1])}卷"),
        (r"(?<![A-Za-z])Op\.\s?(?=\d)", lambda _: "作品"),
        (r"(?<![\w.])((?:1[5-9]|20)\d0)s(?![A-Za-z\d])", lambda m: f"{digits(m[1], 'zh')}年代"),
        (r"比分[是为為：:]?\s?\d+-\d+(?:[、，,]\s?\d+-\d+)*", lambda m: m[0].replace("-", "比")),
        (r"(?<=福音|世记|及记|诗篇|箴言|示录|马书)\s?(\d{1,3})[:：](\d{1,3})(?:[-–~](\d{1,3}))?(?![\d:：])", _verses),
        (r"(?<=[\dMN])[:：](?=[MN](?![A-Za-z]))", lambda _: "对"),
        (r"(?<![A-Za-z\d.])([35])['′](?=[端到→帽非])", lambda m: f"{_n(m[1])}撇"),
        (r"(?<=\d)·(?=\d*H2O)", lambda _: "点"),
        (r"(?<!\d)24/7(?!\d)", lambda _: "七乘二十四小时"),
        (r"(?<=[评得打]分)([为是：:]?\s?)(\d+(?:\.\d+)?)/(\d+)", lambda m: f"{m[1]}{_n(m[2])}分满分{_n(m[3])}分"),
        (CHARGE, lambda m: f" {_n(m[1]) if m[1] else ''}{'正' if m[2] == '+' else '负'}"),
        (r"\^(\d)√", lambda m: f"{_n(m[1])}次根号"),
        (LIMIT, lambda m: f"{m[1]}趋于{m[2]}时"),
        (r"(?<![A-Za-z])(sin|cos|tan|cot|ln|lg)([xyαβθt])(?![A-Za-z])", lambda m: f"{m[1]} {m[2]}"),
        (DIFFERENTIAL, differential),
        (PRIME, lambda m: m[1] + "撇" * len(m[2])),
        (
            r"(?<=\d)(['\"])(?=\s?=|$|[，。、；）)])",
            lambda m: "分" if m[1] == "'" else "秒" if "°" in m.string else m[1],
        ),
        (r"\s?>{2,3}(?=\s?[\"」》）)])", lambda _: ""),  # "下一步 >>"
        (r"(?<=按)([→←↑↓])键?", lambda m: f"{ARROWS[m[1]]}箭头键"),
        (
            r"(?:内线|內線|分机|分機)(?:号码?|號碼?)?[是为為：:]?\s?\d{3,5}(?!\d)",
            lambda m: re.sub(r"\d+", _phone, m[0]),
        ),
        (r"(?<=打)(?<![拨撥请請]打)(?:999|911|11[0-9]|12[0-2])(?!\d)", _phone),
        (r"(?<=\d米)\d\d(?![\d.])", lambda m: digits(m[0], "zh")),
        (r"(?<=步骤)\s?(\d{1,3})/(\d{1,3})(?![\d/])", lambda m: f"{_n(m[1])}，共{_n(m[2])}步"),
        (
            r"第(\d{1,3})/(\d{1,3})([步页題题章课節节天周集])",
            lambda m: f"第{_n(m[1])}{m[3]}，共{_n(m[2])}{m[3]}",
        ),
        (r"(\d+(?:\.\d+)?(?:/\d+)?)\"(?=[屏管显硬螺钢轮电])", lambda m: f"{m[1]}英寸"),
        (r"(?<![\w.])(\d+)h/(?=[天日周])", lambda m: f"{_n(m[1])}小时每"),
        (r"(?<=\d)x(?=速)", lambda _: "倍"),
        (r"(?<!\d)985/211(?!\d)", lambda _: "九八五、二幺幺"),
        (r"(?<![\d.])(?:985|211|996|007|618|315)(?=高校|工程|院校|大学|工作制|大促|购物节|晚会)", _phone),
        (r"(?<=角)∠", lambda _: ""),
        (r"(?<![A-Za-z])pp?\.\s?(\d+)(?:\s?[-–~]\s?(\d+))?", _pages),
        (r"log_(\d+) ?(\d+|[A-Za-z])", lambda m: f"以{_n(m[1])}为底{_n(m[2]) if m[2].isdigit() else m[2]}的对数"),
        (r"\bISBN[:：]?\s?[\d-]+[\dX]", lambda m: re.sub(r"\d+", lambda d: digits(d[0], "zh"), m[0].replace("-", " "))),
        (
            r"(?<![A-Za-z])((?:GB|ISO|IEC|IEEE|DIN|JIS|EN|BS)(?:/[A-Z]{1,3})?)\s?(\d{2,5})[-:：](\d{4})(?!\d)",
            lambda m: f"{m[1].replace('/', ' ')} {digits(m[2], 'zh')} {digits(m[3], 'zh')}",
        ),
        (r"(?<!\d)(?:19|20)\d\d(?=[QH][1-4](?![A-Za-z\d]))", lambda m: digits(m[0], "zh")),
        (
            r"(?<![\d/.])(1[0-2]|0?[1-9])/(3[01]|[12]\d|0?[1-9])(?=之?前|以前|截止|截至|到期|[(（](?:周|星期))",
            lambda m: f"{_n(str(int(m[1])))}月{_n(str(int(m[2])))}日",
        ),
        (r"(?<=[%％])/(?=[年月日天])", lambda _: "每"),
        (
            rf"{_ALONE}({N})\s?({_UNIT})/({N})\s?({_UNIT})(?![A-Za-z\d/^])",
            lambda m: f"{_count(m[1])}{UNITS[m[2]]}每{_n(m[3])}{UNITS[m[4]]}",
        ),
        (rf"{_ALONE}(?<!第)2{_UNTIL}(?=\d+(?:{COUNTED}))", lambda _: "两到"),
        (r"§\s?(\d+(?:\.\d+)*)", lambda m: f"第{_version(m[1])}节"),
        (r"(?<=二进制)\d+|(?<=二进制数)\d+", lambda m: digits(m[0], "zh")),
        (r"(?<![A-Za-z\d])0[xX][\dA-Fa-f]+(?![A-Za-z\d])", lambda m: re.sub(r"\d", lambda d: _n(d[0]), " ".join(m[0]))),
        (r"(?<==)([A-Za-z])/([A-Za-z])(?![A-Za-z])", lambda m: f"{m[1]}除以{m[2]}"),
        (r"\b(UTC|GMT)\s?-(?=\d)", lambda m: f"{m[1]}减"),
        (r"(\d+(?:\.\d+)?)°([NSEW])(?![A-Za-z])", lambda m: f"{_COMPASS[m[2]]}{_n(m[1])}度"),
        (r"(\d{1,3})['′](\d{1,2})[\"″]", lambda m: f"{_n(m[1])}分{_n(m[2])}秒"),
        (r"(?<=°)(\d{1,2})['′]", lambda m: f"{_n(m[1])}分"),
        (r"(?<![A-Za-z\d.])(\d+)h(?=\d)", lambda m: f"{_n(m[1])}小时"),
        (
            r"(?<![\d.A-Za-z-])((?:19|20)\d\d)[-/](0[1-9]|1[0-2])(?![\d/-])",
            lambda m: f"{digits(m[1], 'zh')}年{_n(str(int(m[2])))}月",
        ),
        (
            r"(?<![\w.-])(1[5-9]\d\d|20[0-4]\d)[-–—~～](1[5-9]\d\d|20[0-4]\d)(?=$|[，。；、）)\s])",
            lambda m: f"{digits(m[1], 'zh')}到{digits(m[2], 'zh')}",
        ),
        (
            rf"(?P<c>{_CURRENCY})\s?(?P<a>{N})\s?[-–—~～]\s?(?P=c)?(?P<b>{N})(?P<scale>[万亿千百萬億]?)(?:元|美元)?",
            _money_range,
        ),
        (
            r"(?<![A-Za-z\d-]\d\d\d)(?<=\d\d\d)\s?K(?![A-Za-z\d])|(?<=\d)\sK(?![A-Za-z\d])",
            lambda _: "开",
        ),  # 300K; but 4K is a screen
        (r"(?<=\d)\s?A(?=[，。、；）,;)]|$|的?电流)", _amperes),  # but 5A景区
        (rf"{_ALONE}(?P<y>\d{{4}})(?P<x>[-/.])(?P<m>\d{{1,2}})(?P=x)(?P<d>\d{{1,2}})(?![\d.-])", _date),
        (r"(?<=[（(])(\d{4})[-–—~～](\d{4})(?=[)）])", lambda m: f"{digits(m[1], 'zh')}到{digits(m[2], 'zh')}"),
        (r"(?<=[（(《\"])(?:1\d{3}|20[0-4]\d)(?=[)）》\"])", lambda m: digits(m[0], "zh")),
        (r"(\d{1,2})[·・/](\d{1,2})(?=晚会|事件|地震|运动|惨案|恐怖)", lambda m: digits(m[1] + m[2], "zh")),
        (r"(?<=第)\s?([IVXL]+)\s?(?=[章节節部卷篇条條期阶階段季单單元级級类類])", lambda m: roman(m[1])),
        (
            r"(?<![A-Za-z])([IVX]+)(?=世(?!纪))|(?<![A-Za-z])(I{1,3}|IV|VI{1,3}|IX)(?=[型级級类類期度区區])",
            lambda m: roman(m[0]),
        ),
        (
            r"(?<!\d)(\d{4})\s?[-–—~～至到]\s?(\d{4})(?=年|学年|學年|赛季|财年)",
            lambda m: f"{digits(m[1], 'zh')}到{digits(m[2], 'zh')}",
        ),
        (
            r"(?<!\d)(?:[5-9]0|[01]0)(?=[后後](?!面|来|续|悔|的))|(?<!\d)\d{3}(?=事件)|(?<!\d)(?:10086|10010|12306|12315)(?!\d)|(?<!\d)\d{5}(?=热线|客服)",
            lambda m: digits(m[0], "zh"),
        ),
        (r"(?<![\w.])(\d+(?:\.\d+)?)[eE]([-+]?\d+)(?![\w.])", lambda m: f"{_n(m[1])}乘以十的{_signed(m[2])}次方"),
        (FACTORIAL, lambda _: "的阶乘"),
        (r"[A-Za-z\d+() ]+[→⟶][A-Za-z\d+() ]+", _reaction),
        (FORMULA, lambda m: formula(m, _n)),
        (COMPOUND, compound),
        (r"\s?(&&|\|\||==|!=)\s?", lambda m: {"&&": "且", "||": "或", "==": "等于", "!=": "不等于"}[m[1]]),
        (r"(?<=[于於])\d{3}(?=年)", lambda m: digits(m[0], "zh")),
        (r"(?<!\d)(\d{4}|\d{2}(?=年\d))\s?(?=年(?!级))", lambda m: digits(m[1], "zh")),
        (r"(?<![\d.:A-Za-z])(?P<h>[01]?\d|2[0-4])[:：](?P<m>[0-5]\d)(?:[:：](?P<s>[0-5]\d))?(?![\d:：])", _time),
        (r"(?<![\d.])\+?(?:86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)|(?<![\d.])0\d{2,3}-\d{7,8}(?!\d)", _phone),
        (r"[(（]0\d{2,3}[)）]\s?\d{7,8}(?!\d)", _phone),
        (r"(?<![\d.-])[48]00-\d{3}-?\d{4}(?!\d)", _phone),
        (
            r"(?<=拨打|請打|请打|撥打|急救|火警|匪警|热线|熱線)\s?\d{3,8}(?:[或、和]\d{3,8})*",
            lambda m: re.sub(r"\d+", _phone, m[0]),
        ),
        (
            r"(?:电话|電話)(?:号码|號碼)?[是为係去：:]?\s?\d{3,4}[ -]?\d{0,4}(?!\d)|(?<![\d.])1[12]\d(?=报警|急救)",
            lambda m: re.sub(r"\d+[ -]?\d*", _phone, m[0]),
        ),
        (rf"({_CODES})(?:号码?)?([是为：:]?\s?)(\d{{2,}})(?![\d.])", lambda m: m[0].replace(m[3], digits(m[3], "zh"))),
        (r"(?<![\d.])\d{3,4}(?=(?:号?室|号?房间|号房|教室|航班))", lambda m: digits(m[0], "zh")),
        (rf"(?<![A-Za-z])((?:{_SERIES})[ -]?|[A-Z]{{1,4}}-?)(\d{{3,5}})(?![\d.,%:A-Za-z年月个人元倍次])", _series),
        (
            r"(?<![A-Za-z\d.])[vV]\d+(?:\.\d+)+(?![\d.])",
            lambda m: f"{m[0][0]} {_n(m[0][1:])}" if m[0].count(".") == 1 else f"{m[0][0]} {_version(m[0][1:])}",
        ),
        (rf"(?:{_ALONE}|(?<=[A-Za-z]))\d+(?:\.\d+){{2,}}(?![\d.])", lambda m: f" {_version(m[0])}"),
        (rf"(?P<a>{_SIGNED})\s?[%％]?{_UNTIL}(?P<b>{N})\s?(?P<u>[%％])", _percent),
        (rf"(?P<a>{_SIGNED})\s?(?P<u>[%％‰‱])(?P<b>)", _percent),
        (
            rf"(?:华氏|摄氏)?(?P<a>{_SIGNED})(?:\s?(?:°C|℃)?{_UNTIL}(?P<b>{_SIGNED}))?\s?(?:°(?P<u>[CF])|℃)",
            _temperature,
        ),
        (
            rf"(?P<sign>-)?(?P<c>{_CURRENCY})\s?(?P<n>{N})(?P<scale>[万亿千百萬億]+)?(?:元|美元|欧元|英镑|日元|港元|港币|美金)?",
            _money,
        ),
        (rf"(?P<sign>)(?P<n>{N})(?P<scale>[万亿千百萬億]+)?\s?(?P<c>{_CURRENCY})", _money),
        (
            rf"{_ALONE}(?P<a>{_SIGNED})(?:{_UNTIL}(?P<b>{_SIGNED}))?\s?(?P<u>{_UNIT})(?:/(?P<per>{_UNIT}))?(?![A-Za-z\d/^])",
            _unit,
        ),
        (POWER, _power),
        (r"(?<=方)\s?-\s?(?=[\dA-Za-z(])", lambda _: "减"),
        (rf"{DIVISION}|(?<=(?:sin|cos|tan) [xyαβθt])/(?=[a-z](?![A-Za-z]))", lambda _: "除以"),
        (rf"(?<=方)\s?({_UNIT})(?![A-Za-z])", lambda m: UNITS[m[1]]),  # 3×10^8 m/s
        (r"([图圖表式例])\s?[(（]?(\d+)-(\d+)", lambda m: f"{m[1]}{_n(m[2])}杠{_n(m[3])}"),
        (
            r"(?<=[元米次个人天件])/(?=[个只本次人天年月日周小分秒平台件套位斤公吨千克升米张份瓶盒包箱袋杯碗块节课门晚间])",
            lambda _: "每",
        ),
        (r"(?<![A-Za-z])No\.?\s?(?=\d)|(?<!\w)#(?=\d)", lambda _: "第"),
        (r"(?<![A-Za-z/.])([a-z])/(?!(?<=n/)a)([a-z])(?![A-Za-z/])", lambda m: f"{m[1]}除以{m[2]}"),
        (r"(?<![A-Za-z\d])#([\u3400-\u9fff]+)#?", lambda m: m[1]),  # 话题
        (rf"(?<=\d)(?P<u>[{HAN}]{{1,2}})[-–~～](?=\d+(?:\.\d+)?(?P=u))", lambda m: m["u"] + "到"),
        (
            rf"{_ALONE}(?:(?P<w>\d+)\s)?(?P<a>\d+)[/⁄](?P<b>\d+)(?:\s?(?P<u>{_UNIT}))?(?![\d/A-Za-z])",
            _fraction,
        ),
        (rf"(?<=[\u3400-\u9fff])/(?P<u>{_UNIT})(?![A-Za-z\d/])", lambda m: "每" + UNITS[m["u"]]),
        (rf"(?<![A-Za-z\d/])(?:{_BARE})(?![A-Za-z\d/^])", lambda m: UNITS[m[0]]),
        (r"(?<=\d)[:：](?=\d)", lambda _: "比"),
        (
            r"(?<![\d.-])(\d{1,2})-(\d{1,2})(?=\s?(?:领先|落后|获胜|取胜|战胜|击败|战平|告负|領先|落後|獲勝|戰勝|擊敗|勝))"
            r"|(?<=领先 |落后 |領先 |落後 )(\d{1,2})-(\d{1,2})(?![\d-])",
            lambda m: f"{_n(m[1] or m[3])}比{_n(m[2] or m[4])}",
        ),
        (r"(?<=[A-Za-z\d])<([A-Za-z][A-Za-z\d,.]*)>(?![A-Za-z\d])", lambda m: f" {m[1]} "),  # List<int>
        (r"(?<![A-Za-z\d)])</?([^\s\d<>=，。、][^<>，。]{0,30})>(?!=)", lambda m: f" {m[1]} "),  # a tag
        (rf"{_ALONE}(\d+(?:\.\d+)?){_UNTIL}(?=\d+(?:\.\d+)?(?![\d.]*\s?=))(?<!\s-\s)", lambda m: m[1] + "到"),
        (r"(?<=\d)\s?[xX*×]\s?(?=\d)", lambda _: "乘以"),
        (
            r"(?<=[\d)A-Za-z])\s?[-−]\s?(?=\d+(?:\.\d+)?\s?=)|(?<=\d)\s-\s(?=\d)|(?<![A-Za-z][a-z])(?<=[a-z])\s?-\s?(?=(?:[a-z]|\d+)(?![A-Za-z\d]))",
            lambda _: "减",
        ),
        (
            r"(?:(?<![\w)）])|(?<=[是为為于於到从從至等得值降减乘除加和与與或了在约約取有含即比把将將的数數以对對由成被係]))-(?=\d)",
            lambda _: "负",
        ),
        (r"(?<![\d零一二三四五六七八九十][月日号点分秒年])[~～](?=\d)", lambda _: "约"),
        (rf"{_ALONE}(?<!第)2(?=(?:多|来)?(?:{COUNTED}))", lambda _: "两"),
        (r"(?<=[A-Za-z])[-/]?(?=\d)", lambda _: " "),
        (rf"(?:(?<=[{HAN}])\s)?({N})(?:\s(?=[{HAN}]))?", lambda m: _n(m[1])),
        (r"(?<=[\d\s\u3400-\u9fff)）=])\s?-\s?(?==|[a-zA-Z]\s?=)", lambda _: "减"),
        (f"[{''.join(GREEK)}]", lambda m: GREEK[m[0]]),
        (
            r"(?<![A-Za-z+])\+(?=\w)|(?<=[A-Za-z])\+(?=[\w(])|(?<=[\u3400-\u9fff\s])\+(?=\s|$)|(?<=[\u3400-\u9fff])\+",
            lambda _: "加",
        ),
        (
            r"(?:(?<=[月日号点分秒年])|(?<=周[一二三四五六日])|(?<=期[一二三四五六日]))\s?[-–—~～〜]\s?(?=[一二三四五六七八九十零两周星])",
            lambda _: "到",
        ),
        (r"[~～〜]+", lambda _: "—"),
        (f"[{re.escape(''.join(s for s in SIGNS if s not in '+#@&%.'))}]", lambda m: SIGNS[m[0]]),
        (r"(?<![A-Za-z\d])[#@&%](?![A-Za-z\d])", lambda m: SIGNS[m[0]]),
        (r"(?<![A-Za-z\d])[\\|*_^{}\[\]`<>/]+|[\\|*_^{}\[\]`<>/]+(?![A-Za-z\d])", lambda _: " "),
    )
]
