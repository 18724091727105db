"""Formulas of chemistry: elements letter by letter, counts in the words of a language."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

from models.text.normalise.rule import Rule
from models.text.normalise.tables import rows

_ELEMENTS = rows("shared", "elements").keys()
_GROUP = r"[A-Z][a-z]?\d{0,2}"
FORMULA = (
    rf"(?<![A-Za-z_])(?:(?=[A-Za-z()]{{0,60}}\d)(?:{_GROUP}|\((?:{_GROUP}){{1,6}}\)\d{{1,2}}){{2,12}}|[HONF][23])"
    r"(?![A-Za-z\d_]|\.\d)"
)
COMPOUND = r"(?<![A-Za-z])(?:(?:Na|K|Li|Ag|Cs|H)(?:Cl|Br|F|OH)|(?:Na|K|Ag)I|(?:Ca|Mg|Cu|Zn|Fe)[OS])(?![A-Za-z\d])"
CHARGE = r"\^([1-9]?)([+-])(?![A-Za-z\d])"
Examples = tuple[tuple[str, str], ...]


def charge(number: Callable[[str], str], plus: str, minus: str, examples: Examples) -> Rule:
    """Fe^3+."""
    signs = {"+": plus, "-": minus}
    return Rule(
        "charge of an ion",
        "maths",
        CHARGE,
        lambda m: f" {number(m[1]) if m[1] else ''}{signs[m[2]]}",
        examples,
    )


def chemistry(number: Callable[[str], str], examples: Examples) -> Rule:
    """H2O and Ca(OH)2, counts in words."""
    return Rule("chemical formula", "maths", FORMULA, lambda m: formula(m, number), examples)


def formula(m: re.Match[str], number: Callable[[str], str]) -> str:
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
