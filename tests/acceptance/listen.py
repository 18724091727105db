"""Listening back: error rates over many sentences, as the recogniser hears them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

import jiwer

from producer.run.word_errors import comparable_words
from worker.listen_back.recogniser import transcribe

__all__ = ["allowed", "comparable_words", "error_rate", "sample", "transcribe"]

T = TypeVar("T")
EVERY = int(os.environ.get("NARRATOR_LISTEN_EVERY", "8"))  # make acceptance listens to every one
SLACK = 2  # words, or characters: processors differ in the last bit, and then the recogniser in a word or two


def sample(sentences: Sequence[T], every: int = EVERY) -> Sequence[T]:
    """Every eighth of them, the same ones each time; NARRATOR_LISTEN_EVERY says otherwise."""
    return sentences[:: min(every, EVERY)]


def allowed(bound: float, units: int) -> float:
    """The rate that may be misheard of so many units of a sample: in a few of them, one is many per cent."""
    return bound if EVERY == 1 else bound + SLACK / units


def error_rate(said: list[str], heard: list[str], language: str) -> float:
    """Word error rate over all pairs (character error rate for zh and ja, whose words are split into characters)."""
    return float(
        jiwer.wer([comparable_words(t, language) for t in said], [comparable_words(t, language) for t in heard])
    )
