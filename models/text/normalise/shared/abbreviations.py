"""Latin abbreviations in texts of other languages than English: words that an English reader says for them."""

from __future__ import annotations

from models.text.normalise.rule import Rule

_WORDS = {"e.g.": "for example", "i.e.": "that is", "etc.": "et cetera", "vs.": "versus"}


def latin(examples: tuple[tuple[str, str], ...]) -> Rule:
    """Their full stop is not the sentence's."""
    return Rule(
        "Latin abbreviation",
        "abbreviations",
        r"(?a:(?<![\w.])(?:e\.g\.|i\.e\.|etc\.|vs\.))",
        lambda m: f" {_WORDS[m[0]]} ",
        examples,
    )
