"""Addresses in figures, and endings of file names."""

from __future__ import annotations

from models.text.normalise.en.figures import by_digits
from models.text.normalise.rule import Rule
from models.text.normalise.shared.address import ADDRESS as WITH_NAMES
from models.text.normalise.shared.address import EXTENSIONS

ADDRESS = (
    *WITH_NAMES,
    Rule(
        "port of an address",
        "address",
        r"(?<![\w.])(\d{1,3}(?:\.\d{1,3}){3}):(\d{2,5})(?!\w)",
        lambda m: f"{m[1]} port {by_digits(m[2])}",
        (("10.0.0.7:8080", "ten dot zero dot zero dot seven port eight zero eight zero"),),
    ),
    Rule(
        "ending of a file name",
        "address",
        rf"(?<!\w)\.(?=(?:{EXTENSIONS})\b)",
        "dot ",
        (("a .csv or .zip file", "a dot csv or dot zip file"),),
    ),
)
