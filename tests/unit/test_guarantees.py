"""docs/guarantees.md names a test for every promise, and each of them exists."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

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


def every_day(path: str, test: str) -> bool:
    """``make faults`` runs it, with some of its parameters at least: it is not left to ``make acceptance``."""
    function = getattr(importlib.import_module(path.removesuffix(".py").replace("/", ".")), test)
    marks = getattr(function, "pytestmark", [])
    choices = [mark.args[1] for mark in marks if mark.name == "parametrize"]
    return not is_long(marks) and all(any(not is_long(getattr(p, "marks", ())) for p in of) for of in choices)


def is_long(marks: Iterable[pytest.Mark]) -> bool:
    return any(mark.name == "long" for mark in marks)


def test_make_faults_backs_every_promise() -> None:
    rows = [NAMED.findall(line) for line in PAGE.splitlines() if line.startswith("| ")]
    faults = [[named for named in row if named[0].startswith("tests/faults/")] for row in rows]
    left = [row for row in faults if row and not any(every_day(*named) for named in row)]
    assert [row for row in left if row != [("tests/faults/test_soak.py", "test_nothing_grows")]] == []
    assert sum(map(bool, faults)) > 20
