"""From one number to another."""

from __future__ import annotations

from models.text.normalise.ko.figures import ALONE, UNTIL, N
from models.text.normalise.rule import Rule

RANGES = (
    Rule(
        "from number to number",
        "ranges",
        rf"{ALONE}({N}){UNTIL}(?={N})",
        r"\1에서 ",
        (("12-15쪽", "십이에서 십오쪽"),),
    ),
    Rule("from one to another", "ranges", r"(?<=\w)\s?[~～]\s?(?=\w)", "에서 ", (("서울~부산", "서울에서 부산"),)),
)
