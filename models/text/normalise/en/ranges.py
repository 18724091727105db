"""From one number to another."""

from __future__ import annotations

from models.text.normalise.en.figures import ALONE, ENDS, Match, N, bare, number
from models.text.normalise.rule import Rule


def _range(m: Match) -> str:
    """5-7, 1914–1918; but 3 - 2, and 3-2 = 1."""
    if " -" in m[0] or ("-" in m[0] and m.string[m.end() :].lstrip().startswith("=")):
        return f"{number(m['a'])} minus {number(m['b'])}"
    return f"{bare(m['a'])} to {bare(m['b'])}"


RANGES = (
    Rule(
        "hyphened words between numbers",
        "ranges",
        r"(?<=\d)-(to|on|by|in)-(?=\d)",
        r" \1 ",
        (("a 9-to-5 job", "a nine to five job"),),
    ),
    Rule(
        "from number to number",
        "ranges",
        rf"{ALONE}(?P<a>{N})\s?[–~-]\s?(?P<b>{N}){ENDS}",
        _range,
        (("pages 30–34", "pages thirty to thirty-four"), ("9-4 = 5", "nine minus four equals five")),
    ),
)
