"""Korean: Sino-Korean figures with units, dates, money; native ones for hours and counted things up to 99."""

from __future__ import annotations

import re

from models.text.normalise.common import CHARGE, without_english_figures
from models.text.normalise.en import ADDRESSES, COMPOUND, FORMULA, LATIN_ABBREVIATIONS, compound, formula
from models.text.normalise.numbers import PLAIN, cardinal, digits

Match = re.Match[str]

UNITS = {
    "km": "킬로미터", "m": "미터", "cm": "센티미터", "mm": "밀리미터", "m^2": "제곱미터", "m2": "제곱미터",
    "m3": "세제곱미터", "km^2": "제곱킬로미터",
    "m^3": "세제곱미터", "kg": "킬로그램", "g": "그램", "mg": "밀리그램", "t": "톤", "L": "리터", "l": "리터",
    "mL": "밀리리터", "ml": "밀리리터", "s": "초", "ms": "밀리초", "min": "분", "h": "시간", "Hz": "헤르츠",
    "kHz": "킬로헤르츠", "MHz": "메가헤르츠", "GHz": "기가헤르츠", "KB": "킬로바이트", "MB": "메가바이트",
    "GB": "기가바이트", "TB": "테라바이트", "W": "와트", "kW": "킬로와트", "kWh": "킬로와트시", "V": "볼트",
    "Mbps": "메가비트 매 초", "Gbps": "기가비트 매 초", "mA": "밀리암페어", "A": "암페어", "kPa": "킬로파스칼",
    "cm^2": "제곱센티미터", "μm": "마이크로미터", "nm": "나노미터", "kcal": "킬로칼로리", "cal": "칼로리",
    "Pa": "파스칼", "hPa": "헥토파스칼",
    "dB": "데시벨",
    "km/s": "킬로미터 매 초", "km/h": "킬로미터 매 시", "m/s": "미터 매 초", "%": "퍼센트", "％": "퍼센트", "°": "도",
}  # fmt: skip
CURRENCIES = {"₩": "원", "$": "달러", "US$": "미국 달러", "€": "유로", "£": "파운드", "¥": "엔", "￥": "엔"}
SIGNS = {
    "+": "더하기", "=": "은", "×": "곱하기", "÷": "나누기", "±": "플러스 마이너스", "≤": "이하", "≥": "이상",
    "≠": "같지 않음", "≈": "약", "<": "미만", ">": "초과", "→": "에서", "∞": "무한대", "√": "루트", "&": "앤드",
    "%": "퍼센트", "#": "샵", "@": "골뱅이", "°": "도", "$": "달러", "€": "유로", "£": "파운드", "₩": "원",
    "¥": "엔", "⁄": "분의", "π": "파이", "α": "알파", "β": "베타", "γ": "감마", "θ": "세타", "λ": "람다",
    "←": "에서", "↔": "와", "⇒": "이면", "∑": "시그마", "∫": "인테그랄", "∂": "라운드", "₹": "루피", "¢": "센트",
    "©": "저작권", "®": "", "™": "", "‰": "퍼밀", "‹": "", "›": "",
    "△": "삼각형", "↑": "위", "↓": "아래", "§": "섹션 ", "μ": "뮤", "σ": "시그마", "Ω": "오메가",
}  # fmt: skip
COUNTERS = (
    "배|자루|조각|칸|그릇|접시|상자|봉지|통|쌍|팀|차례|나라|다발|척|채|바퀴|개(?!월|년|국)|"
    "명|사람|살|마리|권|장|잔|병|대|송이|그루|켤레|벌|시간|시|가지|군데|번째|달|곳"
)
_TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
_ONES = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")
_MONTHS = {"6": "유", "10": "시"}  # 유월, 시월


def spell(text: str) -> str:
    """Korean text without digits or signs."""
    text = without_english_figures(text, "오전 ", "오후 ", "시")
    for pattern, rule in (*ADDRESSES, *LATIN_ABBREVIATIONS, *_RULES):
        text = pattern.sub(rule, text)
    return text


