"""The tables of a language: units, money, signs, letters. Tabs between columns, a heading first, UTF-8, no quoting.

Columns that are empty at the end of a line may be left out: a sign without words is silent.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent


@cache
def rows(language: str, name: str) -> dict[str, tuple[str, ...]]:
    """The entries of ``language/name.tsv`` in their order: first column -> the others.

    Raises ValueError, naming the line, where an entry has more columns than the heading or stands there twice.
    """
    path = _HERE / language / f"{name}.tsv"
    heading, *lines = path.read_text("utf-8").splitlines()
    width = heading.count("\t")
    found: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(lines, 2):
        key, *words = line.split("\t")
        if not key or key in found or len(words) > width:
            fault = "is empty" if not key else "is there twice" if key in found else f"has over {width + 1} columns"
            raise ValueError(f"{path}:{number}: {key!r} {fault}. Remedy: one entry a line, a tab between columns")
        found[key] = (*words, *[""] * (width - len(words)))
    return found


def words(language: str, name: str) -> dict[str, str]:
    """The entries of a table of two columns."""
    return {key: word for key, (word,) in rows(language, name).items()}
