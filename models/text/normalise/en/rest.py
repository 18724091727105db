"""What no rule of a kind has taken: plain numbers, Greek letters, and signs by their names."""

from __future__ import annotations

import re

from models.text.normalise.en.figures import N, bare, number
from models.text.normalise.rule import Rule
from models.text.normalise.tables import words

SIGNS = words("en", "signs")
GREEK = words("en", "greek")
WIDE = (
    Rule("wide quotation mark", "rest", "[「」『』【】《》〈〉]", '"', (("《Dune》", '"Dune"'),)),
    Rule("wave dash", "rest", "〜", "—", (("one〜two", "one—two"),)),
)
REST = (
    Rule(
        "four digits",
        "rest",
        r"(?<![\w.,])\d{4}(?!\w|[.,]\d)",
        lambda m: bare(m[0]),
        (("since 1805", "since eighteen oh five"),),
    ),
    Rule(
        "number beside a letter",
        "rest",
        r"(?<=[A-Za-z])-?(?=\d)|(?<=\d)(?=[A-Za-z])",
        " ",
        (("MP4, GPT-5, x64 and 8K", "MP four, GPT five, x sixty-four and eight K"),),
    ),
    Rule(
        "number",
        "rest",
        N,
        lambda m: number(m[0]),
        (("1,204 or 3.5", "one thousand two hundred and four or three point five"),),
    ),
    Rule(
        "Greek letter",
        "rest",
        r"[α-ωΑ-Ωϵϕϑ]",
        lambda m: f" {GREEK.get(m[0].lower(), m[0])} ",
        (("the angle θ", "the angle theta"),),
    ),
    Rule(
        "type of its elements",
        "rest",
        r"(?<=[A-Za-z\d])<([A-Za-z][A-Za-z\d,.]*)>(?![A-Za-z\d])",
        r" \1 ",
        (("Set<String>", "Set String"),),
    ),
    Rule(
        "tag",
        "rest",
        r"(?:(?<![\w)])<|</)([A-Za-z][A-Za-z\d./-]*(?:\s[^<>]*)?)/?>",
        r" \1 ",
        (("the <p> tag", "the p tag"),),
    ),
    Rule(
        "sign",
        "rest",
        f"[{re.escape(''.join(SIGNS))}]",
        lambda m: f" {SIGNS[m[0]]} ",
        (("a ≤ b", "a is at most b"),),
    ),
    Rule(
        "heard as nothing",
        "rest",
        r"[\\|*_~^<>{}\[\]`/⟨⟩]+",
        " ",
        (("[either] client/server", "either client server"),),
    ),
)
