"""Numbers that are dialled, digit by digit."""

from __future__ import annotations

import re

from models.text.normalise.ko.figures import by_digits
from models.text.normalise.rule import Rule


def _telephone(m: re.Match[str]) -> str:
    return ", ".join(by_digits(group).replace("영", "공") for group in m[0].split("-"))


TELEPHONE = (
    Rule(
        "emergency number",
        "telephone",
        r"(?<!\d)11[0-9](?=에 |로 |번|신고)",
        lambda m: by_digits(m[0]),
        (("119에 전화하세요.", "일일구에 전화하세요."),),
    ),
    Rule(
        "service number",
        "telephone",
        r"(?<![\d.-])1[568]\d\d-(?!\d{4}\s?년)\d{4}(?![\d-])",
        _telephone,
        (("1544-9000", "일오사사, 구공공공"),),
    ),
    Rule(
        "telephone number",
        "telephone",
        r"(?<![\d.])0\d{1,2}-\d{3,4}-\d{4}(?!\d)",
        _telephone,
        (("02-345-6780", "공이, 삼사오, 육칠팔공"),),
    ),
)
