"""Numbers that are dialled, digit by digit, and the post's."""

from __future__ import annotations

import re

from models.text.normalise.ja.figures import dialled
from models.text.normalise.rule import Rule

TELEPHONE = (
    Rule(
        "inside line",
        "telephone",
        r"(?<=内線)(?:番号)?\s?\d{3,5}(?!\d)",
        lambda m: re.sub(r"\d+", lambda d: dialled(d[0]), m[0]),
        (("内線番号2103", "内線番号二一ゼロ三"),),
    ),
    Rule(  # the only number that has a name
        "number of the police",
        "telephone",
        r"(?<!\d)110番",
        "ひゃくとおばん",
        (("すぐ110番！", "すぐひゃくとおばん！"),),
    ),
    Rule(
        "postal code",
        "telephone",
        r"(郵便番号[はが：:]?\s?)?〒\s?(\d{3}-\d{4})",
        lambda m: f"{m[1] or '郵便番号'}{dialled(m[2])} ",
        (
            ("〒530-0001", "郵便番号五三ゼロのゼロゼロゼロ一"),
            ("郵便番号は〒530-0001", "郵便番号は五三ゼロのゼロゼロゼロ一"),
        ),
    ),
    Rule(
        "telephone number",
        "telephone",
        r"(?<![\d.])(?:0\d{1,3}-\d{1,4}-\d{3,4}|0[789]0\d{8}|0\d{1,3}[(（]\d{1,4}[)）]\d{3,4})(?!\d)",
        lambda m: dialled(m[0]),
        (
            ("06-6543-2100", "ゼロ六の六五四三の二一ゼロゼロ"),
            ("09012345678", "ゼロ九ゼロ一二三四五六七八"),
            ("075(222)3333", "ゼロ七五の二二二の三三三三"),
        ),
    ),
)
