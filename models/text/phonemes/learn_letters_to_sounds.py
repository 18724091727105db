"""Learn ``letters_to_sounds.txt`` from misaki's lexicon: python -m models.text.phonemes.learn_letters_to_sounds

Every letter of a word is aligned with the none to three sounds it stands for, by expectation maximisation, and the
pairs of a letter and its sounds are counted as n-grams. Some minutes on one core. With ``--check``, every seven
hundredth word is held back, and the share of those that come out right is printed.
"""

from __future__ import annotations

import importlib.resources
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator

from misaki import data

from models.text.phonemes import letters_to_sounds as letters

MOST = 3  # sounds of one letter: a u may be jˌu, an x kʃ
UNIT = re.compile(r"[ˈˌ]?.")
SAMPLE, ROUNDS = 12, 6  # of every twelfth word, six rounds of expectation maximisation
HELD_BACK = 700
KEPT = (1, 1, 2, 3, 4, 5)  # an n-gram of n pairs stays when seen this often

Word = tuple[str, tuple[str, ...]]
Pair = tuple[str, str]  # a letter and its sounds


def lexicon() -> list[Word]:
    """Lower-case words and their sounds, a stress mark with its vowel."""
    found: dict[str, str] = {}
    for name in ("us_silver.json", "us_gold.json"):  # gold is checked by hand, and wins
        for word, entry in json.loads(importlib.resources.files(data).joinpath(name).read_text("utf-8")).items():
            sounds = entry if isinstance(entry, str) else entry["DEFAULT"]
            if sounds and re.fullmatch(r"[A-Z]?[a-z]{2,}", word):
                found[word.lower()] = sounds.replace("ɾ", "T").replace("ʔ", "t")
    return [(word, tuple(UNIT.findall(sounds))) for word, sounds in sorted(found.items())]


def pair_weights(words: list[Word]) -> dict[Pair, float]:
    """The probability of every pair, by expectation maximisation from "one sound a letter is likeliest"."""
    weights: dict[Pair, float] = {}
    for word in words:
        for letter in word[0]:
            for _, _, sounds in _spans(word[1]):
                weights[letter, sounds] = 0.1 ** abs(len(UNIT.findall(sounds)) - 1)
    for _ in range(ROUNDS):
        counts: dict[Pair, float] = defaultdict(float)
        for word in words:
            for pair, share in _posteriors(word, weights):
                counts[pair] += share
        total = sum(counts.values())
        weights = {pair: count / total for pair, count in counts.items() if count > 0.5}
    return weights


def _spans(units: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    """Start, end and sounds of all that one letter might stand for."""
    for start in range(len(units) + 1):
        for end in range(start, min(start + MOST, len(units)) + 1):
            yield start, end, "".join(units[start:end])


def _posteriors(word: Word, weights: dict[Pair, float]) -> Iterator[tuple[Pair, float]]:
    """Yield every pair that may occur in this word, with its posterior (forward-backward)."""
    text, spans = word[0], list(_spans(word[1]))
    ahead: list[dict[int, float]] = [{0: 1.0}]
    for letter in text:
        here: dict[int, float] = defaultdict(float)
        for start, end, sounds in spans:
            if start in ahead[-1]:
                here[end] += ahead[-1][start] * weights.get((letter, sounds), 0.0)
        ahead.append(here)
    total = ahead[-1].get(len(word[1]), 0.0)
    behind: dict[int, float] = {len(word[1]): 1.0}
    for at in range(len(text) - 1, -1, -1) if total else ():
        before: dict[int, float] = defaultdict(float)
        for start, end, sounds in spans:
            if start in ahead[at] and end in behind and (text[at], sounds) in weights:
                ways = weights[text[at], sounds] * behind[end]
                before[start] += ways
                yield (text[at], sounds), ahead[at][start] * ways / total
        behind = before


def align(word: Word, weights: dict[Pair, float]) -> list[Pair]:
    """The likeliest pairs of a word; [] where it is not spelt as it sounds, like an abbreviation."""
    spans = list(_spans(word[1]))
    best: dict[int, tuple[float, list[Pair]]] = {0: (1.0, [])}
    for letter in word[0]:
        here: dict[int, tuple[float, list[Pair]]] = {}
        for start, end, sounds in spans:
            if start in best and (letter, sounds) in weights:
                score = best[start][0] * weights[letter, sounds]
                if end not in here or score > here[end][0]:
                    here[end] = (score, [*best[start][1], (letter, sounds)])
        best = here
    return best.get(len(word[1]), (0.0, []))[1]


def main() -> None:
    """Write the model; check it where asked."""
    words = lexicon()
    held = words[::HELD_BACK] if "--check" in sys.argv else []
    words = sorted(set(words) - set(held))
    weights = pair_weights(words[::SAMPLE])
    names: dict[Pair, str] = {}
    counts = [Counter[str]() for _ in KEPT]
    for pairs in filter(None, (align(word, weights) for word in words)):
        line = "".join(names.setdefault(pair, chr(letters.FIRST + len(names))) for pair in pairs)
        line = letters.EDGE + line + letters.EDGE
        for n, counter in enumerate(counts, 1):
            counter.update(line[at : at + n] for at in range(len(line) - n + 1))
    kept = [{g: c for g, c in counter.items() if c >= least} for counter, least in zip(counts, KEPT, strict=True)]
    letters.write_model(names, kept)
    sys.stdout.write(f"{len(words)} words, {len(names)} pairs, {[len(k) for k in kept]} n-grams\n")
    if held:
        right = sum(letters.pronounce(text) == "".join(units) for text, units in held)
        sys.stdout.write(f"{len(held)} words held back, {right / len(held):.1%} right\n")


if __name__ == "__main__":
    main()
