"""English: numbers, units, dates, money, addresses, code and signs in words. Acronyms stay: front-ends spell them."""

from __future__ import annotations

from models.text.normalise.en.abbreviations import ABBREVIATIONS
from models.text.normalise.en.address import ADDRESS
from models.text.normalise.en.code import CODE
from models.text.normalise.en.dates import DATES
from models.text.normalise.en.fractions import FRACTIONS
from models.text.normalise.en.identifiers import IDENTIFIERS, PARTS
from models.text.normalise.en.maths import COMPARED, MATHS
from models.text.normalise.en.money import MONEY
from models.text.normalise.en.ranges import RANGES
from models.text.normalise.en.rest import REST, WIDE
from models.text.normalise.en.telephone import TELEPHONE
from models.text.normalise.en.times import TIMES
from models.text.normalise.en.units import INCHES, QUANTITIES
from models.text.normalise.rule import Fired, apply

RULES = (
    *WIDE,
    *ADDRESS,  # before everything that would take a part of them
    *ABBREVIATIONS,
    *COMPARED,  # before code, whose operators become signs, and before money, whose sign formulas of TeX have
    *CODE,
    *PARTS,  # before dates: Slide 12/25
    *DATES,
    *TIMES,  # before ratios, which have a colon, too
    *TELEPHONE,  # before ranges, which have a hyphen, too
    *MONEY,
    *IDENTIFIERS,  # after dates and money, some of which look like versions: 2024.10.05, 1.234.567,89 €
    *INCHES,  # before fractions of them: 3/16 in.
    *FRACTIONS,
    *QUANTITIES,
    *RANGES,
    *MATHS,
    *REST,
)
ORDER = {
    ("web address", "name of a host"): "an address begins with the name of a host",
    ("Saint", "street"): "a name follows a saint, not a street",
    ("preprocessor", "hashtag"): "a few words after # belong to C",
    ("days in a row", "day before a date"): "the hyphen between two days is found by both",
    ("telephone number", "short number"): "a telephone number begins like a short one",
    ("from amount to amount", "amount after its sign"): "the range needs both figures",
    ("king", "Roman number after a name"): "kings are names, with an ordinal",
    ("full marks", "half and half"): "10/10 is no half",
    ("half and half", "fraction"): "two equal numbers are no fraction",
    ("feet and inches", "inches"): "the inches of 5'11\" belong to the feet",
    ("by", "times"): "x without spaces is the shape of something",
    ("number beside a letter", "number"): "the space keeps the number's words apart from the letter",
    ("tag", "sign"): "the brackets of a tag are no signs",
    ("sign", "heard as nothing"): "what has a name is heard",
}


def spell(text: str, trace: list[Fired] | None = None) -> str:
    """English text without digits or signs."""
    return apply(RULES, text, trace)
