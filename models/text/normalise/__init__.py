"""Text as it is spoken: numbers, units, dates and signs in words. One folder a language, rules shared by all voices.

    normalise("It costs $3.50.", "en")  ->  "It costs three dollars and fifty cents."

The text is a segment; ``language`` is its main one. Numbers belong to the main language unless they stick to a word of
another one (GPT-4 in Chinese). Letters are never left out. What is silent by rule: emoji and ornaments, control and
invisible characters, the ``https://`` of an address.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from typing import Protocol

from models.text.languages import LanguageSpan, spans
from models.text.normalise.common import plain, tidy
from models.text.normalise.rule import Fired

VERSION = 5  # in the front-ends' fingerprints: a rise renders again whatever may sound different
DISTRIBUTIONS = ("cn2an", "num2words")  # whose versions belong there, too

_STUCK = re.compile(r"(?<![\w.,$€£¥])\d[\d.,]*$")


@lru_cache(maxsize=4096)
def normalise(text: str, language: str) -> str:
    """Spell out a segment. Gives text without digits or signs that a voice could misread; may be empty.

    Raises VoiceNotInstalled where a number library is missing, naming the extra to install.
    """
    return _normalised(text, language)


def fired(text: str, language: str) -> list[Fired]:
    """The rules that ``normalise`` would apply to a text, in their order: what each took and gave."""
    trace: list[Fired] = []
    _normalised(text, language, trace)
    return trace


def _normalised(text: str, language: str, trace: list[Fired] | None = None) -> str:
    text = plain(text)
    if language != "en":
        text = _speller(language)(text, trace)
    parts = []
    for span in _numbered(spans(text, language)):
        done = span.language == language != "en"
        parts.append(span.text if done else _around(span.text, _speller(span.language), trace))
    return tidy("".join(parts))


def _numbered(found: list[LanguageSpan]) -> list[LanguageSpan]:
    """In English, a number that touches a Chinese word belongs to it: in 2024年."""
    out: list[LanguageSpan] = []
    for span in found:
        if out and span.language != "en" == out[-1].language and (number := _STUCK.search(out[-1].text)):
            before = out.pop().text[: number.start()]
            out += [LanguageSpan(before, "en")] if before else []
            span = LanguageSpan(number[0] + span.text, span.language)  # noqa: PLW2901
        out.append(span)
    return out


class _Speller(Protocol):
    def __call__(self, text: str, trace: list[Fired] | None = None) -> str: ...


def _speller(language: str) -> _Speller:
    """The function ``spell`` of a language's own folder; loaded at first use."""
    speller: _Speller = import_module(f"models.text.normalise.{language}").spell
    return speller


def _around(text: str, spell: _Speller, trace: list[Fired] | None) -> str:
    """Apply rules to the inside, keeping the white space at the edges: it separates this span from the next."""
    inside = text.strip()
    begin = text.find(inside)
    return text[:begin] + spell(inside, trace) + text[begin + len(inside) :] if inside else text
