"""The places to cut text that is too long for one utterance: between sentences, else clauses, else words."""

from __future__ import annotations

import re

_CLOSE = "”’」』）】》〉)\\]\"'»"
_EAST_ASIAN = "\u3040-\u30ff\u3400-\u9fff"
# Strongest first; a match ends where the second part begins.
SENTENCE = re.compile(rf"[.!?…]+[{_CLOSE}]*\s+|[。！？…]+[{_CLOSE}]*\s*")
CLAUSE = re.compile(rf"[,;:—][{_CLOSE}]*\s+|[，、；：—]+[{_CLOSE}]*\s*|\s—\s*")
WORD = re.compile(rf"\s+|(?<=[{_EAST_ASIAN}])(?=[{_EAST_ASIAN}])")


def cut_at_pause(text: str) -> int | None:
    """Return where to cut at a pause, near the middle if there is one there; None without a pause."""
    for lowest, highest in ((0.25, 0.75), (0.0, 1.0)):
        for kind in (SENTENCE, CLAUSE):
            if (at := _nearest_middle(kind, text, lowest, highest)) is not None:
                return at
    return None


def cut_between_words(text: str) -> int | None:
    """Return where to cut between words, or between East Asian characters; None within a single word."""
    return _nearest_middle(WORD, text, 0.0, 1.0)


def _nearest_middle(kind: re.Pattern[str], text: str, lowest: float, highest: float) -> int | None:
    """The cut nearest the middle that leaves something to say on either side."""
    cuts = sorted((match.end() for match in kind.finditer(text)), key=lambda at: abs(at - len(text) / 2))
    for at in cuts:
        if lowest * len(text) <= at <= highest * len(text) and _speaks(text[:at]) and _speaks(text[at:]):
            return at
    return None


def _speaks(text: str) -> bool:
    return any(c.isalnum() for c in text)
