"""Japanese: figures, dates, times, money, units and signs in kanji and kana; counters are read by the front-end."""

from __future__ import annotations

import re

from models.text.languages import HAN, KANA
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

Match = re.Match[str]

UNITS = {
    "km": "キロメートル", "m": "メートル", "cm": "センチメートル", "mm": "ミリメートル", "μm": "マイクロメートル",
    "nm": "ナノメートル", "km^2": "平方キロメートル", "m^2": "平方メートル", "cm^2": "平方センチメートル",
    "m^3": "立方メートル", "cm^3": "立方センチメートル", "ha": "ヘクタール", "m2": "平方メートル",
    "m3": "立方メートル", "km2": "平方キロメートル", "cm2": "平方センチメートル", "kg": "キログラム", "g": "グラム",
    "mg": "ミリグラム", "t": "トン", "L": "リットル", "l": "リットル", "mL": "ミリリットル", "ml": "ミリリットル",
    "s": "秒", "ms": "ミリ秒", "min": "分", "h": "時間", "Hz": "ヘルツ", "kHz": "キロヘルツ", "MHz": "メガヘルツ",
    "GHz": "ギガヘルツ", "KB": "キロバイト", "MB": "メガバイト", "GB": "ギガバイト", "TB": "テラバイト", "W": "ワット",
    "kW": "キロワット", "kWh": "キロワット時", "Mbps": "メガビット毎秒", "Gbps": "ギガビット毎秒",
    "kbps": "キロビット毎秒",
    "MW": "メガワット", "mV": "ミリボルト", "kV": "キロボルト", "kPa": "キロパスカル", "mAh": "ミリアンペア時",
    "kJ": "キロジュール",
    "m/s^2": "メートル毎秒毎秒", "mg/L": "ミリグラム毎リットル", "g/L": "グラム毎リットル", "μs": "マイクロ秒",
    "ns": "ナノ秒", "fps": "フレーム毎秒",
    "V": "ボルト", "mA": "ミリアンペア", "Ω": "オーム", "J": "ジュール",
    "kcal": "キロカロリー", "cal": "カロリー", "N": "ニュートン", "Pa": "パスカル", "hPa": "ヘクトパスカル",
    "dB": "デシベル", "km/h": "キロメートル毎時", "km/s": "キロメートル毎秒", "cm/s": "センチメートル毎秒",
    "mmHg": "ミリメートル水銀柱", "J·s": "ジュール秒",
    "N·m": "ニュートンメートル", "kΩ": "キロオーム", "MΩ": "メガオーム", "μA": "マイクロアンペア",
    "μF": "マイクロファラド", "μL": "マイクロリットル", "μg": "マイクログラム",
    "g/cm^3": "グラム毎立方センチメートル", "kg/m^3": "キログラム毎立方メートル", "ppm": "ピーピーエム",
    "m/s": "メートル毎秒", "mol": "モル", "px": "ピクセル",
    "%": "パーセント", "％": "パーセント", "‰": "パーミル", "°C": "度", "℃": "度", "°F": "度", "°": "度",
}  # fmt: skip
CURRENCIES = {
    "¥": "円", "￥": "円", "$": "ドル", "US$": "米ドル", "€": "ユーロ", "£": "ポンド", "₩": "ウォン", "USD": "米ドル",
    "EUR": "ユーロ", "JPY": "円",
}  # fmt: skip
SIGNS = {
    "+": "プラス", "=": "イコール", "×": "かける", "÷": "わる", "±": "プラスマイナス", "≤": "小なりイコール",
    "≥": "大なりイコール",
    "≠": "ノットイコール", "≈": "ニアリーイコール", "<": "小なり", ">": "大なり", "→": "、", "∞": "無限大",
    "√": "ルート", "&": "アンド", "%": "パーセント", "#": "シャープ", "@": "アット", "°": "度", "∴": "ゆえに",
    "$": "ドル", "€": "ユーロ", "£": "ポンド", "¥": "円", "￥": "円", "⁄": "分の", "〒": "郵便番号",
    "←": "、", "↔": "、", "⇒": "ならば", "⇔": "同値", "∑": "シグマ", "∫": "インテグラル", "∂": "ラウンド", "∝": "比例",
    "∈": "属する", "∩": "かつ", "∪": "または", "≡": "合同", "₩": "ウォン", "₹": "ルピー", "¢": "セント",
    "©": "コピーライト", "®": "", "™": "", "‰": "パーミル", "〇": "まる", "∇": "ナブラ",
    "⊂": "部分集合", "⊆": "部分集合", "∉": "属さない", "≅": "合同", "≌": "合同", "∼": "相似", "≒": "ニアリーイコール",
    "∏": "総乗", "⋅": "かける", "∓": "マイナスプラス", "∛": "三乗根", "⟂": "垂直", "⊥": "垂直", "∥": "平行",
    "∅": "空集合", "∵": "なぜならば", "¬": "否定", "⌘": "コマンド", "⌥": "オプション", "⇧": "シフト",
    "△": "三角形", "↑": "上", "↓": "下", "§": "セクション", "∠": "角", "∀": "すべての", "∃": "存在する",
}  # fmt: skip
GREEK = {
    "α": "アルファ", "β": "ベータ", "γ": "ガンマ", "δ": "デルタ", "ε": "イプシロン", "θ": "シータ", "λ": "ラムダ",
    "μ": "ミュー", "π": "パイ", "ρ": "ロー", "σ": "シグマ", "τ": "タウ", "φ": "ファイ", "χ": "カイ", "ψ": "プサイ",
    "ω": "オメガ", "Δ": "デルタ", "Σ": "シグマ", "Ω": "オメガ",
}  # fmt: skip


