"""Money: amounts, scales, prices of one."""

from __future__ import annotations

import re

from models.text.normalise.en.figures import Match, N, number
from models.text.normalise.en.units import SCALES, UNITS
from models.text.normalise.rule import Rule, either
from models.text.normalise.tables import rows

CURRENCIES = rows("en", "currencies")
_SIGNS = either(c for c in CURRENCIES if not c.isalpha())
_CODES = either(c for c in CURRENCIES if c.isalpha())
_SCALE = r"(?:\s?(?P<scale>thousand|million|billion|trillion|[bt]n|(?<=\d)[KMBkm])(?![A-Za-z]))?"


def _money(m: Match) -> str:
    one, many, cent, cents = CURRENCIES[m["c"]]
    sign = "minus " if m["sign"] else ""
    amount, scale = m["n"], m["scale"]
    if scale:
        return f"{sign}{number(amount)} {SCALES.get(scale, scale)} {many}"
    whole, _, part = amount.partition(".")
    if len(part) == 2 and cent:
        words = [] if whole == "0" and int(part) else [f"{number(whole)} {one if whole == '1' else many}"]
        if int(part):
            words.append(f"{number(str(int(part)))} {cent if int(part) == 1 else cents}")
        return sign + " and ".join(words)
    before, after = m.string[: m.start()], m.string[m.end() :]
    adjective = re.search(r"\b[Aa]n?\s$", before) and re.match(r"\s[a-z]", after)  # a $20 ticket
    return f"{sign}{number(amount)} {one if amount == '1' or adjective else many}"


def _range(m: Match) -> str:
    scale = f" {SCALES.get(m['scale'], m['scale'])}" if m["scale"] else ""
    return f"{number(m['a'])} to {number(m['b'])}{scale} {CURRENCIES[m['c']][1]}"


MONEY = (
    Rule("rupees", "money", r"\bRs\.?\s?(?=\d)", "₹", (("Rs. 40", "forty rupees"),)),
    Rule(
        "from price to price",
        "money",
        r"(?<=\d[KMBkm])\s?[-–]\s?(?=[$€£]\d)",
        " to ",
        (("$2M-$3M", "two million dollars to three million dollars"),),
    ),
    Rule(
        "decimal comma of money",
        "money",
        r"(?<![\w.,])\d{1,3}(?:\.\d{3})*,\d\d(?=\s?(?:€|EUR\b))|(?<=€)\d{1,3}(?:\.\d{3})*,\d\d(?!\d)",
        lambda m: m[0].replace(".", "").replace(",", "."),
        (("2.499,50 €", "two thousand four hundred and ninety-nine euros and fifty cents"),),
    ),
    Rule(
        "price of one",
        "money",
        r"((?:[$€£¥]|US\$)\d[\d.,]*)\s?/\s?([A-Za-z]+)\b(?:\.(?=\s[a-z]))?",
        lambda m: f"{m[1]} per {UNITS.get(m[2], (m[2],))[0]}",
        (("£9/kg", "nine pounds per kilogram"),),
    ),
    Rule(
        "from amount to amount",
        "money",
        rf"(?P<c>{_SIGNS})\s?(?P<a>{N})\s?[-–]\s?(?P=c)?(?P<b>{N}){_SCALE}(?!\w)",
        _range,
        (("€20–30", "twenty to thirty euros"),),
    ),
    Rule(
        "amount after its sign",
        "money",
        rf"(?P<sign>(?<!\w)-)?(?P<c>{_SIGNS})\s?(?P<n>{N}){_SCALE}",
        _money,
        (("-$0.75 or $1.01", "minus seventy-five cents or one dollar and one cent"), ("a $9 pen", "a nine dollar pen")),
    ),
    Rule(
        "amount after its code",
        "money",
        rf"(?P<sign>(?<!\w)-)?\b(?P<c>{_CODES})\s?(?P<n>{N}){_SCALE}",
        _money,
        (("CHF 3tn", "three trillion Swiss francs"),),
    ),
    Rule(
        "amount before its currency",
        "money",
        rf"(?<![\w.])(?P<sign>-)?(?P<n>{N}){_SCALE}\s?(?P<c>{_SIGNS}|(?:{_CODES})\b)(?!\s?\d)",
        _money,
        (("7 million € and 30 USD", "seven million euros and thirty U.S. dollars"),),
    ),
)
