"""Tests are found by name: a file of tests is called after the folder, the module or the page of docs that it tests."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("models", "worker", "producer")
ACROSS = {
    "docs": "commands, settings and files that the documentation names",
    "hostile_files": "whatever a file holds, in every format",
    "hostile_input": "whatever comes in by queue, name or setting",
    "house": "names of classes, lengths of files",
    "imports": "what each process loads",
    "nothing_disappears": "every reader, the segmenter and captions",
    "tests": "the tests themselves",
    "guard": "the tests themselves",
}


def rooms() -> dict[str, set[str]]:
    """The names by which each folder of the code is known, its own and those of what is in it."""
    found: dict[str, set[str]] = {}
    for top in CODE:
        for path in (ROOT / top).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            room = parts[: 2 if len(parts) > 2 else 1]
            names = {name for name in parts[len(room) - 1 :] if not name.startswith("__")}
            found.setdefault("/".join(room), set()).update(names)
    return found


def called(test: Path, names: set[str]) -> bool:
    """A test's name is one of these, alone or with more words behind it; or its folder is."""
    return test.parent.name in names or any(f"{test.stem}_".startswith(f"test_{name}_") for name in names)


def written(*kinds: str) -> list[Path]:
    return [path for kind in kinds for path in (ROOT / "tests" / kind).rglob("test_*.py")]


def test_every_test_is_called_after_what_it_tests() -> None:
    found = written("unit", "integration")
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")}
    known = {path.stem for path in (ROOT / "infra").rglob("*.py")}.union(*rooms().values(), pages, ACROSS)
    assert [str(path.relative_to(ROOT)) for path in found if not called(path, known)] == []
    assert [name for name in ACROSS if not any(path.stem == f"test_{name}" for path in found)] == []


def test_every_room_of_the_code_has_its_tests() -> None:
    everywhere = written("unit", "integration", "acceptance")
    found = {room: [test.name for test in everywhere if called(test, names)] for room, names in rooms().items()}
    assert len(found) > 25
    assert [room for room, named in found.items() if not named] == []
