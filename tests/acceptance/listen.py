"""Listening back: error rates over many sentences, as the recogniser hears them."""

from __future__ import annotations

import jiwer

from worker.listen_back.recogniser import transcribe, words

__all__ = ["error_rate", "transcribe", "words"]


def error_rate(said: list[str], heard: list[str], language: str) -> float:
    """Word error rate over all pairs (character error rate for zh and ja, whose words are split into characters)."""
    return float(jiwer.wer([words(t, language) for t in said], [words(t, language) for t in heard]))
