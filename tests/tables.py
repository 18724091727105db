"""The tables of tests/data: values apart by tabs, no quoting."""

from __future__ import annotations

import csv
from pathlib import Path


def rows(table: Path) -> list[list[str]]:
    """Every line's values, a heading's as well."""
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