def spell(text: str, trace: list[Fired] | None = None) -> str:
    """Japanese text without digits or signs."""
    text = apply((half_day("午前", "午後", "時", ()), millions(()), *ADDRESS, latin(())), text, trace)
    for pattern, rule in _RULES:
        text = pattern.sub(rule, text)
    return text


def _n(text: str) -> str:
    return cardinal(text, "ja")


def _signed(text: str) -> str:
    return ("マイナス" if text[0] in "-−" else "") + _n(text.lstrip("-−+"))


def _date(m: Match) -> str:
    if not (1 <= int(m["m"]) <= 12 and 1 <= int(m["d"]) <= 31):
        return m[0]
    return f"{_n(m['y'])}年{_n(str(int(m['m'])))}月{_n(str(int(m['d'])))}日"


def _month_day(m: Match) -> str:
    if not (1 <= int(m["m"]) <= 12 and 1 <= int(m["d"]) <= 31):
        return m[0]
    return f"{_n(str(int(m['m'])))}月{_n(str(int(m['d'])))}日"


def _time(m: Match) -> str:
    minute = f"{_n(str(int(m['m'])))}分" if int(m["m"]) or m["s"] else ""
    return f"{_n(str(int(m['h'])))}時{minute}" + (f"{_n(str(int(m['s'])))}秒" if m["s"] else "")


def _money(m: Match) -> str:
    return f"{'マイナス' if m['sign'] else ''}{_n(m['n'])}{m['scale'] or ''}{CURRENCIES[m['c']]}"


def _unit(m: Match) -> str:
    until = f"から{_signed(m['b'])}" if m["b"] else ""
    per = "毎" + UNITS[m["per"].replace("µ", "μ")] if m["per"] else ""
    return _signed(m["a"]) + until + UNITS[m["u"].replace("µ", "μ")] + per


def _fraction(m: Match) -> str:
    return f"{_n(m[1]) + 'と' if m[1] else ''}{_n(m[3])}分の{_n(m[2])}"


def _charge(m: Match) -> str:
    return f" {_n(m[1]) if m[1] else ''}{'プラス' if m[2] == '+' else 'マイナス'}"


