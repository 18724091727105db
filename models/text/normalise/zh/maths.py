"""Formulas of chemistry, formulas and sums."""

from __future__ import annotations

import re

from models.text.normalise.rule import Rule
from models.text.normalise.shared import maths
from models.text.normalise.zh.figures import number, signed
from models.text.normalise.zh.units import UNIT, UNITS


def _power(base: str, exponent: str) -> str:
    words = re.sub(r"\d+", lambda d: number(d[0]), exponent.replace("-", "负"))
    return f"{base}的{ {'2': '平', '3': '立'}.get(exponent, words + '次') }方"


def _reaction(m: re.Match[str]) -> str:
    """2H2 + O2 → 2H2O, but 3 + A → B as it is."""
    return re.sub("[→⟶]", "生成", m[0]) if "+" in m[0] and re.search(r"[A-Z][a-z]?\d", m[0]) else m[0]


FORMULAS = (
    maths.cardinality("对", (("关系为N:M", "关系为N对M"),)),
    maths.water("点", (("Na2CO3·10H2O", "N.A 二 C O 三点十H 二 O"),)),
    maths.charge(number, "正", "负", (("Cu²⁺离子", "Cu 二正离子"),)),
    maths.root(number, "次根号", (("³√27", "三次根号二十七"),)),
    maths.limit(r"\1趋于\2时", (("lim x→∞", "x趋于无穷大时"),)),
    Rule(
        "function of a letter",
        "maths",
        r"(?<![A-Za-z])(sin|cos|tan|cot|ln|lg)([xyαβθt])(?![A-Za-z])",
        r"\1 \2",
        (("求cosx", "求cosine of x"),),
    ),
    maths.differential((("∫3xdx", "积分三x d x"),)),
    maths.prime("撇", (("f''(x)", "f撇撇(x)"),)),
    maths.named_angle((("角∠B", "角B"),)),
    maths.logarithm(number, "以{base}为底{of}的对数", (("log₃9", "以三为底九的对数"),)),
    Rule(
        "letter over letter after equals",
        "maths",
        r"(?<==)([A-Za-z])/([A-Za-z])(?![A-Za-z])",
        r"\1除以\2",
        (("I=U/R", "I等于U除以R"),),
    ),
    maths.scientific(number, signed, "{number}乘以十的{exponent}次方", (("2.5e-4", "二点五乘以十的负四次方"),)),
    maths.factorial("的阶乘", (("6!=720", "六的阶乘等于七百二十"),)),
    Rule(
        "reaction",
        "maths",
        r"[A-Za-z\d+() ]+[→⟶][A-Za-z\d+() ]+",
        _reaction,
        (("C + O2 → CO2", "C 加 O 二 生成 C O 二"),),
    ),
    maths.chemistry(number, (("Ca(OH)2", "C.A O H 二"),)),
)
POWERS = (
    maths.power(_power, (("y³+2^n", "y的立方加二的n次方"),)),
    Rule("minus after a power", "maths", r"(?<=方)\s?-\s?(?=[\dA-Za-z(])", "减", (("x²-4x", "x的平方减四x"),)),
    maths.division("除以", (("8 / 2", "八除以二"), ("sinx/x", "sine of x除以x"))),
    Rule(
        "unit after a power",
        "maths",
        rf"(?<=方)\s?({UNIT})(?![A-Za-z])",
        lambda m: UNITS[m[1]],
        (("4×10^5 km", "四乘以十的五次方千米"),),
    ),
    maths.letter_over_letter("除以", (("比值p/q", "比值p除以q"),)),
)
MATHS = (
    maths.times("乘以", (("3x5", "三乘以五"),)),
    Rule(
        "minus",
        "maths",
        r"(?<=[\d)A-Za-z])\s?-\s?(?=\d+(?:\.\d+)?\s?=)|(?<=\d)\s-\s(?=\d)"
        r"|(?<![A-Za-z][a-z])(?<=[a-z])\s?-\s?(?=(?:[a-z]|\d+)(?![A-Za-z\d]))",
        "减",
        (("9-4=5", "九减四等于五"), ("9 - 4", "九减四"), ("m-n", "m减n")),
    ),
    Rule(
        "below zero",
        "maths",
        r"(?:(?<![\w)）])|(?<=[是为為于於到從从至等得值降减乘除加和与與或了在约約取有含即比把将將的数數以对對由成被係]))-(?=\d)",
        "负",
        (("-7", "负七"), ("答案是-7", "答案是负七")),
    ),
)
