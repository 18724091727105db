"""Numbers that name something: parts, standards, versions, flights, chapters, kings."""

from __future__ import annotations

import re

from models.text.normalise.common import roman
from models.text.normalise.en.figures import Match, by_digits, number
from models.text.normalise.numbers import ordinal
from models.text.normalise.rule import Rule, either
from models.text.normalise.tables import rows

_SOFTWARE = either(rows("en", "software"))  # what has a minor version, read as a number: Python 3.12
_KINGS = either(rows("en", "kings"))
_NUMBERED = either(rows("en", "numbered"))


def _version(m: Match) -> str:
    """3.9.1, v2; 10.0.0.1 is an address."""
    figures = m[0].lstrip("vV")
    point = " dot " if figures.count(".") == 3 else " point "
    return ("" if figures == m[0] else "version ") + point.join(map(number, figures.split(".")))


def _numbered_list(m: Match) -> str:
    """Chapters IX, X and XIV."""
    return m[1] + re.sub(r"[IVXL]+", lambda n: number(roman(n[0])), m[2].replace("–", " to ").replace("-", " to "))


def _numbered(m: Match) -> str:
    return f"{m[1]} {number(roman(m[2]))}"


PARTS = (
    Rule(
        "part of all",
        "identifiers",
        r"(?i:\b(step|part|page|slide|lesson|module|question|task|day|week|attempt|chapter|unit|section|item)\s)"
        r"(\d{1,3})/(\d{1,3})(?![\w/])",
        r"\1 \2 of \3",
        (("Slide 12/25", "Slide twelve of twenty-five"),),
    ),
)
IDENTIFIERS = (
    Rule(
        "paragraph of a law",
        "identifiers",
        r"\b(\d)0(\d)\(([a-z])\)(?:\((\d)\))?",
        lambda m: f"{number(m[1])} oh {number(m[2])} {m[3]} {m[4] or ''}",
        (("a 501(c)(3) group", "a five oh one c three group"),),
    ),
    Rule(
        "edition of a standard",
        "identifiers",
        r"\b((?:ISO|EN|IEC|DIN|BS|ASTM)(?:/[A-Z]+)?\s?\d{2,5}):(?=(?:19|20)\d\d\b)",
        r"\1, ",
        (("DIN 5008:2020", "DIN five thousand and eight, twenty twenty"),),
    ),
    Rule(
        "end of a strand",
        "identifiers",
        r"(?<!\w)([35])['′](?=\s?→|\sto\b|-?\s?(?:end|cap|UTR)\b)|(?<=→)([35])['′]",
        lambda m: f"{number(m[1] or m[2])} prime",
        (("the 3' end", "the three prime end"),),
    ),
    Rule(
        "network standard",
        "identifiers",
        r"\b802\.(\d{1,2})([a-zX]{0,2})\b",
        lambda m: f"eight oh two dot {number(m[1])} {' '.join(m[2])}",
        (("802.3af", "eight oh two dot three a f"),),
    ),
    Rule(
        "version before its release",
        "identifiers",
        r"(?<=\d)-(rc|alpha|beta|dev)\.?(?=\d)",
        r" \1 ",
        (("2.0.0-beta.4", "two point zero point zero beta four"),),
    ),
    Rule(
        "key of music",
        "identifiers",
        r"\b([A-G])b(?= (?:major|minor)\b)",
        r"\1 flat",
        (("Eb minor", "E flat minor"),),
    ),
    Rule(
        "number of a product",
        "identifiers",
        r"(?<=[A-Za-z]\d)-(?=\d{3})",
        " ",
        (("an i5-650", "an i five six hundred and fifty"),),
    ),
    Rule(
        "verses",
        "identifiers",
        r"\b([A-Z][a-z]+\.?\s)(\d{1,3}):(\d{1,3})\s?[-–]\s?(?=\d{1,3}\b(?!:))",
        lambda m: f"{m[1]}{number(m[2])}, {number(m[3])} to ",
        (("Luke 2:1-7", "Luke two, one to seven"),),
    ),
    Rule(
        "flight",
        "identifiers",
        r"((?i:\bflight)\s[A-Z][A-Z\d])\s?-?(\d{3,4})\b",
        lambda m: f"{m[1]} {by_digits(m[2])}",
        (("Flight LH 400", "Flight LH four zero zero"),),
    ),
    Rule(
        "version of software",
        "identifiers",
        rf"\b({_SOFTWARE})\s(\d+)\.([1-9]\d)(?![\w.]\w)",
        lambda m: f"{m[1]} {number(m[2])} point {number(m[3])}",
        (("Rust 1.75", "Rust one point seventy-five"),),
    ),
    Rule(
        "version",
        "identifiers",
        r"(?<![\w.])[vV]?\d+(?:\.\d+){2,}(?!\w|\.\d)|\b[vV]\d+(?:\.\d+)*\b",
        _version,
        (("3.9.1, v2", "three point nine point one, version two"), ("10.0.0.1", "ten dot zero dot zero dot one")),
    ),
    Rule(
        "figure of a chapter",
        "identifiers",
        r"\b((?i:figure|table|section|exercise|example|equation|listing)s?) (\d+)-(\d+)\b",
        lambda m: f"{m[1]} {number(m[2])} dash {number(m[3])}",
        (("Figure 2-7", "Figure two dash seven"),),
    ),
    Rule(
        "ordinal",
        "identifiers",
        r"\b(\d+)(?:st|nd|rd|th)\b",
        lambda m: ordinal(int(m[1])),
        (("the 33rd try", "the thirty-third try"),),
    ),
    Rule(
        "chapters in Roman numbers",
        "identifiers",
        rf"\b((?:{_NUMBERED})s )([IVXL]+(?:(?:, (?:and |or )?| and | or | to |\s?[-–&]\s?)[IVXL]+\b)+)(?!['’])",
        _numbered_list,
        (("Acts II and IV", "Acts two and four"),),
    ),
    Rule(
        "king",
        "identifiers",
        rf"\b({_KINGS}) ([IVX]+)\b(?!\.\w)",
        lambda m: f"{m[1]} the {ordinal(int(roman(m[2])))}",
        (("Edward V", "Edward the fifth"),),
    ),
    Rule(
        "Roman number after a name",
        "identifiers",
        r"\b([A-Z][a-z]+) (II|III|VI{1,3}|IX|XI{1,3}|XIV|XVI{0,3}|XIX|XXI?)\b(?!['’.]\w)",
        _numbered,
        (("Apollo XI", "Apollo eleven"),),
    ),
    Rule(
        "chapter in Roman numbers",
        "identifiers",
        rf"\b({_NUMBERED})s? ([IVXL]+)\b(?!['’]|(?<= I) (?!of|and|to|is|was|or|in)[a-z])",
        _numbered,
        (("Phase I and Level V", "Phase one and Level five"),),
    ),
)
