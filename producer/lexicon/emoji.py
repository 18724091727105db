"""Emoji read by their names (Unicode CLDR's, as the package ``emoji`` has them), where a lesson asks for it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from importlib.metadata import version

from models.text.languages import LANGUAGES
from producer.lessons.model import Block, Reading

_NAMES = {**{language: language for language in LANGUAGES}, "yue": "zh"}  # the package has none in Cantonese


def name_emoji(block: Block, language: str) -> Block:
    """Give every emoji of a block that has no reading one: its name in the block's language."""
    if block.text.isascii():
        return block
    import emoji

    found = []
    for match in emoji.emoji_list(block.text):
        start, end = int(match["match_start"]), int(match["match_end"])
        name = _name(match["emoji"], _NAMES[block.voicing.language or language])
        if name and not any(r.start < end and start < r.end for r in block.readings):
            found.append(Reading(start, end, name))
    if not found:
        return block
    return replace(block, readings=tuple(sorted((*block.readings, *found), key=lambda reading: reading.start)))


def edition() -> str:
    """Return the names' version: with another, lessons are planned anew."""
    return version("emoji")


@lru_cache(maxsize=4096)
def _name(sign: str, language: str) -> str:
    import emoji

    emoji.config.load_language(language)
    name = emoji.demojize(sign, language=language, delimiters=("", ""))
    return " ".join(name.replace("_", " ").split()) if name != sign else ""
