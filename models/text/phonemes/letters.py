"""Letters to sound (placeholder until the model lands)."""

from __future__ import annotations

from pathlib import Path

MODEL = Path(__file__).with_name("letters.json")


def pronounce(word: str) -> str:
    """The sound."""
    raise NotImplementedError(word)
