"""A converted folder is whole or not there: after an error, on a full disk, after a kill."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest

from models.atomic_files import MADE, atomic_folder
from models.errors import Permanent


def write(out: Path, meanwhile: Callable[[Path], object] = lambda _: None) -> None:
    with atomic_folder(out) as folder:
        meanwhile(folder)
        (folder / "aside").write_text("not part of it")
        (folder / MADE).mkdir()
        (folder / MADE / "graph.onnx").write_text("graph")


def test_what_was_made_is_there_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "voices" / "one")
    assert [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()] == [
        Path("voices", "one", "graph.onnx")
    ]
    with pytest.raises(Permanent, match="one exists already"):
        write(tmp_path / "voices" / "one")


@pytest.mark.parametrize("error", [Permanent("a tensor is missing"), KeyboardInterrupt()], ids=["error", "interrupt"])
def test_an_error_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)):
        write(tmp_path / "one", Mock(side_effect=error))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_named_with_the_place(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # as a write says it: without the file's name
    with pytest.raises(Permanent, match=rf"{tmp_path}/one: cannot be written: No space left on device"):
        write(tmp_path / "one", Mock(side_effect=full))
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_one_left_goes_with_the_next_but_not_what_is_being_made(tmp_path: Path) -> None:
    killed = tmp_path / ".one.converting.killed" / MADE
    killed.mkdir(parents=True)

    def overtaken(at_work: Path) -> None:
        write(tmp_path / "one")
        assert at_work.is_dir()
        assert not killed.parent.exists()

    with pytest.raises(Permanent, match="one: cannot be written: Directory not empty"):
        write(tmp_path / "one", overtaken)
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
    assert (tmp_path / "one" / "graph.onnx").is_file()
