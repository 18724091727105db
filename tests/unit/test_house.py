"""The house stays one in which a stranger finds the way: one name for one thing, files that are read in one go."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("models", "worker", "producer")
MOST_LINES = 300


def modules() -> dict[str, str]:
    """Every file of the code with its text."""
    found = {
        str(path.relative_to(ROOT)): path.read_text("utf-8") for top in CODE for path in (ROOT / top).rglob("*.py")
    }
    assert len(found) > 200
    return found


def test_every_class_has_a_name_of_its_own() -> None:
    places = defaultdict(list)
    for path, text in modules().items():
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path)
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_no_file_is_longer_than_300_lines() -> None:
    lengths = {path: len(text.splitlines()) for path, text in modules().items()}
    assert {path: length for path, length in lengths.items() if length > MOST_LINES} == {}
