"""Money: a dollar is the place's own."""

from __future__ import annotations

from models.text.normalise.rule import Rule

MONEY = (Rule("dollar of the place", "money", r"(?<![A-Za-z])\$(?=\s?\d)", "¥", (("一盒$18", "一盒十八元"),)),)