def _n(text: str) -> str:
    return cardinal(text, "ko")


def _charge(m: Match) -> str:
    return f" {_n(m[1]) if m[1] else ''} {'플러스' if m[2] == '+' else '마이너스'}"


def _signed(text: str) -> str:
    return ("마이너스 " if text[0] in "-−" else "") + _n(text.lstrip("-−+"))


def _native(text: str) -> str:
    """The number before something counted, 1 to 99; larger ones are Sino-Korean."""
    value = int(text)
    if not 1 <= value <= 99:
        return _n(text)
    return "스무" if value == 20 else _TENS[value // 10] + _ONES[value % 10]


def _month(text: str) -> str:
    return _MONTHS.get(str(int(text)), _n(str(int(text)))) + "월"


def _date(m: Match) -> str:
    if not (1 <= int(m["m"]) <= 12 and 1 <= int(m["d"]) <= 31):
        return m[0]
    return f"{_n(m['y'])}년 {_month(m['m'])} {_n(str(int(m['d'])))}일"


def _time(m: Match) -> str:
    minute = f" {_n(str(int(m['m'])))}분" if int(m["m"]) else ""
    return f"{_native(str(int(m['h'])))} 시{minute}"


def _money(m: Match) -> str:
    return f"{_n(m['n'])}{m['scale'] or ''} {CURRENCIES[m['c']]}"


def _temperature(m: Match) -> str:
    scale = "화씨 " if m["u"] == "F" else "섭씨 "
    return f"{scale}{'영하 ' if m['a'][0] in '-−' else ''}{_n(m['a'].lstrip('-−+'))}도"


def _fraction(m: Match) -> str:
    return f"{_n(m[1]) + '과 ' if m[1] else ''}{_n(m[3])}분의 {_n(m[2])}"


def _unit(m: Match) -> str:
    until = f"에서 {_signed(m['b'])}" if m["b"] else ""
    return f"{_signed(m['a'])}{until} {UNITS[m['u']]}"


N = f"(?:{PLAIN})"
_SIGNED = f"[-+−]?{N}"
_ALONE = r"(?<![\d.A-Za-z-])"
_UNTIL = r"\s?[-–—~～]\s?"
_CURRENCY = "|".join(re.escape(c) for c in sorted(CURRENCIES, key=len, reverse=True))
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))

