"""What no rule of a kind has taken, in languages that are written without spaces."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from models.text.normalise.numbers import PLAIN
from models.text.normalise.rule import Examples, Rule

_OF_NAMES = "#@&%"  # C#, AT&T; a plus has rules of its own, a full stop is punctuation


def number_after_letter(examples: Examples) -> Rule:
    """MP3 and A-4."""
    return Rule("number after a letter", "rest", r"(?<=[A-Za-z])[-/]?(?=\d)", " ", examples)


def plain_number(number: Callable[[str], str], wide: str, examples: Examples) -> Rule:
    """A number that nothing else is known of; no space between it and the language's ``wide`` characters."""
    pattern = rf"(?:(?<=[{wide}])\s)?({PLAIN})(?:\s(?=[{wide}]))?"
    return Rule("number", "rest", pattern, lambda m: number(m[1]), examples)


def greek(names: Mapping[str, str], examples: Examples) -> Rule:
    """Letters of mathematics."""
    return Rule("Greek letter", "rest", f"[{''.join(names)}]", lambda m: names[m[0]], examples)


def sign(names: Mapping[str, str], examples: Examples) -> Rule:
    """A sign that is always heard by its name."""
    always = "".join(one for one in names if one not in f"+.{_OF_NAMES}")
    return Rule("sign", "rest", f"[{re.escape(always)}]", lambda m: names[m[0]], examples)


def sign_of_names(names: Mapping[str, str], examples: Examples) -> Rule:
    """A sign that stays where it belongs to a name."""
    pattern = rf"(?<![A-Za-z\d])[{_OF_NAMES}](?![A-Za-z\d])"
    return Rule("sign that names may have", "rest", pattern, lambda m: names[m[0]], examples)


def silent(examples: Examples) -> Rule:
    """Marks of code and of typing that are heard as nothing."""
    marks = r"[\\|*_^{}\[\]`<>/]+"
    return Rule("heard as nothing", "rest", rf"(?<![A-Za-z\d]){marks}|{marks}(?![A-Za-z\d])", " ", examples)
