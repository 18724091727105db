"""Formulas: powers, functions, roots, operators; chemistry."""

from __future__ import annotations

import re

from models.text.normalise.en.figures import Match, number, signed
from models.text.normalise.en.units import UNIT, UNITS
from models.text.normalise.numbers import ordinal
from models.text.normalise.rule import Rule
from models.text.normalise.shared.maths import COMPOUND, charge, chemistry, compound

_POWERS = {"2": "squared", "3": "cubed"}
_ROOTS = {"2": "square", "3": "cube"}
_HATS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0307": "dot"}
_FUNCTIONS = {
    "sin": "sine", "cos": "cosine", "tan": "tangent", "ln": "natural log", "arcsin": "arc sine", "arccos": "arc cosine",
    "arctan": "arc tangent", "log": "log", "exp": "exponential", "max": "max", "min": "min",
}  # fmt: skip


def _power(m: Match) -> str:
    exponent = m["e"].strip("{}()")
    if exponent in _POWERS:
        return f"{m['base']} {_POWERS[exponent]}"
    words = re.sub(r"\d+", lambda d: f" {number(d[0])} ", exponent.replace("-", " minus ").replace("+", " plus "))
    return f"{m['base']} to the power of {words.strip()}"


def _derivative(m: Match) -> str:
    """dy/dx, ∂f/∂x."""
    d = m[1].replace("∂", "partial")
    return f"{d} {m[2]} over {d} {m[3]}"


def _scientific(m: Match) -> str:
    words = f"{number(m['n'])} times ten to the power of {signed(m['e'].lstrip('+'))}"
    return words + (f" {UNITS[m['u']][1]}" if m["u"] else "")


