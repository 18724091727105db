"""Marks in a text, the same in every format that people write by hand. They are never spoken.

- ``[pause 500ms]``, ``[pause 1.5s]`` anywhere: silence, added to the pause that belongs there anyway.
- ``[voice zf_xiaobei]``, ``[language zh]`` on a line of its own: from here on, until the next such mark or the end of
  the lesson; ``[voice default]`` and ``[language default]`` go back to the lesson's own.

``[pause here]`` and ``[voice of reason]`` are words, and so is any mark after a backslash: ``\\[pause 500ms]``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from models.text.languages import LANGUAGES

MAX_PAUSE_MS = 300_000

_PAUSE = re.compile(r"\[pause(?:\s*[:=]?\s*(?P<length>[\d.+-][^\]\n]{0,60}))?\](?!\()", re.IGNORECASE)
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s)\s*", re.IGNORECASE)
_SWITCH = re.compile(r"\[(voice|language)[ \t]+([^\]\[\s]{1,200})[ \t]*\](?!\()")


@dataclass(frozen=True, slots=True)
class Written:
    """A mark as it stands in a text. ``pause`` is 0 where its length makes no sense."""

    source: str
    what: Literal["pause", "voice", "language"]
    name: str = ""  # of the voice or the language
    pause: int = 0  # milliseconds
    misplaced: bool = False  # a switch in the middle of a line


def mark_at(text: str, position: int) -> Written | None:
    """Return the mark that begins at a ``[`` of a text; None where it is the author's words."""
    if match := _PAUSE.match(text, position):
        return Written(match[0], "pause", pause=_milliseconds(match["length"] or ""))
    if match := _SWITCH.match(text, position):
        alone = _alone(text, match)
        if alone or _meant(match[1], match[2]):
            what: Literal["voice", "language"] = "voice" if match[1] == "voice" else "language"
            return Written(match[0], what, name=match[2], misplaced=not alone)
    return None


def _milliseconds(length: str) -> int:
    """Zero for what is no length, or one out of bounds."""
    match = _LENGTH.fullmatch(length)
    if not match:
        return 0
    milliseconds = round(float(match[1]) * (1 if match[2].lower() == "ms" else 1000))
    return milliseconds if milliseconds <= MAX_PAUSE_MS else 0


def _alone(text: str, match: re.Match[str]) -> bool:
    before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
    after = text[match.end() :].partition("\n")[0]
    return not before.strip() and not after.strip()


def _meant(what: str, name: str) -> bool:
    """Tell whether words in brackets in the middle of a line look like a mark all the same."""
    return name == "default" or (name in LANGUAGES if what == "language" else "_" in name or "/" in name)