def _power(m: Match) -> str:
    return f"{m['x']}の{re.sub(r'[0-9]+', lambda d: _n(d[0]), m['e'].strip('{}()').replace('-', 'マイナス'))}乗"


N = f"(?:{PLAIN})"
_SIGNED = f"[-+−]?{N}"
_ALONE = r"(?<![\d.^A-Za-z-])"
_UNTIL = r"\s?[-–—~～〜]\s?"
_UNTIL_WAVE = "[~～〜]"
_WIDE = f"{HAN}{KANA}"
_CURRENCY = "|".join(re.escape(c) for c in sorted(CURRENCIES, key=len, reverse=True))
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True)).replace("μ", "[μµ]")

_RULES = [
    (re.compile(pattern), rule)
    for pattern, rule in (
        (r"(?<=[\"」』】])\s?>\s?(?=[\"「『【])", lambda _: "、"),  # 「ファイル」>「保存」
        (r"(?<!\d)(\d{2,3})/(\d{2,3})(?=\s?mmHg)", lambda m: f"{_n(m[1])}の{m[2]}"),
        (r"(?<=[C度%％])\s?[~～〜]\s?(?=-?\d)", lambda _: "から"),
        (CHARGE, _charge),
        (LIMIT, lambda m: f"{m[1]}が{m[2]}のときの極限"),
        (r"\^(\d)√", lambda m: f"{_n(m[1])}乗根"),
        (DIFFERENTIAL, differential),
        (PRIME, lambda m: m[1] + "ダッシュ" * len(m[2])),
        (r"(?<=角)∠", lambda _: ""),
        (r"(?<=\d)·(?=\d*H2O)", lambda _: "点"),
        (FORMULA, lambda m: formula(m, _n)),
        (COMPOUND, compound),
        (r"([図表式例])\s?(\d+)-(\d+)", lambda m: f"{m[1]}{_n(m[2])}の{_n(m[3])}"),
        (r"(?<![A-Za-z])[Vv]er(?:sion)?\.\s?(?=\d)", lambda _: "バージョン"),
        (r"(?<![A-Za-z])[Vv]ol\.\s?(?=\d)", lambda _: "ボリューム"),
        (r"(?<=\d)\s?[%％](?=[A-Za-z])", lambda _: "パーセント "),
        (r"log_(\d+) ?(\d+|[A-Za-z])", lambda m: f"{_n(m[1])}を底とする{_n(m[2]) if m[2].isdigit() else m[2]}の対数"),
        (r"(?<![A-Za-z])pp?\.\s?(\d+)", lambda m: f"{_n(m[1])}ページ"),
        (r"(?<=進数)\d+", lambda m: digits(m[0], "ja")),
        (r"(?<![A-Za-z\d])0[xX][\dA-Fa-f]+(?![A-Za-z\d])", lambda m: re.sub(r"\d", lambda d: _n(d[0]), " ".join(m[0]))),
        (r"\b(UTC|GMT)\s?-(?=\d)", lambda m: f"{m[1]}マイナス"),
        (r"(?<=°)(\d{1,2})['′]", lambda m: f"{_n(m[1])}分"),
        (r"(?<=曜)[~～〜-](?=[月火水木金土日])", lambda _: "から"),
        (r"(?<![A-Za-z])No\.?\s?(?=\d)", lambda _: "ナンバー"),
        (r"(?<![A-Za-z])Op\.\s?(?=\d)", lambda _: "作品"),
        (r"\s?>{2,3}(?=\s?[\"」』）)])", lambda _: ""),  # 「次へ >>」
        (r"([→←↑↓])(?=(?:の)?キー)", lambda m: f"{ARROWS[m[1]]}矢印"),
        (r"(?<=内線)(?:番号)?\s?\d{3,5}(?!\d)", lambda m: re.sub(r"\d+", lambda d: _phone(d[0]), m[0])),
        (
            r"(?<![A-Za-z])((?:ISO|IEC|EN|JIS|DIN)(?:/[A-Z]+)?\s?[A-Z]?\s?\d{2,5})[:：](?=(?:19|20)\d\d(?!\d))",
            lambda m: f"{m[1]}、",
        ),
        (r"(?<!\d)110番", lambda _: "ひゃくとおばん"),
        (r"(?<=円)/(?=[月年日])", lambda _: "毎"),
        (r"(?<=[\dMN])[:：](?=[MN](?![A-Za-z]))", lambda _: "対"),
        (
            r"(?<![\d.A-Za-z-])((?:19|20)\d\d)-(0[1-9]|1[0-2])(?![\d/-])",
            lambda m: f"{_n(m[1])}年{_n(str(int(m[2])))}月",
        ),
        (rf"{_ALONE}(?P<y>\d{{4}})(?P<x>[-/.])(?P<m>\d{{1,2}})(?P=x)(?P<d>\d{{1,2}})(?![\d.-])", _date),
        (r"(?<=\d)\s?[-–]\s?(?=\d{1,2}[:：]\d\d)|(?<=\d[時日月年分円回人個])[-–](?=\d)", lambda _: "から"),
        (r"(?<![\w.])(\d+(?:\.\d+)?)[eE]([-+]?\d+)(?![\w.])", lambda m: f"{_n(m[1])}かける十の{_signed(m[2])}乗"),
        (FACTORIAL, lambda _: "の階乗"),
        (
            r"\s?(&&|\|\||==|!=)\s?",
            lambda m: {"&&": "かつ", "||": "または", "==": "イコール", "!=": "ノットイコール"}[m[1]],
        ),
        (r"(?<=第)([IVXL]+)(?=[章節部巻編条期段季級類])", lambda m: roman(m[1])),
        (
            r"(?<![A-Za-z])([IVX]+)(?=世(?!紀))|(?<![A-Za-z])(I{1,3}|IV|VI{1,3}|IX)(?=[型級類期度])",
            lambda m: roman(m[0]),
        ),
        (r"(?<![\d/])(?P<m>\d{1,2})/(?P<d>\d{1,2})(?=に|から|まで|[(（][月火水木金土日][)）])", _month_day),
        (r"(?<=日)\s?[(（]([月火水木金土日])(?:曜日?)?[)）]", lambda m: m[1] + "曜日"),
        (rf"(?<=[\d{_WIDE}])\s?{_UNTIL_WAVE}\s?(?=第?[\d一二三四五六七八九十])", lambda _: "から"),
        (
            rf"(?<=[月火水木金土日]){_UNTIL_WAVE}(?=[月火水木金土日])|(?<=[時日年月円分]){_UNTIL_WAVE}(?=$|[、。\s)）])",
            lambda _: "から",
        ),
        (r"(?<![\d.:A-Za-z])(?P<h>[01]?\d|2[0-4])[:：](?P<m>[0-5]\d)(?:[:：](?P<s>[0-5]\d))?(?![\d:：])", _time),
        (
            r"(郵便番号[はが：:]?\s?)?〒\s?(\d{3})-(\d{4})",
            lambda m: f"{m[1] or '郵便番号'}{_phone(m[2])}の{_phone(m[3])} ",
        ),
        (r"(?<=[区町村])\d+(?:-\d+)+(?![\d-])", lambda m: "の".join(map(_n, m[0].split("-")))),
        (r"(?<![\d.])0\d{1,3}-\d{1,4}-\d{3,4}(?!\d)|(?<![\d.])0[789]0\d{8}(?!\d)", lambda m: _phone(m[0])),
        (r"(?<![\d.])(0\d{1,3})[(（](\d{1,4})[)）](\d{3,4})(?!\d)", lambda m: _phone("-".join(m.groups()))),
        (r"[~～〜](?=午[前後])", lambda _: "から"),
        (r"(?<![\d.-])(\d{1,2})-(\d{1,2})(?=で(?:勝|敗|リード|引き分))", lambda m: f"{_n(m[1])}対{_n(m[2])}"),
        (rf"(?:{_ALONE}|(?<=\b[vV]))\d+(?:\.\d+){{2,}}(?![\d.])", lambda m: "点".join(map(_n, m[0].split(".")))),
        (rf"(?P<sign>-)?(?P<c>{_CURRENCY})\s?(?P<n>{N})(?P<scale>[万億兆千百]+)?(?:円|ドル|ユーロ|ポンド)?", _money),
        (rf"(?P<sign>)(?P<n>{N})(?P<scale>[万億兆千百]+)?\s?(?P<c>{_CURRENCY})", _money),
        (
            rf"{_ALONE}(?P<a>{_SIGNED})(?:[%％]?{_UNTIL}(?P<b>{_SIGNED}))?\s?(?P<u>{_UNIT})(?:/(?P<per>{_UNIT}))?(?![A-Za-z\d/^])",
            _unit,
        ),
        (POWER, _power),
        (rf"{_ALONE}(?:(\d+)\s)?(\d+)[/⁄](\d+)(?![\d/A-Za-z])", _fraction),
        (rf"(?<=乗)\s?({_UNIT})(?![A-Za-z])", lambda m: UNITS[m[1]]),  # 3×10^8 m/s
        (rf"(?<=円)/({_UNIT})(?![A-Za-z\d])", lambda m: "毎" + UNITS[m[1]]),
        (r"(?<=乗)\s?-\s?(?=[\dA-Za-z(])", lambda _: "ひく"),
        (r"(?<![A-Za-z/.])([a-z])/([a-z])(?![A-Za-z/])", lambda m: f"{m[1]}わる{m[2]}"),
        (DIVISION, lambda _: "わる"),
        (r"(?<=\d)[:：](?=\d)", lambda _: "対"),
        (r"(?<=[A-Za-z\d])<([A-Za-z][A-Za-z\d,.]*)>(?![A-Za-z\d])", lambda m: f" {m[1]} "),  # List<int>
        (r"(?<![A-Za-z\d)])</?([^\s\d<>=、。][^<>、。]{0,30})>(?!=)", lambda m: f" {m[1]} "),  # a tag
        (r"(\d+)-(\d+)(?=(?:で|と|に)?(?:勝|負|引き分))", lambda m: f"{_n(m[1])}対{_n(m[2])}"),
        (rf"{_ALONE}({N}){_UNTIL}(?={N}(?!\s?=))(?<!\s-\s)", lambda m: f"{m[1]}から"),
        (r"(?<=\d)\s?[xX*×]\s?(?=\d)", lambda _: "かける"),
        (r"(?<=[\d)A-Za-z])\s?[-−]\s?(?=\d+\s?=)|(?<=\d)\s-\s(?=\d)", lambda _: "ひく"),
        (r"(?:(?<![\w)）])|(?<=[ぁ-ん値数]))-(?=\d)", lambda _: "マイナス"),
        (r"(?<=[A-Za-z])[-/]?(?=\d)", lambda _: " "),
        (rf"(?:(?<=[{_WIDE}])\s)?({N})(?:\s(?=[{_WIDE}]))?", lambda m: _n(m[1])),
        (f"[{''.join(GREEK)}]", lambda m: GREEK[m[0]]),
        (r"(?<![A-Za-z+])\+(?=\w)|(?<=[A-Za-z])\+(?=[\w(])|(?<=[^\x00-\x7f])\+|(?<=\s)\+(?=\s|$)", lambda _: "プラス"),
        (f"[{re.escape(''.join(s for s in SIGNS if s not in '+#@&%.'))}]", lambda m: SIGNS[m[0]]),
        (r"(?<![A-Za-z\d])[#@&%](?![A-Za-z\d])", lambda m: SIGNS[m[0]]),
        (r"(?<![A-Za-z\d])[\\|*_^{}\[\]`<>/]+|[\\|*_^{}\[\]`<>/]+(?![A-Za-z\d])", lambda _: " "),
    )
]


def _phone(text: str) -> str:
    return "の".join(digits(group, "ja").replace("零", "ゼロ") for group in text.split("-"))
