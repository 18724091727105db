"""A lexicon in TOML: one line a word.

[words]
"kubectl" = "cube control"
"Nguyen" = { ipa = "ˈŋwɪən", say = "win" }     # phonemes where the voice takes them, else the respelling
"lead" = [{ say = "led", language = "en" }, { say = "利德", language = "zh" }]
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.text.lexicon import LexiconEntry
from producer.errors import LessonError
from producer.lexicon.checks import checked

FIELDS = {"say": str, "ipa": str, "case": bool, "language": str, "part": bool}
TABLE = "words"

_KEY = re.compile(r"""^[ \t]*("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[\w.-]+)[ \t]*=""", re.MULTILINE)
_AT = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")


def entries(path: Path, text: str) -> list[LexiconEntry]:
    """The entries of a file, in order. Raises LessonError, naming file and line."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _broken(path, text, str(error)) from None
    lines = _lines(text)
    for name in table:
        if name != TABLE:
            line = next((n for n, row in enumerate(text.split("\n"), 1) if name in row), 0)
            raise LessonError(path, line, f"unknown {name!r}: words stand below a line [{TABLE}]")
    words = table.get(TABLE, {})
    if not isinstance(words, dict):
        raise LessonError(path, 1, f"words stand below a line [{TABLE}]")
    return [entry for word, value in words.items() for entry in _entries(path, lines.get(word, 0), word, value)]


def _entries(path: Path, line: int, word: str, value: Any) -> Iterator[LexiconEntry]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str):
            yield checked(path, line, LexiconEntry(word, say=one))
        elif isinstance(one, dict):
            yield checked(path, line, LexiconEntry(word, **_fields(path, line, word, one)))
        else:
            raise LessonError(path, line, f'{word!r}: write "{word}" = "how it is said"')


def _fields(path: Path, line: int, word: str, given: dict[str, Any]) -> dict[str, Any]:
    for name, value in given.items():
        if name not in FIELDS:
            close = difflib.get_close_matches(name, FIELDS, n=1)
            remedy = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(FIELDS)}"
            if not close and isinstance(value, str | dict) and not set(given) & set(FIELDS):
                remedy = f'a word with a dot needs quotes: "{word}.{name}" = ...'
            raise LessonError(path, line, f"{word!r}: unknown {name!r}: {remedy}")
        if not isinstance(value, FIELDS[name]):
            what = "true or false" if FIELDS[name] is bool else "a text in quotes"
            raise LessonError(path, line, f"{word!r}: {name} must be {what}")
    return given


def _lines(text: str) -> dict[str, int]:
    """The line on which each word first stands. tomllib does not tell."""
    found: dict[str, int] = {}
    for match in _KEY.finditer(text):
        key = match[1]
        word = next(iter(tomllib.loads(f"{key} = 0"))) if key[0] in "\"'" else key.partition(".")[0]
        found.setdefault(word, text.count("\n", 0, match.start(1)) + 1)
    return found


def _broken(path: Path, text: str, message: str) -> LessonError:
    at = _AT.search(message)
    line = int(at[1]) if at and at[1] else text.rstrip("\n").count("\n") + 1
    reason = _AT.sub("", message)
    row = text.split("\n")[line - 1] if line <= text.count("\n") + 1 else ""
    if "overwrite" in reason:
        reason = "this word is in the file already: keep one of the two"
    elif re.match(r"\s*[^\s\"'#\[=]+[^\"'=]*=", row) and not re.match(r"\s*[A-Za-z0-9_-]+\s*=", row):
        reason += '; a word with other than plain letters needs quotes: "naïve" = "nah eve"'
    return LessonError(path, line, f"this is not TOML: {reason}")
