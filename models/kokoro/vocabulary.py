"""Kokoro's alphabet (``vocab.json``, from the published configuration, Apache-2.0): symbol -> token."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from models.voice import Utterance

FILE = Path(__file__).with_name("vocab.json")
MAX_TOKENS = 510  # of one utterance: the rows of a style table, and the network's 512 less the two boundaries

# Milliseconds that a sounding token and a mark may take, (least, most), at normal speed. A segment of thirteen voices
# in three languages takes 54 to 107 ms a sounding token, marks and all; 66 in English, 72 in Chinese, 86 in Japanese.
SOUND_MS = (38, 130)
MARK_MS = (0, 500)  # a pause
BASE_MS = (0, 700)  # for the whole: one word may be said slowly
_MODIFIERS = "ˈˌːʰʲ̃"  # stress, length and what else has no time of its own
_MARKS = ".,!?;:—…"


@lru_cache(maxsize=1)
def vocabulary() -> Mapping[str, int]:
    """Return the token of each symbol."""
    tokens: dict[str, int] = json.loads(FILE.read_text("utf-8"))
    return tokens


@lru_cache(maxsize=1)
def _bands() -> Mapping[int, tuple[int, int]]:
    bands: dict[int, tuple[int, int]] = {}
    for symbol, token in vocabulary().items():
        if symbol in _MARKS:
            bands[token] = MARK_MS
        elif symbol.isalpha() and symbol not in _MODIFIERS:
            bands[token] = SOUND_MS
    return bands


def duration_ms(utterances: Sequence[Utterance]) -> tuple[float, float]:
    """Return the least and the most milliseconds that these tokens may take, as ``Engine.duration_ms``."""
    known = [_bands().get(token, (0, 0)) for utterance in utterances for token in utterance.tokens]
    return BASE_MS[0] + sum(least for least, _ in known), BASE_MS[1] + sum(most for _, most in known)
