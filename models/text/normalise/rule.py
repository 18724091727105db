r"""A rule of reading, and the one place where rules are applied.

How a language is laid out, for whoever adds a rule or a language:

    shared/          rules that several languages have, each a function that is given the language's words
    ko/              a language
      __init__.py    RULES: all rules in their order; ORDER: why, where the order of two neighbours matters; spell()
      figures.py     how the language says a number, and the patterns that a number is found by
      money.py       one file a kind of ``Kind``, where the language has rules of it: MONEY, a tuple of rules
      units.tsv      one table a file (units, currencies, signs, greek ...): a heading, then a line for each entry

A rule has a name that no other rule of its language has, a kind, a pattern, what to say, and examples:

    Rule(
        "money",
        "money",
        rf"(?P<c>{CURRENCY})\s?(?P<n>{N})",
        lambda m: f"{number(m['n'])} {CURRENCIES[m['c']]}",
        (("$3.5", "삼 점 오 달러"),),
    )

Rules run one after the other, each over the whole text that those before it left; what one has put into words has no
digit or sign left for the next. So what is special stands before what is general. ``say`` need not care for its
neighbours: where a word would grow together with one beside it, ``apply`` puts a space between them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from models.text.languages import HAN, HANGUL, KANA

Kind = Literal[
    "address", "abbreviations", "code", "dates", "times", "telephone", "money", "units", "fractions", "ranges", "maths",
    "identifiers", "rest",
]  # fmt: skip
Examples = tuple[tuple[str, str], ...]
_WITHOUT_SPACES = re.compile(f"[{HAN}{KANA}{HANGUL}]")


@dataclass(frozen=True)
class Rule:
    """A pattern, and what is said in its place.

    ``say`` is a replacement as ``re.sub`` takes it (``\\1`` is what the first bracket took) or a function of the match.
    ``examples`` are whole texts and how ``normalise(text, language)`` reads them; at least one of them must be read
    otherwise where the rule is missing.
    """

    name: str
    kind: Kind
    pattern: str
    say: str | Callable[[re.Match[str]], str]
    examples: Examples
    compiled: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "compiled", re.compile(self.pattern))

    def said(self, m: re.Match[str]) -> str:
        """The words in place of a match."""
        return m.expand(self.say) if isinstance(self.say, str) else self.say(m)


class Fired(NamedTuple):
    """A rule that changed a text: what it took out, and what it put in."""

    name: str
    kind: Kind
    took: str
    gave: str


def apply(rules: Sequence[Rule], text: str, trace: list[Fired] | None = None) -> str:
    """Apply rules in their order; ``trace``, where given, collects those that changed something."""
    for rule in rules:
        if rule.compiled.search(text):
            text = _replaced(rule, text, trace)
    return text


def _replaced(rule: Rule, text: str, trace: list[Fired] | None) -> str:
    done, at = "", 0
    for m in rule.compiled.finditer(text):
        took, gave = m[0], rule.said(m)
        if took == gave:
            continue
        done += text[at : m.start()]
        at = m.end()
        following = text[at : at + 1]
        before = _fuse(done[-1:], took[:1], gave[:1] or following)
        after = gave and _fuse(following, took[-1:], gave[-1:])
        done += f"{' ' if before else ''}{gave}{' ' if after else ''}"
        if trace is not None:
            trace.append(Fired(rule.name, rule.kind, took, gave))
    return done + text[at:]


def _fuse(neighbour: str, taken: str, given: str) -> bool:
    """Whether two words become one: at the edge was no letter, and now is one, beside another."""
    return _lettered(given) and _lettered(neighbour) and not _lettered(taken)


def _lettered(c: str) -> bool:
    """A letter of a script that has spaces between its words; Korean's endings stick to what they follow."""
    return c.isalpha() and (c.isascii() or not _WITHOUT_SPACES.match(c))


def either(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
