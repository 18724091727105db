"""What is written short and spoken long, units and dates apart."""

from __future__ import annotations

from models.text.normalise.en.figures import Match, full_stop, number
from models.text.normalise.en.units import UNITS
from models.text.normalise.rule import Rule, either
from models.text.normalise.tables import words

_SHORT = words("en", "abbreviations")
_BEFORE_NUMBER = words("en", "before_number")
_BOOKS = words("en", "books")
_LAST = ("etc.", "et al.", "Jr.", "Sr.", "Inc.", "Ltd.", "Co.", "p.a.")  # their full stop may be the sentence's, too


def _abbreviation(m: Match) -> str:
    rest = m.string[m.end() :].lstrip(" \"')")
    ends = m[0] in _LAST and (not rest or rest[:1].isupper())
    return _SHORT[m[0]] + ("." if ends else "")


def _before_number(m: Match) -> str:
    said = _BEFORE_NUMBER[m[1].lower()]
    return (said.capitalize() if m[1][0].isupper() else said) + " "


def _per(m: Match) -> str:
    """Seven days/wk."""
    return f" per {UNITS[m[1]][0] if m[1] in UNITS else m[1]}{full_stop(m)}"


ABBREVIATIONS = (
    Rule(
        "book of the Bible",
        "abbreviations",
        rf"\b(?:{either(_BOOKS)})(?=\s\d{{1,3}}:\d)",
        lambda m: _BOOKS[m[0]],
        (("Ps. 23:1", "Psalm twenty-three to one"),),
    ),
    Rule(
        "so many a week",
        "abbreviations",
        r"(?<=[a-z]s)/(wk|week|yr|year|hr|hour|mo|month|day|min|minute)\b\.?(?!\w)",
        _per,
        (("four lessons/wk.", "four lessons per week."),),
    ),
    Rule(
        "abbreviation",
        "abbreviations",
        rf"(?<![\w.])(?:{either(_SHORT)})(?!\w)",
        _abbreviation,
        (("approx. ten, i.e. a lot", "approximately ten, that is a lot"), ("Smith et al.", "Smith and others.")),
    ),
    Rule("with", "abbreviations", r"\bw/\s?(?!o\b)(?=[a-z\d])", "with ", (("tea w/ milk", "tea with milk"),)),
    Rule(
        "abbreviation before a bracket",
        "abbreviations",
        r"(?<![\w.])((?i:eqs?|figs?|sec)\.)\s?(?=\()",
        _before_number,
        (("see Fig. (2)", "see Figure (two)"),),
    ),
    Rule(
        "abbreviation before a number",
        "abbreviations",
        rf"(?<![\w.])((?i:{either(_BEFORE_NUMBER)}))\s?(?=\d)",
        _before_number,
        (("Ch. 3, pp. 4 and 9", "Chapter three, pages four and nine"),),
    ),
    Rule(
        "abbreviation before a Roman number",
        "abbreviations",
        r"\b((?i:vol|ch|chap|sec|art|pt)\.)\s?(?=[IVX]+\b(?!['’]))",
        _before_number,
        (("Vol. III", "Volume three"),),
    ),
    Rule(
        "every so many hours",
        "abbreviations",
        r"\bq(\d{1,2})h\b",
        lambda m: f"every {number(m[1])} hours",
        (("one tablet q8h", "one tablet every eight hours"),),
    ),
    Rule(
        "party against party",
        "abbreviations",
        r"(?<=[a-z]\s)v\.\s(?=[A-Z])",
        "versus ",
        (("Brown v. Board", "Brown versus Board"),),
    ),
    Rule("about the year", "abbreviations", r"\bc\.\s?(?=\d{3,4}\b)", "circa ", (("c. 1200", "circa twelve hundred"),)),
    Rule(
        "century",
        "abbreviations",
        r"(?<=\d(?:st|nd|rd|th))[\s-]c\.",
        " century",
        (("a 12th c. church", "a twelfth century church"),),
    ),
    Rule(
        "born and died",
        "abbreviations",
        r"(?<=\()([bd])\.\s(?=\d{4})",
        lambda m: "born " if m[1] == "b" else "died ",
        (("Ada (b. 1815)", "Ada (born eighteen fifteen)"),),
    ),
    Rule("Mount", "abbreviations", r"\bMt\.(?=\s[A-Z])", "Mount", (("Mt. Fuji", "Mount Fuji"),)),
    Rule(
        "avenue",
        "abbreviations",
        r"(?<=\w )Ave\.",
        lambda m: "Avenue" + full_stop(m),
        (("Fifth Ave. in spring", "Fifth Avenue in spring"), ("on Fifth Ave.", "on Fifth Avenue.")),
    ),
    Rule("Saint", "abbreviations", r"\bSt\.(?=\s[A-Z])", "Saint", (("St. Petersburg", "Saint Petersburg"),)),
    Rule(
        "street",
        "abbreviations",
        r"(?<=[a-z] )St\.",
        lambda m: "Street" + full_stop(m),
        (("on Baker St. at night", "on Baker Street at night"), ("on Baker St.", "on Baker Street.")),
    ),
    Rule(
        "one or many",
        "abbreviations",
        r"([A-Za-z])\((e?s)\)(?!\w)",
        r"\1\2",
        (("the box(es) and file(s)", "the boxes and files"),),
    ),
    Rule("not applicable", "abbreviations", r"(?i:\bn/a\b)", "not applicable", (("N/A", "not applicable"),)),
    Rule("versus", "abbreviations", r"\bvs\b", "versus", (("cats vs dogs", "cats versus dogs"),)),
)
