"""Mandarin: figures, dates, times, money, units and signs in characters; Cantonese differs in a few of them."""

from __future__ import annotations

from models.text.normalise.rule import Fired, apply
from models.text.normalise.shared.address import ADDRESS
from models.text.normalise.zh.abbreviations import ABBREVIATIONS
from models.text.normalise.zh.code import SCREEN, TAGS
from models.text.normalise.zh.dates import DATES
from models.text.normalise.zh.fractions import FRACTIONS, SCORES
from models.text.normalise.zh.identifiers import IDENTIFIERS, PARTS
from models.text.normalise.zh.maths import FORMULAS, MATHS, POWERS
from models.text.normalise.zh.money import MONEY
from models.text.normalise.zh.ranges import RANGES
from models.text.normalise.zh.rest import REST
from models.text.normalise.zh.telephone import TELEPHONE
from models.text.normalise.zh.times import TIMES
from models.text.normalise.zh.units import PER, QUANTITIES, SPECIAL, TWO

RULES = (
    *ADDRESS,  # before everything that would take a part of them
    *ABBREVIATIONS,
    *SCORES,  # before dates and fractions, which have a hyphen or a slash, too
    *PARTS,
    *FORMULAS,
    *SCREEN,
    *DATES,
    *TIMES,  # before ratios, which have a colon, too
    *TELEPHONE,  # before ranges, which have a hyphen, too
    *SPECIAL,
    *IDENTIFIERS,  # after dates, some of which look like versions: 2024.10.05
    *MONEY,
    *QUANTITIES,
    *POWERS,
    *PER,
    *FRACTIONS,
    *TAGS,
    *RANGES,
    *MATHS,
    *TWO,
    *REST,
)
ORDER = {
    ("web address", "name of a host"): "an address begins with the name of a host",
    ("reaction", "chemical formula"): "a reaction is known by its formulas",
    ("telephone number", "number after a call"): "a telephone number may be longer, and has hyphens",
    ("number of a room or a flight", "number of a series"): "a flight's letters stay at its number",
    ("from amount to amount", "amount of money"): "the range needs both figures",
    ("from per cent to per cent", "per cent"): "the range needs both figures",
    ("quantity", "power"): "m/s^2 is a unit",
    ("power", "minus after a power"): "after a power a hyphen is a minus",
    ("number after a letter", "number"): "the space keeps the number's words apart from the letter",
}


def spell(text: str, trace: list[Fired] | None = None) -> str:
    """Mandarin text without digits or signs. A digit in a foreign word is Chinese, too (MP3, 5G); not in an address."""
    return apply(RULES, text, trace)
