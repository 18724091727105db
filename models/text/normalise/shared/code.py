"""Code and what is on a screen, in languages that are written in Han and kana."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from models.text.normalise.rule import Examples, Rule, either

ARROWS = {"→": "右", "←": "左", "↑": "上", "↓": "下"}
_OPEN = r"\"「『《【"
_CLOSED = r"\"」』》】"


def menu(comma: str, examples: Examples) -> Rule:
    """「文件」>「另存为」: one after the other."""
    pattern = rf"(?<=[{_CLOSED}])\s?>\s?(?=[{_OPEN}])"
    return Rule("way through menus", "code", pattern, comma, examples)


def more(examples: Examples) -> Rule:
    """ "下一步 >>": an ornament of a button."""
    return Rule("end of a button", "code", rf"\s?>{{2,3}}(?=\s?[{_CLOSED}）)])", "", examples)


def hexadecimal(number: Callable[[str], str], examples: Examples) -> Rule:
    """0x1F, character by character."""
    return Rule(
        "hexadecimal number",
        "code",
        r"(?<![A-Za-z\d])0[xX][\dA-Fa-f]+(?![A-Za-z\d])",
        lambda m: re.sub(r"\d", lambda d: number(d[0]), " ".join(m[0])),
        examples,
    )


def operators(names: Mapping[str, str], examples: Examples) -> Rule:
    """&&, ||, == and !=."""
    return Rule("operator", "code", rf"\s?({either(names)})\s?", lambda m: names[m[1]], examples)


def type_parameter(examples: Examples) -> Rule:
    """List<int>."""
    pattern = r"(?<=[A-Za-z\d])<([A-Za-z][A-Za-z\d,.]*)>(?![A-Za-z\d])"
    return Rule("parameter of a type", "code", pattern, r" \1 ", examples)


def tag(examples: Examples) -> Rule:
    """<p> and </p>."""
    pattern = r"(?<![A-Za-z\d)])</?([^\s\d<>=，、。][^<>，、。]{0,30})>(?!=)"
    return Rule("tag", "code", pattern, r" \1 ", examples)
