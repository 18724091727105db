"""Values of SSML's attributes in our own terms: thousandths of speed, hundredths of dB, milliseconds, languages.

Each function gives None for what is no such value; docs/ssml.md has the tables.
"""

from __future__ import annotations

import re

from models.text.languages import LANGUAGES

RATES = {"x-slow": 500, "slow": 750, "medium": 1000, "default": 1000, "fast": 1300, "x-fast": 1600}
VOLUMES = {"x-soft": -1200, "soft": -600, "medium": 0, "default": 0, "loud": 300, "x-loud": 600}
BREAKS = {"none": 0, "x-weak": 100, "weak": 200, "medium": 400, "strong": 700, "x-strong": 1200}
EMPHASIS = {"strong": (880, 200), "moderate": (940, 100), "none": (1000, 0), "reduced": (1060, -200)}  # rate, gain

_FIGURE = r"\d{1,6}(?:\.\d{0,6})?|\.\d{1,6}"
_RATE = re.compile(rf"(?P<sign>[+-])?(?P<figure>{_FIGURE})(?P<percent>%)?")
_GAIN = re.compile(rf"(?P<figure>[+-]?(?:{_FIGURE}))dB", re.IGNORECASE)
_TIME = re.compile(rf"\+?(?P<figure>{_FIGURE})\s?(?P<unit>ms|s)", re.IGNORECASE)
_CANTONESE = re.compile(r"(?:yue|zh-yue|zh-(?:[a-z]+-)?(?:hk|mo))(?:-.*)?")
_MANDARIN = re.compile(r"cmn(?:-.*)?")


def rate(value: str, now: int) -> int | None:
    """Read ``prosody rate`` inside the rate ``now``, both in thousandths.

    A name is of the lesson's own speed; ``80%``, ``-20%`` and ``0.8`` are all four fifths of the rate around it.
    """
    if value in RATES:
        return RATES[value]
    match = _RATE.fullmatch(value)
    if not match or (match["sign"] and not match["percent"]):
        return None
    factor = float(match["figure"]) / (100 if match["percent"] else 1)
    if match["sign"]:
        factor = 1 + factor if match["sign"] == "+" else 1 - factor
    return round(now * factor)


def gain(value: str, now: int) -> int | None:
    """Read ``prosody volume`` inside the gain ``now``, both in hundredths of dB; names are of the lesson's level."""
    if value in VOLUMES:
        return VOLUMES[value]
    match = _GAIN.fullmatch(value)
    return now + round(float(match["figure"]) * 100) if match else None


def milliseconds(value: str) -> int | None:
    """Read ``break time``: 500ms, 1.5s."""
    match = _TIME.fullmatch(value)
    return round(float(match["figure"]) * (1 if match["unit"].lower() == "ms" else 1000)) if match else None


def language(tag: str) -> str | None:
    """Return one of our languages for a BCP 47 tag: en-GB is en, cmn-Hans is zh, zh-HK is yue."""
    tag = tag.strip().lower().replace("_", "-")
    if _CANTONESE.fullmatch(tag):
        return "yue"
    if _MANDARIN.fullmatch(tag):
        return "zh"
    primary = tag.partition("-")[0]
    return primary if primary in LANGUAGES else None
