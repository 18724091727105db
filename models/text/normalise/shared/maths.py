"""Formulas of chemistry and mathematics; the functions are given a language's numbers and words."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

from models.text.normalise.rule import Examples, Rule
from models.text.normalise.tables import rows

_ELEMENTS = rows("shared", "elements").keys()
_GROUP = r"[A-Z][a-z]?\d{0,2}"
_FORMULA = (
    rf"(?<![A-Za-z_])(?:(?=[A-Za-z()]{{0,60}}\d)(?:{_GROUP}|\((?:{_GROUP}){{1,6}}\)\d{{1,2}}){{2,12}}|[HONF][23])"
    r"(?![A-Za-z\d_]|\.\d)"
)
COMPOUND = r"(?<![A-Za-z])(?:(?:Na|K|Li|Ag|Cs|H)(?:Cl|Br|F|OH)|(?:Na|K|Ag)I|(?:Ca|Mg|Cu|Zn|Fe)[OS])(?![A-Za-z\d])"
_CHARGE = r"\^([1-9]?)([+-])(?![A-Za-z\d])"
# The mark of n! and 5!: before an operator, or after a variable that stands alone.
_FACTORIAL = r"(?<=[\dnmk])!(?=\s?[=×÷+*/)])|(?<=(?<![\w'’.-])[nkm])[!！](?![!！])"
_DIVISION = (
    r"(?<=[\d)A-Za-z])\s/\s(?=[\d(A-Za-z](?![A-Za-z]))"
    r"|(?<=[)α-ω])/(?=[\d(A-Za-zα-ω](?![A-Za-z]))|(?<=(?<![A-Za-z])[A-Za-z\d])/(?=\()"
    r"|(?<=(?:sin|cos|tan) [xyαβθt])/(?=[a-z](?![A-Za-z]))"
)
Number = Callable[[str], str]


def charge(number: Number, plus: str, minus: str, examples: Examples) -> Rule:
    """Fe^3+."""
    signs = {"+": plus, "-": minus}
    return Rule(
        "charge of an ion",
        "maths",
        _CHARGE,
        lambda m: f" {number(m[1]) if m[1] else ''}{signs[m[2]]}",
        examples,
    )


def chemistry(number: Number, examples: Examples) -> Rule:
    """H2O and Ca(OH)2, counts in words."""
    return Rule("chemical formula", "maths", _FORMULA, lambda m: _formula(m, number), examples)


def water(word: str, examples: Examples) -> Rule:
    """CuSO4·5H2O."""
    return Rule("water of a crystal", "maths", r"(?<=\d)·(?=\d*H2O)", word, examples)


def limit(say: str, examples: Examples) -> Rule:
    """lim x→0; ``say`` has \\1 for the letter, \\2 for what it comes near."""
    pattern = r"(?<![A-Za-z])lim\s?_?[({]?([a-z])→([-+]?(?:\d+|∞|[a-z]))[)}]?"
    return Rule("limit", "maths", pattern, say, examples)


def prime(word: str, examples: Examples) -> Rule:
    """f'(x) and f''(x)."""
    pattern = r"(?<![A-Za-z\d])([A-Za-z])('{1,2})(?=\s?[(=+*/])"
    return Rule("derivative", "maths", pattern, lambda m: m[1] + word * len(m[2]), examples)


def differential(examples: Examples) -> Rule:
    """The dx of an integral, apart from what stands before it."""
    pattern = r"(?<=[\d)A-Za-z])\s?d([xytrθ])(?![A-Za-z])"
    return Rule("differential", "maths", pattern, lambda m: f" d {m[1]}" if "∫" in m.string else m[0], examples)


def power(say: Callable[[str, str], str], examples: Examples) -> Rule:
    """x^2, 10^(-3), e^{kt}; ``say`` is given the base and the exponent without its brackets."""
    exponent = r"\{[^}]{1,20}\}|\([^)]{1,20}\)|-?(?:\d+|[A-Za-z](?![A-Za-z]))"
    pattern = rf"([A-Za-z\dα-ωΑ-Ω)]+)\^({exponent})"
    return Rule("power", "maths", pattern, lambda m: say(m[1], m[2].strip("{}()")), examples)


def root(number: Number, word: str, examples: Examples) -> Rule:
    """³√8; the word follows the number."""
    return Rule("root of a degree", "maths", r"\^(\d)√", lambda m: number(m[1]) + word, examples)


def logarithm(number: Number, say: str, examples: Examples) -> Rule:
    """log₂8; ``say`` has {base} and {of}."""

    def words(m: re.Match[str]) -> str:
        return say.format(base=number(m[1]), of=number(m[2]) if m[2].isdigit() else m[2])

    return Rule("logarithm", "maths", r"log_(\d+) ?(\d+|[A-Za-z])", words, examples)


def scientific(number: Number, signed: Number, say: str, examples: Examples) -> Rule:
    """1.5e-3; ``say`` has {number} and {exponent}."""
    return Rule(
        "number with an exponent",
        "maths",
        r"(?<![\w.])(\d+(?:\.\d+)?)[eE]([-+]?\d+)(?![\w.])",
        lambda m: say.format(number=number(m[1]), exponent=signed(m[2])),
        examples,
    )


def factorial(word: str, examples: Examples) -> Rule:
    """n! and 5! = 120."""
    return Rule("factorial", "maths", _FACTORIAL, word, examples)


def division(word: str, examples: Examples) -> Rule:
    """6 / 2 and (a+b)/c."""
    return Rule("divided by", "maths", _DIVISION, word, examples)


def letter_over_letter(word: str, examples: Examples) -> Rule:
    """a/b; but n/a is a word."""
    pattern = r"(?<![A-Za-z/.])([a-z])/(?!(?<=n/)a)([a-z])(?![A-Za-z/])"
    return Rule("letter over letter", "maths", pattern, rf"\1{word}\2", examples)


def times(word: str, examples: Examples) -> Rule:
    """3 × 4, 3x4 and 3*4."""
    return Rule("times", "maths", r"(?<=\d)\s?[xX*×]\s?(?=\d)", word, examples)


def cardinality(word: str, examples: Examples) -> Rule:
    """1:N and N:M."""
    return Rule("one to many", "maths", r"(?<=[\dMN])[:：](?=[MN](?![A-Za-z]))", word, examples)


def named_angle(examples: Examples) -> Rule:
    """角∠A: the sign says what the word before it has said."""
    return Rule("sign after the word angle", "maths", r"(?<=角)∠", "", examples)


def _formula(m: re.Match[str], number: Number) -> str:
    """H2O, Ca(OH)2: letters in capitals, counts in words of any language."""
    parts = re.findall(r"([A-Z][a-z]?)(\d*)|\)(\d+)", m[0])
    elements = [element for element, *_ in parts if element]
    counts = [count or of_group for _, count, of_group in parts]
    twice = sum(map(bool, counts)) == 1 and any(map(operator.eq, elements, elements[1:]))  # CSS3
    if twice or not set(elements) <= _ELEMENTS or not any(counts):
        return m[0]
    words = (
        word
        for (element, *_), count in zip(parts, counts, strict=True)
        for word in (_letters(element), number(count) if count else "")
    )
    return " ".join(filter(None, words))


def _letters(element: str) -> str:
    """Dotted where an A by itself would be read as the article."""
    return ("." if "a" in element.lower() else " ").join(element.upper())


def compound(m: re.Match[str]) -> str:
    """NaCl, letter by letter."""
    return " ".join(map(_letters, re.findall("[A-Z][a-z]?", m[0])))
