"""Code, command lines, menus and keys: dots are said, underscores and empty brackets are not."""

from __future__ import annotations

import re

from models.text.normalise.en.figures import Match, by_digits
from models.text.normalise.rule import Rule

_NAME = r"[A-Za-z_]\w*"
_OPERATORS = {">=": "≥", "<=": "≤", "!=": "≠", "==": "=", "->": "→", "=>": "⇒"}
_KEYS = {"→": "right", "←": "left", "↑": "up", "↓": "down"}


def _name(m: Match) -> str:
    return m[0].replace("()", "").replace("_", " ").replace("->", " ").replace(".", " dot ").strip()


def _hexadecimal(m: Match) -> str:
    return re.sub(r"\d", lambda d: f"{by_digits(d[0])} ", " ".join(m[0]))


CODE = (
    Rule(
        "menu",
        "code",
        r"(?<=[A-Za-z…]) > (?=[A-Z][a-z])",
        ", ",
        (("Choose View > Zoom.", "Choose View, Zoom."),),
    ),
    Rule(
        "mark at the end of a button",
        "code",
        r"(?<=[A-Za-z])\s?(?:>{2,3}|»)(?=[\"')\]]|\s*$)",
        "",
        (('Click "More >>" now.', 'Click "More" now.'),),
    ),
    Rule(
        "arrow key",
        "code",
        r"(?i:(?<=press )|(?<=hit )|(?<=keys ))(?:the )?([→←↑↓])",
        lambda m: f"the {_KEYS[m[1]]} arrow",
        (("Press ↑ twice.", "Press the up arrow twice."),),
    ),
    Rule("all columns", "code", r"(?<=\bSELECT )\*", "star", (("SELECT * FROM pets", "SELECT star FROM pets"),)),
    Rule("subtract from", "code", r"\s-=\s", " minus equals ", (("total -= fee", "total minus equals fee"),)),
    Rule("becomes", "code", r"\s?:=\s?", " becomes ", (("n := m", "n becomes m"),)),
    Rule("C plus plus", "code", r"\bC\+\+", "C plus plus", (("C++语言", "C plus plus语言"),)),
    Rule("long option", "code", r"(?<![\w-])--(?=[a-z])", "dash dash ", (("add --all", "add dash dash all"),)),
    Rule(
        "short option",
        "code",
        r"(?<=\w\w\s)-(?=[A-Za-z]\b(?!['’-]))",
        "dash ",
        (("git commit -m", "git commit dash m"),),
    ),
    Rule(
        "and, or",
        "code",
        r"\s?(&&|\|\|)\s?",
        lambda m: " and " if m[1] == "&&" else " or ",
        (("ready && willing || able", "ready and willing or able"),),
    ),
    Rule("C sharp", "code", r"\b([CF])#", r"\1 sharp ", (("F# or C", "F sharp or C"),)),
    Rule("dot net", "code", r"(?<!\w)\.NET\b", "dot net", ((".NET", "dot net"),)),
    Rule(
        "preprocessor",
        "code",
        r"(?<!\w)#(?=(?:include|define|if|ifdef|ifndef|endif|pragma)\b)",
        "hash ",
        (("#define it", "hash define it"),),
    ),
    Rule("hashtag", "code", r"(?<!\w)#(?=[A-Za-z]\w|\d+[A-Za-z]{2})", "hashtag ", (("#rain", "hashtag rain"),)),
    Rule("hexadecimal", "code", r"\b0[xX][\dA-Fa-f]+\b", _hexadecimal, (("0x1F", "zero x one F"),)),
    Rule("cells", "code", r"(?<=[A-Z]\d):(?=[A-Z]\d)", " to ", (("A1:C3", "A one to C three"),)),
    Rule(
        "name with dots",
        "code",
        rf"\b{_NAME}(?:(?:\.|->){_NAME})*\(\)|\b[a-z]\w+(?:\.[a-z_]\w*)+\b|\b[A-Z][a-z]+\.js\b",
        _name,
        (("sys.exit() and Vue.js", "sys dot exit and Vue dot js"),),
    ),
    Rule(
        "operator",
        "code",
        r"(?<=[\w\s)\]])(?:[<>!=]=|[-=]>)(?=[\w\s(-])",
        lambda m: _OPERATORS[m[0]],
        (("size != none", "size is not equal to none"),),
    ),
    Rule("tilde", "code", r"(?<=[A-Za-z])~(?=\d)", " tilde ", (("HEAD~3", "HEAD tilde three"),)),
    Rule("underscore", "code", r"(?<=[^\W_])_+|_+(?=[^\W_])", " ", (("file_2.1.0", "file two point one point zero"),)),
)
