"""Lesson sentences to train on, as many as wanted: templates of our own, filled with the lexicons' words.

A vocoder learns sounds, not sense, so what counts is that every consonant meets every vowel, at the head and the end of
sentences, in questions and lists. The same seed gives the same sentences, given the same lexicons.
"""

from __future__ import annotations

import importlib.metadata
import json
import random
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RARE = 0.35  # exponent of a word's frequency: frequent words come more often, but rare syllables come, too
PARTS = {"noun": "n", "verb": "v", "adjective": "a", "place": "ns", "person": "nr", "idiom": "i"}  # of jieba's tags
LONGEST = 4  # characters of a Chinese word

Draw = Callable[[random.Random], str]


def sentence(language: str, chance: random.Random) -> str:
    """A sentence of ``language`` (en, zh or ja), all of its words drawn by ``chance``."""
    templates, words = _language(language)
    return re.sub(r"\{(\w+)\}", lambda slot: words[slot[1]](chance), chance.choice(templates))


@lru_cache(maxsize=3)
def _language(language: str) -> tuple[Sequence[str], Mapping[str, Draw]]:
    """Templates, and how each of their slots is filled."""
    content: dict[str, Any] = tomllib.loads((HERE / f"{language}.toml").read_text("utf-8"))
    own = {slot: _one_of(words) for slot, words in content.get("words", {}).items()}
    words = {**_FIGURES, **own, **_LEXICONS[language]()}
    if "morae" in content:
        morae = content["morae"].split()
        words["name"] = lambda chance: "".join(chance.choices(morae, k=chance.randint(2, 4)))
    if "noun" in words:
        words["Noun"] = lambda chance: words["noun"](chance).capitalize()
    return content["templates"], words


def _one_of(words: Sequence[str]) -> Draw:
    return lambda chance: chance.choice(words)


def _english() -> Mapping[str, Draw]:
    gold = json.loads(_file("misaki", "misaki/data/us_gold.json").read_text("utf-8"))
    return {"word": _one_of([word for word in gold if re.fullmatch("[a-z]{3,12}", word)])}


def _chinese() -> Mapping[str, Draw]:
    """Words by what part of speech they are, drawn by how frequent they are."""
    found: dict[str, list[tuple[str, float]]] = {slot: [] for slot in PARTS}
    slots = {tag: slot for slot, tag in PARTS.items()}
    for line in _file("jieba", "jieba/dict.txt").read_text("utf-8").splitlines():
        word, count, tag = line.split()
        if tag in slots and 1 < len(word) <= LONGEST:
            found[slots[tag]].append((word, float(count) ** RARE))
    return {slot: _weighted(words) for slot, words in found.items()}


def _weighted(words: Sequence[tuple[str, float]]) -> Draw:
    names = [word for word, _ in words]
    sums = list(accumulate(weight for _, weight in words))
    return lambda chance: chance.choices(names, cum_weights=sums)[0]


def _japanese() -> Mapping[str, Draw]:
    listed = _file("misaki", "misaki/data/ja_words.txt").read_text("utf-8").split()
    return {"word": _one_of([word for word in listed if 2 <= len(word) <= 6])}


def _file(distribution: str, path: str) -> Path:
    return Path(str(importlib.metadata.distribution(distribution).locate_file(path)))


_LEXICONS: Mapping[str, Callable[[], Mapping[str, Draw]]] = {"en": _english, "zh": _chinese, "ja": _japanese}
_FIGURES: Mapping[str, Draw] = {
    "number": lambda chance: str(chance.randint(1, 10 ** chance.randint(1, 4))),
    "year": lambda chance: str(chance.randint(1100, 2040)),
    "percent": lambda chance: f"{chance.randint(1, 990) / 10:g}%",
    "price": lambda chance: f"{chance.randint(100, 99_999) / 100:.2f}",
    "date": lambda chance: f"{chance.randint(1, 28)} {chance.choice(('March', 'July', 'October', 'December'))}",
    "time": lambda chance: f"{chance.randint(1, 23)}:{chance.randint(10, 59)}",
}
