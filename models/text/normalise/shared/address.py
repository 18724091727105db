"""Addresses, paths and file names, mark by mark; in English in every language."""

from __future__ import annotations

import re

from models.text.normalise.numbers import cardinal, digits
from models.text.normalise.rule import Rule, either
from models.text.normalise.tables import rows

EXTENSIONS = either(rows("shared", "extensions"))
_TOP = "com|org|net|edu|gov|io|dev|ai|cn|jp|uk|de"
_MARKS = {
    ".": "dot", "/": "slash", "-": "dash", "_": "underscore", "@": "at", ":": "colon", "~": "tilde", "#": "hash",
    "?": "question mark", "=": "equals", "&": "and", "%": "percent", "+": "plus", "\\": "backslash", "*": "star",
}  # fmt: skip


def _address(m: re.Match[str]) -> str:
    """An address or a path, mark by mark; the scheme is not spoken."""
    found = re.sub(r"^[a-z]+://", "", m[0])
    tail = ""
    while found[-1] in ".,;:!?)" and not found.endswith("()"):
        found, tail = found[:-1], found[-1] + tail
    words = []
    for part in re.findall(r"[A-Za-z]+|\d+|[^\W\d_]+|\S", found.rstrip("/") if "//" in m[0] else found):
        if part.isdigit():
            words.append(cardinal(part, "en") if len(part) < 5 else digits(part, "en"))
        elif part in _MARKS:
            words.append(_MARKS[part])
        elif part.isalpha():
            words.append("W W W" if part == "www" else part)
    return " " + " ".join(words) + " " + tail


# (?a: ASCII letters only: an address ends where Chinese begins
ADDRESS = (
    Rule(
        "e-mail address",
        "address",
        r"(?a:(?<!\w)[\w.+-]+@[\w-]+(?:\.[\w-]+)+)",
        _address,
        (("ann_2@mail.example.museum", "ann underscore two at mail dot example dot museum"),),
    ),
    Rule(
        "web address",
        "address",
        r"(?a:\b(?:https?|ftp|s3|file|redis)://[^\s,;\u2e80-\uffef]+|(?<![\w@])www\.[^\s,;\u2e80-\uffef]+)",
        _address,
        (("https://example.museum/a-1?b=2", "example dot museum slash a dash one question mark b equals two"),),
    ),
    Rule(
        "name of a host",
        "address",
        rf"(?a:(?<![\w.@])[\w-]+(?:\.[\w-]+)*\.(?:{_TOP})(?:/[^\s,;\u2e80-\uffef]*)?(?!\.?\w))",
        _address,
        (("my-shop.com/page-2", "my dash shop dot com slash page dash two"),),
    ),
    Rule(
        "path",
        "address",
        r"(?a:(?<![\w:/])(?:\.{1,2})?/[A-Za-z][\w.-]*(?:/[\w.-]+)+/?"
        r"|(?<!\w)~/[\w.-]+(?:/[\w.-]+)*/?|\b[A-Z]:\\[\w\\.-]+)",
        _address,
        (("/var/log-2", "slash var slash log dash two"),),
    ),
    Rule(
        "file name",
        "address",
        rf"(?a:(?<![\w.])[A-Za-z][\w-]*(?:\.[\w-]+)*\.(?:{EXTENSIONS})\b(?!\.\w|\())",
        _address,
        (("notes-2.txt", "notes dash two dot txt"),),
    ),
)
