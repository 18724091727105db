"""The language of a text, by its script: enough for a lesson, whose main language its author names.

    spans("用 Python 写代码", "zh")  ->  用 (zh), Python (en), 写代码 (zh)

Latin letters are English, kana Japanese, Hangul Korean. Han belongs to the main language if that is written in Han
(zh, yue, ja), to Japanese in a sentence with kana, else to Chinese. Everything else (digits, punctuation, white space,
Greek and other letters) has no script of its own and goes with its neighbours.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

Language = Literal["en", "zh", "ja", "yue", "ko"]
LANGUAGES: tuple[str, ...] = get_args(Language)
HAN_LANGUAGES = ("zh", "yue", "ja")

LATIN = "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a"
KANA = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
HANGUL = "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff\uffa0-\uffdc"
HAN = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3105-\u312f\u31a0-\u31bf\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)

_SCRIPTS = re.compile(f"(?P<latin>[{LATIN}]+)|(?P<kana>[{KANA}]+)|(?P<hangul>[{HANGUL}]+)|(?P<han>[{HAN}]+)")
_EAST_ASIAN = re.compile(f"[{KANA}{HANGUL}{HAN}]")
_KANA = re.compile(f"[{KANA}]")
_WORD = re.compile(f"[{LATIN}]+(?:['’-][{LATIN}]+)*")

# What sticks to a Latin word without white space and is read with it: GPT-4, C++, 3D, a@b.com, main.py
_TAIL = re.compile(r"[0-9_+#%&'’*=@/\\.:~-]*[0-9_+#%]|\(\)")
_HEAD = re.compile(r"[0-9_#@$/\\.~-]*$")

OWN_SHARE = 1 / 3  # a sentence stays in the lesson's language while that language has this share of its words
HAN_PER_WORD = 1.7  # Han or kana characters that say about as much as one English word


@dataclass(frozen=True, slots=True)
class LanguageSpan:
    """A stretch of text in one language."""

    text: str
    language: str


def spans(text: str, language: str) -> list[LanguageSpan]:
    """Split by language; the texts joined are the input. ``language`` is the main one, of what has no script."""
    if not _EAST_ASIAN.search(text) and (language == "en" or not _WORD.search(text)):
        return [LanguageSpan(text, language)] if text else []
    han = _language_of_han(text, language)
    found = [(m.start(), m.end(), _language(m, han)) for m in _SCRIPTS.finditer(text)]
    if not found:
        return [LanguageSpan(text, language)]
    cuts = _cuts(text, found, language)
    edges = [0, *(at for at, _ in cuts[1:]), len(text)]
    return [LanguageSpan(text[a:b], lang) for a, b, (_, lang) in zip(edges, edges[1:], cuts, strict=False)]


def dominant(text: str, default: str) -> str:
    """Return the language of a sentence: the lesson's own while it has a fair share of the words, else the largest."""
    if default == "en" and not _EAST_ASIAN.search(text):
        return default
    weight: defaultdict[str, float] = defaultdict(float)
    han = _language_of_han(text, default)
    for match in _SCRIPTS.finditer(text):
        if match.lastgroup != "latin":
            weight[_language(match, han)] += len(match[0]) / HAN_PER_WORD
    if words := len(_WORD.findall(text)):
        weight["en"] += words
    if default == "zh" and weight["ja"] > weight["zh"] / 4:  # okurigana and particles: the Han is Japanese, too
        weight["ja"] += weight.pop("zh", 0.0)
        default = "ja"
    if weight[default] >= OWN_SHARE * sum(weight.values()):
        return default
    return max(weight, key=weight.__getitem__)


def guess(text: str) -> str:
    """Guess the language of a lesson whose author names none: that of most of its words. Cantonese is never guessed."""
    sample = text[:20_000]
    kana, han = len(_KANA.findall(sample)), len(re.findall(f"[{HAN}]", sample))
    weight = {
        "en": float(len(_WORD.findall(sample))),
        "ja" if kana > han / 4 else "zh": (kana + han) / HAN_PER_WORD,
        "ko": len(re.findall(f"[{HANGUL}]", sample)) / HAN_PER_WORD,
    }
    return max(weight, key=weight.__getitem__)


def _language_of_han(text: str, language: str) -> str:
    if language in HAN_LANGUAGES:
        return language
    return "ja" if _KANA.search(text) else "zh"


def _language(match: re.Match[str], han: str) -> str:
    script = match.lastgroup
    return "en" if script == "latin" else "ja" if script == "kana" else "ko" if script == "hangul" else han


def _cuts(text: str, found: list[tuple[int, int, str]], main: str) -> list[tuple[int, str]]:
    """Return where each language begins: neutral text between two languages is shared out."""
    first = found[0][2]
    head = _HEAD.search(text, 0, found[0][0]) if first == "en" else None
    lead = head.start() if head else found[0][0]
    cuts = [(0, first)] if first == main or not text[:lead].strip() else [(0, main), (lead, first)]
    for (_, end, before), (start, _, after) in pairwise(found):
        if before != after:
            first_end, next_start = _unstuck(text, end, start, before, after)
            cuts.append((next_start if before == main or after != main else first_end, after))
    last_end, last = found[-1][1], found[-1][2]
    tail = text[last_end:]
    if last != main and any(c.isalnum() for c in tail):  # digits after the last word are the main language's ...
        stuck = _TAIL.match(tail) if last == "en" else None  # ... unless they stick to it
        at = last_end + (stuck.end() if stuck else 0)
        if any(c.isalnum() for c in text[at:]):
            cuts.append((at, main))
    return cuts


def _unstuck(text: str, end: int, start: int, before: str, after: str) -> tuple[int, int]:
    """The neutral text[end:start] between two languages, without what sticks to a Latin word on either side."""
    if before == "en" and (tail := _TAIL.match(text[end:start])):
        end += tail.end()
    if after == "en" and (head := _HEAD.search(text, end, start)):
        start = head.start()
    return end, start