_RULES = [
    (re.compile(pattern), rule)
    for pattern, rule in (
        (r"(?<=그림|도표|예제|수식)\s?(\d+)-(\d+)(?![\d-])", lambda m: f" {_n(m[1])} 다시 {_n(m[2])}"),
        (r"(?<=[\dA-Za-z)])\s-\s(?=[\d(a-z])", lambda _: " 빼기 "),
        (CHARGE, _charge),
        (FORMULA, lambda m: formula(m, _n)),
        (COMPOUND, compound),
        (r"(?<=\d)!(?=\s?[=×÷+*/)])|(?<=(?<![A-Za-z])[nkm])!(?!!)", lambda _: " 팩토리얼"),
        (r"(?<![A-Za-z])[Vv]ol\.\s?(?=\d)", lambda _: "볼륨 "),
        (r"(?<=제)\s?(\d+)", lambda m: _n(m[1])),  # 제3장
        (r"(?<=\d)\s?[-–~～]\s?(?=\d{1,2}:\d\d)", lambda _: "에서 "),
        (r"(?<!\d)11[0-9](?=에 |로 |번|신고)|(?<!\d)\d{1,2}·\d{1,2}(?!\d)", lambda m: digits(m[0], "ko")),
        (r"(?<!\d)([1-9]0)대", lambda m: _n(m[1]) + "대"),  # of age
        (rf"{_ALONE}(?P<y>\d{{4}})(?P<x>[-/.])(?P<m>\d{{1,2}})(?P=x)(?P<d>\d{{1,2}})(?![\d.-])", _date),
        (rf"{_ALONE}(?P<h>\d{{1,2}}):(?P<m>[0-5]\d)(?![\d:]|,\d)", _time),
        (r"([\d,.]+ ?원)/(개|명|병|장|권|시간|일|월|년|kg|g)(?![A-Za-z])", lambda m: f"{m[2]}당 {m[1]}"),
        (r"(?<![\d.-])1[568]\d\d-(?!\d{4}\s?년)\d{4}(?![\d-])", lambda m: _phone(m[0])),  # 1588-1234
        (r"(?<![\d.])0\d{1,2}-\d{3,4}-\d{4}(?!\d)", lambda m: _phone(m[0])),
        (r"(?<!\d)(\d{1,2})\s?대\s?(\d{1,2})(?=로|의|\s?(?:승|무승부|패))", lambda m: f"{_n(m[1])} 대 {_n(m[2])}"),
        (rf"(?:{_ALONE}|(?<=\b[vV]))\d+(?:\.\d+){{2,}}(?![\d.])", lambda m: " 점 ".join(map(_n, m[0].split(".")))),
        (r"(?<=시속 )(\d+)\s?km/h", lambda m: f"{_n(m[1])} 킬로미터"),
        (rf"(?P<c>{_CURRENCY})\s?(?P<n>{N})(?P<scale>[만억조천백]+)?", _money),
        (r"(?P<a>[-+−]?\d+(?:\.\d+)?)\s?(?:°(?P<u>[CF])|℃)", _temperature),
        (
            rf"{_ALONE}(?P<a>{_SIGNED})(?:[%％]?{_UNTIL}(?P<b>{_SIGNED}))?\s?(?P<u>{_UNIT})(?![A-Za-z\d/^])"
            r"(?<!A(?=\s?[반동호열석조팀급]))",  # a class, a row, a team
            _unit,
        ),
        (rf"{_ALONE}(?:(\d+)\s)?(\d+)[/⁄](\d+)(?![\d/A-Za-z])", _fraction),
        (r"(?<!\d)(\d{1,2})월", lambda m: _month(m[1]) if 1 <= int(m[1]) <= 12 else _n(m[1]) + "월"),
        (
            rf"{_ALONE}(\d{{1,2}}){_UNTIL}(\d{{1,2}})\s?({COUNTERS})",
            lambda m: f"{_native(m[1])} {m[3]}에서 {_native(m[2])} {m[3]}",
        ),
        (rf"{_ALONE}(\d{{1,2}})\s?(?={COUNTERS})", lambda m: _native(m[1]) + " "),
        (rf"{_ALONE}({N}){_UNTIL}(?={N})", lambda m: f"{m[1]}에서 "),
        (r"(?<![A-Za-z/.])([a-z])\s?/\s?([a-z])(?![A-Za-z/])", lambda m: f"{m[1]} 나누기 {m[2]}"),
        (r"(?<=[\d)])\s/\s(?=[\d(])", lambda _: " 나누기 "),
        (r"(?<=\w)\s?[~～]\s?(?=\w)", lambda _: "에서 "),
        (r"(?<=\d):(?=\d)", lambda _: " 대 "),
        (r"(?<![A-Za-z\d)월일년장절회표])[-−](?=\d)", lambda _: "마이너스 "),
        (r"(?P<x>[A-Za-z\d)]+)\^(?P<e>-?\d+)", lambda m: f"{m['x']}의 {_signed(m['e'])}제곱"),
        (r"(?<=[A-Za-z])[-/]?(?=\d)", lambda _: " "),
        (N, lambda m: _n(m[0])),
        (f"[{re.escape(''.join(s for s in SIGNS if s not in '+#@&%'))}]", lambda m: f" {SIGNS[m[0]]} "),
        (r"(?<=[A-Za-z])\+(?=[\w(])", lambda _: " 더하기 "),
        (r"(?<![A-Za-z\d+])[#@&%+](?![A-Za-z])", lambda m: f" {SIGNS[m[0]]} "),
        (r"[\\|*_^{}\[\]`<>]+", lambda _: " "),
    )
]


def _phone(text: str) -> str:
    return ", ".join(digits(group, "ko").replace("영", "공") for group in text.split("-"))
