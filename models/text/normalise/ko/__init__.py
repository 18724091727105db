"""Korean: Sino-Korean figures with units, dates, money; native ones for hours and counted things up to 99."""

from __future__ import annotations

from models.text.normalise.ko.abbreviations import ABBREVIATIONS
from models.text.normalise.ko.dates import DATES
from models.text.normalise.ko.fractions import FRACTIONS
from models.text.normalise.ko.identifiers import IDENTIFIERS
from models.text.normalise.ko.maths import MATHS
from models.text.normalise.ko.money import MONEY
from models.text.normalise.ko.ranges import RANGES
from models.text.normalise.ko.rest import REST
from models.text.normalise.ko.telephone import TELEPHONE
from models.text.normalise.ko.times import TIMES
from models.text.normalise.ko.units import COUNTED, QUANTITIES
from models.text.normalise.rule import Fired, apply
from models.text.normalise.shared.address import ADDRESS

RULES = (
    *ADDRESS,  # before everything that would take a part of them
    *ABBREVIATIONS,
    *DATES,
    *TIMES,  # before ratios, which have a colon, too
    *TELEPHONE,  # before ranges, which have a hyphen, too
    *IDENTIFIERS,  # after dates, some of which look like versions: 2024.10.05
    *MONEY,
    *QUANTITIES,  # before what is counted: km is no counter
    *COUNTED,
    *FRACTIONS,
    *MATHS,
    *RANGES,
    *REST,
)
ORDER = {
    ("power", "minus"): "after a power a hyphen is a minus",
    ("until a time", "time"): "a hyphen before a time is found by the time's figures",
    ("number after a letter", "number"): "the space keeps the number's words apart from the letter",
}


def spell(text: str, trace: list[Fired] | None = None) -> str:
    """Korean text without digits or signs."""
    return apply(RULES, text, trace)
