"""Text as it is spoken: numbers, units, dates and signs in words. One file a language, rules shared by all voices.

    normalise("It costs $3.50.", "en")  ->  "It costs three dollars and fifty cents."

The text is a segment; ``language`` is its main one. Numbers belong to the main language unless they stick to a word of
another one (GPT-4 in Chinese). Letters are never left out. What is silent by rule: emoji and ornaments, control and
invisible characters, the ``https://`` of an address.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module

from models.text.languages import Span, spans
from models.text.normalise.common import shared, tidy

VERSION = 5  # in the front-ends' fingerprints: a rise renders again whatever may sound different
DISTRIBUTIONS = ("cn2an", "num2words")  # whose versions belong there, too

_STUCK = re.compile(r"(?<![\w.,$€£¥])\d[\d.,]*$")


@lru_cache(maxsize=4096)
def normalise(text: str, language: str) -> str:
    """Spell out a segment. Gives text without digits or signs that a voice could misread; may be empty.

    Raises VoiceNotInstalled where a number library is missing, naming the extra to install.
    """
    text = shared(text)
    if language != "en":
        text = _rules(language)(text)
    parts = []
    for span in _numbered(spans(text, language)):
        done = span.language == language != "en"
        parts.append(span.text if done else _around(span.text, _rules(span.language)))
    return tidy("".join(parts))


def _numbered(found: list[Span]) -> list[Span]:
    """In English, a number that touches a Chinese word belongs to it: in 2024年."""
    out: list[Span] = []
    for span in found:
        if out and span.language != "en" == out[-1].language and (number := _STUCK.search(out[-1].text)):
            before = out.pop().text[: number.start()]
            out += [Span(before, "en")] if before else []
            span = Span(number[0] + span.text, span.language)  # noqa: PLW2901
        out.append(span)
    return out


def _rules(language: str) -> Callable[[str], str]:
    """The function ``spell`` of a language's own file; loaded at first use."""
    rules: Callable[[str], str] = import_module(f"models.text.normalise.{language}").spell
    return rules


def _around(text: str, spell: Callable[[str], str]) -> str:
    """Apply rules to the inside, keeping the white space at the edges: it separates this span from the next."""
    inside = text.strip()
    begin = text.find(inside)
    return text[:begin] + spell(inside) + text[begin + len(inside) :] if inside else text
