"""Formulas of chemistry, formulas and sums."""

from __future__ import annotations

import re

from models.text.normalise.ja.figures import number, signed
from models.text.normalise.ja.units import UNIT, UNITS
from models.text.normalise.rule import Rule
from models.text.normalise.shared import maths


def _power(base: str, exponent: str) -> str:
    return f"{base}の{re.sub('[0-9]+', lambda d: number(d[0]), exponent.replace('-', 'マイナス'))}乗"


FORMULAS = (
    maths.cardinality("対", (("関係はN:M", "関係はN対M"),)),
    maths.water("点", (("Na2CO3·10H2O", "N.A 二 C O 三点十H 二 O"),)),
    maths.charge(number, "プラス", "マイナス", (("Cu²⁺の色", "Cu 二プラスの色"),)),
    maths.root(number, "乗根", (("³√27", "三乗根二十七"),)),
    maths.limit(r"\1が\2のときの極限", (("lim x→∞", "xが無限大のときの極限"),)),
    maths.differential((("∫3xdx", "インテグラル三x d x"),)),
    maths.prime("ダッシュ", (("f''(x)", "fダッシュダッシュ(x)"),)),
    maths.named_angle((("角∠B", "角B"),)),
    maths.logarithm(number, "{base}を底とする{of}の対数", (("log₃9", "三を底とする九の対数"),)),
    maths.scientific(number, signed, "{number}かける十の{exponent}乗", (("2.5e-4", "二点五かける十のマイナス四乗"),)),
    maths.factorial("の階乗", (("6!=720", "六の階乗イコール七百二十"),)),
    maths.chemistry(number, (("Ca(OH)2", "C.A O H 二"),)),
)
POWERS = (
    maths.power(_power, (("y³+2^n", "yの三乗プラス二のn乗"),)),
    Rule("minus after a power", "maths", r"(?<=乗)\s?-\s?(?=[\dA-Za-z(])", "ひく", (("x²-4x", "xの二乗ひく四x"),)),
    Rule(
        "unit after a power",
        "maths",
        rf"(?<=乗)\s?({UNIT})(?![A-Za-z])",
        lambda m: UNITS[m[1]],
        (("4×10^5 km", "四かける十の五乗キロメートル"),),
    ),
    maths.letter_over_letter("わる", (("比はp/q", "比はpわるq"),)),
    maths.division("わる", (("8 / 2", "八わる二"),)),
)
MATHS = (
    maths.times("かける", (("3x5", "三かける五"),)),
    Rule(
        "minus",
        "maths",
        r"(?<=[\d)A-Za-z])\s?-\s?(?=\d+\s?=)|(?<=\d)\s-\s(?=\d)",
        "ひく",
        (("9-4=5", "九ひく四イコール五"), ("9 - 4", "九ひく四")),
    ),
    Rule(
        "below zero",
        "maths",
        r"(?:(?<![\w)）])|(?<=[ぁ-ん値数]))-(?=\d)",
        "マイナス",
        (("-7", "マイナス七"), ("答えは-7", "答えはマイナス七")),
    ),
)