COMPARED = (
    Rule("formula of TeX", "maths", r"\$([^$\d\s][^$]{0,80}?)\$", r"\1", (("Let $x$ be", "Let x be"),)),
    Rule(
        "at least, at most",
        "maths",
        r"(?:(?<=[A-Za-z][a-z]\s)|^|(?<=\())([≥≤])\s?(?=[\d$€£-])",
        lambda m: f"at {'least' if m[1] == '≥' else 'most'} ",
        (("keep ≥ 5", "keep at least five"),),
    ),
    Rule(
        "less than, more than",
        "maths",
        r"(?:(?<=\s)|(?<=\()|^)([<>])(?=[-$€£]?\d)",
        lambda m: "less than " if m[1] == "<" else "more than ",
        (("in <5 minutes", "in less than five minutes"),),
    ),
    Rule("one to many", "maths", r"(?<=[\dMN]):(?=[MN]\b)", " to ", (("a 1:N link", "a one to N link"),)),
    Rule(
        "logarithm to a base",
        "maths",
        r"\blog(?:_(\d+)\s?|(2|10)(?=\())",
        lambda m: f"log base {number(m[1] or m[2])} of ",
        (("log₂8", "log base two of eight"),),
    ),
    Rule(
        "power of ten",
        "maths",
        rf"(?<![\w.])(?P<n>\d+(?:\.\d+)?)[eE](?P<e>[-+]?\d+)\b(?:\s(?P<u>{UNIT})(?![\w/^]))?",
        _scientific,
        (("2e-6 m", "two times ten to the power of minus six meters"),),
    ),
)
MATHS = (
    Rule(
        "limit",
        "maths",
        r"\blim\s?_?[{(]?([a-z])\s?→\s?([-+]?[\w∞]+)[)}]?",
        r"the limit as \1 goes to \2 of",
        (("lim x→0 f(x)", "the limit as x goes to zero of f of x"),),
    ),
    Rule(
        "derivative",
        "maths",
        r"(?<![A-Za-z])([d∂])([a-z]?)/\1([a-z])(?![A-Za-z])",
        _derivative,
        (("dy/dt", "d y over d t"),),
    ),
    Rule(
        "differential",
        "maths",
        r"(?<=[\d)a-z])\s?\bd([xyztrθ])\b",
        lambda m: f" d {m[1]}" if "∫" in m.string else m[0],
        (("∫f(x)dx", "the integral of f of x d x"),),
    ),
    Rule(
        "over",
        "maths",
        r"(?<=[)α-ωπ])\s?/\s?(?=\d|\(|[A-Za-zα-ω](?![A-Za-z]))|(?<=(?<![A-Za-z])[A-Za-z\d])/(?=\()"
        r"|(?<=(?<![\w/])[a-z])/(?=\d(?![\d/]))|(?<=\b[a-z])\s?/\s?(?=[a-z]\b)|(?<=\b[a-z])\s/\s(?=\d)",
        " over ",
        (("(a+b)/c", "(a plus b) over c"), ("a/b", "a over b")),
    ),
    Rule("norm", "maths", r"‖([^‖]{1,20})‖", r"the norm of \1 ", (("‖v‖ = 1", "the norm of v equals one"),)),
    Rule(
        "mark over a letter",
        "maths",
        r"(?<![^\W\d_])(?:([A-Za-zα-ω])([\u0302\u0303\u0304\u0307])|ŷ)(?![^\W\d_])",
        lambda m: f"{m[1]} {_HATS[m[2]]}" if m[1] else "y hat",
        (("x̄ and ŷ", "x bar and y hat"),),
    ),
    Rule(
        "root",
        "maths",
        r"\^(\d)√",
        lambda m: f" the {_ROOTS.get(m[1]) or ordinal(int(m[1]))} root of ",
        (("³√27", "the cube root of twenty-seven"),),
    ),
    Rule(
        "absolute value",
        "maths",
        r"(?<![\w|])\|([A-Za-z\d.,()α-ω +*/-]{1,20})\|(?![\w|])",
        r"the absolute value of \1",
        (("|x|", "the absolute value of x"),),
    ),
    Rule(
        "prime",
        "maths",
        r"(?<![A-Za-z'’])([a-z])(['′]{1,2})(?=\s?[=+*/])",
        lambda m: m[1] + " prime" * len(m[2]),
        (("y'' = 2", "y prime prime equals two"),),
    ),
    Rule(
        "sign after its own word",
        "maths",
        r"(?i:(?<=angle ))∠",
        "",
        (("the angle ∠B", "the angle B"),),
    ),
    Rule(
        "function of a bracket",
        "maths",
        r"\b(log|ln|exp|max|min)\(",
        lambda m: f"{_FUNCTIONS[m[1]]} of (",
        (("ln(2)", "natural log of (two)"),),
    ),
    Rule(
        "sine and the like",
        "maths",
        r"\b(sin|cos|tan|arcsin|arccos|arctan)(?=\s?\(|\s[a-zα-ω]\b|[α-ω])",
        lambda m: f"{_FUNCTIONS[m[1]]} of ",
        (("sin x", "sine of x"),),
    ),
    Rule(
        "function",
        "maths",
        r"\b([f-hpquvyEFGHOP])(['′]*)\(([^()]{1,30})\)",
        lambda m: f"{m[1]}{' prime' * len(m[2])} of {m[3].replace('|', ' given ')}",
        (("g'(t), P(A|B)", "g prime of t, P of A given B"),),
    ),
    Rule(
        "factorial",
        "maths",
        r"(?<=[\dnkm])!(?=\s?[=×÷*/+<>)]|\s-\s)|(?<=(?<![\w'’.-])[nkm])!(?!!)",
        " factorial",
        (("6! = 720", "six factorial equals seven hundred and twenty"),),
    ),
    Rule(
        "water in a crystal", "maths", r"(?<=\d)·(?=\d*H2O)", " dot ", (("MgCl2·6H2O", "M G C L two dot six H two O"),)
    ),
    charge(number, " plus", " minus", (("Cu²⁺", "Cu two plus"),)),
    chemistry(number, (("CaCO3", "C.A C O three"),)),
    Rule(
        "minus after a letter",
        "maths",
        r"(?<=\b[A-DH])-(?![\w-])|(?<=\bOH)-(?!\w)|(?<=\bCl)-(?!\w)",
        " minus",
        (("a B- and OH- ions", "a B minus and OH minus ions"),),
    ),
    Rule("compound", "maths", COMPOUND, compound, (("KBr", "K B R"),)),
    Rule(
        "power",
        "maths",
        r"(?P<base>[A-Za-z\d)α-ωΑ-Ω]+)\^(?P<e>\{[^}]{1,20}\}|\([^)]{1,20}\)|-?\w+)",
        _power,
        (("a³ and 2^(2n+1)", "a cubed and two to the power of two n plus one"),),
    ),
    Rule("by", "maths", r"(?<=\d)x(?=\d+(?!\d*\s?=))", " by ", (("a 6x8 grid", "a six by eight grid"),)),
    Rule("times", "maths", r"(?<=\d)\s?[xX*]\s?(?=\d)", " times ", (("3*4", "three times four"),)),
    Rule("ratio", "maths", r"(?<=\d):(?=\d)", " to ", (("4:3", "four to three"),)),
    Rule("ratio of letters", "maths", r"\b([a-z]):([a-z])\b", r"\1 to \2", (("a:b", "a to b"),)),
    Rule("divided by", "maths", r"(?<=[\d)])\s/\s(?=[\d(])", " divided by ", (("9 / 3", "nine divided by three"),)),
    Rule(
        "slash",
        "maths",
        r"(?<=\d)/(?=\d)",
        " slash ",
        (("0123/4567", "zero one two three slash four thousand five hundred and sixty-seven"),),
    ),
    Rule(
        "minus",
        "maths",
        r"(?<=[\w)])\s-\s(?=[\d(])|(?<=[\d)])-(?=[\d(])|(?<=\b[a-z])\s?-\s?(?=[a-z]\b(?!['’]|-)|\d)",
        " minus ",
        (("n - 1", "n minus one"),),
    ),
    Rule(
        "star between spaces",
        "maths",
        r"(?<=\b\w)\s\*\s(?=\w\b)|(?<=\d)\s\*\s(?=\w)",
        " times ",
        (("a * b", "a times b"),),
    ),
    Rule("below zero", "maths", r"(?<![\w)])-(?=\.?\d)", "minus ", (("-7 or less", "minus seven or less"),)),
    Rule(
        "dot after a letter",
        "maths",
        r"(?<=[A-Za-z])\.(?=\d)",
        " dot ",
        (("H.265", "H dot two hundred and sixty-five"),),
    ),
    Rule("no zero before the point", "maths", r"(?<!\w)\.(?=\d)", "0.", ((".75", "zero point seven five"),)),
)
