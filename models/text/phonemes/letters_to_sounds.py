"""Letters to sounds: the probable pronunciation of an unknown English word, without eSpeak NG.

A joint-sequence model (Bisani and Ney, "Joint-sequence models for grapheme-to-phoneme conversion", 2008), one letter
with its none to three sounds a pair, interpolated n-grams of pairs, beam search. Learnt from misaki's American lexicon
(Apache-2.0) by ``learn_letters_to_sounds.py``, so it speaks misaki's alphabet and places stress.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import log
from pathlib import Path

from models.errors import Unspeakable

MODEL = Path(__file__).with_name("letters_to_sounds.txt")
EDGE = "\x7f"  # before and after a word
FIRST = 0x100  # code point of the first pair in the file's n-grams
DISCOUNT = 0.6  # taken from every count, and given to what was not seen
BEAM = 30
LONGEST = 60  # letters
UNSTRESSED = 6.0  # nats that a word without primary stress is held to be less likely


@lru_cache(maxsize=4096)
def pronounce(word: str) -> str:
    """Return the sounds of a word of lower-case a-z, stress included. Raises Unspeakable for what it cannot be."""
    if not re.fullmatch(f"[a-z]{{1,{LONGEST}}}", word):
        raise Unspeakable(f"no way to pronounce {word[:LONGEST]!r}: write it as it sounds")
    model = _model()
    beam: list[tuple[float, str]] = [(0.0, EDGE)]
    for letter in word:
        grown = []
        for score, path in beam:
            stressed = not model.stressed.isdisjoint(path)  # a word has one primary stress
            for pair in model.pairs[letter]:
                if not (stressed and pair in model.stressed):
                    grown.append((score + model.log(path, pair), path + pair))
        beam = sorted(grown, reverse=True)[:BEAM]
    ended = [
        (score + model.log(path, EDGE) - UNSTRESSED * model.stressed.isdisjoint(path), path) for score, path in beam
    ]
    return "".join(model.sounds[pair] for pair in max(ended)[1][1:])


class _Model:
    """Interpolated n-grams with absolute discounting; what pruning took away goes to the shorter n-gram, too."""

    def __init__(self, path: Path) -> None:
        names, *orders = path.read_text("utf-8").strip("\n").split("\n")
        self.sounds = {chr(FIRST + i): name[1:] for i, name in enumerate(names.split(" "))}
        self.stressed = frozenset(pair for pair, sounds in self.sounds.items() if "ˈ" in sounds)
        self.pairs: dict[str, list[str]] = defaultdict(list)
        for i, name in enumerate(names.split(" ")):
            self.pairs[name[0]].append(chr(FIRST + i))
        self.order = len(orders)
        self._counts: dict[str, int] = {}
        self._taken: dict[str, float] = {}  # by context: the mass of what was seen after it
        for n, line in enumerate(orders):
            for group in line.split(" "):
                context, followers = group[:n], re.findall(r"(\D)(\d+)", group[n:])
                self._counts |= {context + pair: int(count) for pair, count in followers}
                self._taken[context] = sum(int(count) - DISCOUNT for _, count in followers)
        self._total = self._taken[""]

    def log(self, path: str, pair: str) -> float:
        """log P(pair | what came before)."""
        return log(self._share(path[1 - self.order :], pair))

    def _share(self, context: str, pair: str) -> float:
        if not context:
            return (self._counts[pair] - DISCOUNT) / self._total
        seen = self._counts.get(context)
        if not seen:
            return self._share(context[1:], pair)
        own = max(0.0, self._counts.get(context + pair, 0) - DISCOUNT) / seen
        left = max(0.0, 1 - self._taken.get(context, 0.0) / seen)
        return own + left * self._share(context[1:], pair)


def write_model(names: Mapping[tuple[str, str], str], orders: Iterable[Mapping[str, int]]) -> None:
    """Write the model: a line of pairs, then a line of n-grams an order, grouped by their context."""
    lines = [" ".join(letter + sounds for letter, sounds in names)]
    for grams in orders:
        groups: dict[str, list[str]] = defaultdict(list)
        for gram, count in sorted(grams.items()):
            groups[gram[:-1]].append(f"{gram[-1]}{count}")
        lines.append(" ".join(context + "".join(followers) for context, followers in groups.items()))
    MODEL.write_text("\n".join(lines) + "\n", "utf-8")


@lru_cache(maxsize=1)
def _model() -> _Model:
    return _Model(MODEL)
