"""Numbers that name something, in languages that are written in Han."""

from __future__ import annotations

from models.text.normalise.common import roman
from models.text.normalise.rule import Examples, Rule


def roman_ordinal(parts: str, examples: Examples) -> Rule:
    """第IV章; ``parts`` are the characters for chapters, volumes and the like."""
    return Rule(
        "Roman number of a part",
        "identifiers",
        rf"(?<=第)\s?([IVXL]+)\s?(?=[{parts}])",
        lambda m: roman(m[1]),
        examples,
    )


def roman_kind(kinds: str, century: str, examples: Examples) -> Rule:
    """III型 and 路易XIV世; ``century`` is the character that makes 世 one."""
    return Rule(
        "Roman number of a kind or a king",
        "identifiers",
        rf"(?<![A-Za-z])([IVX]+)(?=世(?!{century}))|(?<![A-Za-z])(I{{1,3}}|IV|VI{{1,3}}|IX)(?=[{kinds}])",
        lambda m: roman(m[0]),
        examples,
    )
