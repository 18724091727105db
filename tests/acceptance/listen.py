"""Listening back: error rates over many sentences, as the recogniser hears them."""

from __future__ import annotations

import jiwer

from producer.run.word_errors import comparable_words
from worker.listen_back.recogniser import transcribe

__all__ = ["comparable_words", "error_rate", "transcribe"]


def error_rate(said: list[str], heard: list[str], language: str) -> float:
    """Word error rate over all pairs (character error rate for zh and ja, whose words are split into characters)."""
    return float(
        jiwer.wer([comparable_words(t, language) for t in said], [comparable_words(t, language) for t in heard])
    )
