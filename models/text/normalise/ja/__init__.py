"""Japanese: figures, dates, times, money, units and signs in kanji and kana; counters are read by the front-end."""

from __future__ import annotations

from models.text.normalise.ja.abbreviations import ABBREVIATIONS
from models.text.normalise.ja.code import SCREEN, TAGS
from models.text.normalise.ja.dates import DATES
from models.text.normalise.ja.fractions import FRACTIONS
from models.text.normalise.ja.identifiers import IDENTIFIERS
from models.text.normalise.ja.maths import FORMULAS, MATHS, POWERS
from models.text.normalise.ja.money import MONEY
from models.text.normalise.ja.ranges import RANGES, WAVES
from models.text.normalise.ja.rest import REST
from models.text.normalise.ja.telephone import TELEPHONE
from models.text.normalise.ja.times import TIMES
from models.text.normalise.ja.units import QUANTITIES
from models.text.normalise.rule import Fired, apply
from models.text.normalise.shared.address import ADDRESS

RULES = (
    *ADDRESS,  # before everything that would take a part of them
    *ABBREVIATIONS,
    *FORMULAS,
    *SCREEN,
    *DATES,
    *WAVES,  # after dates: 2024-03-05〜; before times, whose figures tell that a hyphen is a range
    *TIMES,  # before ratios, which have a colon, too
    *TELEPHONE,  # before ranges, which have a hyphen, too
    *IDENTIFIERS,  # after dates, some of which look like versions: 2024.10.05
    *MONEY,
    *QUANTITIES,
    *POWERS,
    *FRACTIONS,
    *TAGS,
    *RANGES,
    *MATHS,
    *REST,
)
ORDER = {
    ("web address", "name of a host"): "an address begins with the name of a host",
    ("thousands to billions", "amount of money"): "$2.4M is an amount with a scale of its own",
    ("power", "minus after a power"): "after a power a hyphen is a minus",
    ("number after a letter", "number"): "the space keeps the number's words apart from the letter",
}


def spell(text: str, trace: list[Fired] | None = None) -> str:
    """Japanese text without digits or signs."""
    return apply(RULES, text, trace)
