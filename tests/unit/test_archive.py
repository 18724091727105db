"""A course's ZIP: everything that was delivered, nothing else, the same bytes for the same files."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from models.errors import Permanent
from producer.outputs.archive import pack
from producer.outputs.preview import preview
from tests.delivered import cue, deliver


@pytest.fixture
def course(tmp_path: Path) -> Path:
    deliver(tmp_path, "b", [cue("Two.", "paragraph")])
    course = deliver(tmp_path, "a", [cue("One.", "paragraph")])
    preview(course)
    return course


def test_it_holds_the_page_and_every_lessons_files(course: Path) -> None:
    (course / "a" / "notes.txt").write_text("the author's own")
    with zipfile.ZipFile(pack(course)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            "a/a.vtt", "a/a.wav", "a/manifest.json", "b/b.vtt", "b/b.wav", "b/manifest.json", "index.html",
        ]  # fmt: skip
        assert archive.read("a/a.wav") == (course / "a" / "a.wav").read_bytes()
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_equal_files_give_equal_bytes_and_what_is_right_is_left_alone(course: Path) -> None:
    target = pack(course)
    before, inode = target.read_bytes(), target.stat().st_ino
    assert pack(course).stat().st_ino == inode
    for path in course.rglob("*"):
        os.utime(path, ns=(target.stat().st_mtime_ns + 10**9,) * 2)
    assert pack(course).read_bytes() == before
    assert target.stat().st_ino != inode
    target.write_bytes(b"cut off")
    assert pack(course).read_bytes() == before


def test_nothing_from_elsewhere_gets_in(course: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (course / "a" / "a.vtt").unlink()
    with pytest.raises(Permanent, match=r"a\.vtt is missing"):
        pack(course)
    (course / "a" / "a.vtt").symlink_to(tmp_path / "secret")
    with pytest.raises(Permanent, match=r"a\.vtt is missing, or not a file"):
        pack(course)
    assert not course.with_name("physics.zip").exists()
