"""docs/guarantees.md names a test for every promise, and each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_every_promise_names_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| ---", "| promise"))]
    promises = [row for row in rows if not row.startswith("| fault | ")]
    assert len(promises) > 25
    assert [row for row in promises if not NAMED.search(row)] == []


def test_every_named_test_exists() -> None:
    named = NAMED.findall(PAGE)
    assert named
    missing = [
        f"{path}::{test}"
        for path, test in named
        if not (ROOT / path).is_file() or f"def {test}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]
    assert missing == []


def test_every_case_of_the_matrix_backs_a_promise() -> None:
    cases = {
        (f"tests/faults/{path.name}", test)
        for path in (ROOT / "tests" / "faults").glob("test_*.py")
        for test in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert cases - set(NAMED.findall(PAGE)) == set()
