"""Lesson files are found in a settled order; ids are made of names."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from models.errors import Permanent
from producer import readers
from producer.errors import LessonError
from producer.lessons.model import slug
from worker.contract.messages import Identifier


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("Hello.")


def test_folders_are_walked_in_the_order_of_names(tmp_path):
    make(
        tmp_path,
        "b/2.md",
        "b/10.md",
        "a/z.markdown",
        "c.md",
        "README.md",
        ".git/x.md",
        "_drafts/y.md",
        "n.log",
        ".h.md",
    )
    names = [str(path.relative_to(tmp_path)) for path in readers.find_lessons([tmp_path])]
    assert names == ["c.md", "a/z.markdown", "b/10.md", "b/2.md"]


def test_each_file_once_and_in_the_order_given(tmp_path):
    make(tmp_path, "b.md", "a.md")
    assert readers.find_lessons([tmp_path / "b.md", tmp_path]) == [tmp_path / "b.md", tmp_path / "a.md"]


def test_a_file_that_is_named_is_always_taken(tmp_path):
    make(tmp_path, "README.md")
    assert readers.find_lessons([tmp_path / "README.md"]) == [tmp_path / "README.md"]


def test_nothing_found_is_an_error(tmp_path):
    make(tmp_path, "x.log")
    with pytest.raises(Permanent, match="no lessons found"):
        readers.find_lessons([tmp_path])
    with pytest.raises(Permanent, match="nothing given"):
        readers.find_lessons([])
    with pytest.raises(Permanent, match="absent: no such file"):
        readers.find_lessons([tmp_path / "absent"])
    with pytest.raises(LessonError, match=r"no reader for '\.log'"):
        readers.find_lessons([tmp_path / "x.log"])
    with pytest.raises(LessonError, match="a folder: name one of the lessons"):
        readers.read_lessons(tmp_path)


def test_an_unreadable_file_says_why(tmp_path):
    (tmp_path / "x.md").mkdir()
    with pytest.raises(LessonError, match=r"x\.md: cannot be read"):
        readers.read_lessons(tmp_path / "x.md")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("01 Light & Sugar", "01-light-sugar"),
        ("第一课：光合作用", "第一课-光合作用"),
        ("Café", "café"),
        ("../../etc", "etc"),
        ("v1.2_final", "v1.2_final"),
        ("-- x --", "x"),
        ("🎉", ""),
        ("x" * 300, "x" * 100),
    ],
)
def test_slugs(name, expected):
    assert slug(name) == expected
    if expected:
        assert TypeAdapter(Identifier).validate_python(expected) == expected


def test_a_name_of_which_no_id_can_be_made(tmp_path):
    make(tmp_path, "course/🎉.md")
    with pytest.raises(LessonError, match="no lesson id can be made of the name '🎉': set `lesson:`"):
        readers.read_lessons(tmp_path / "course" / "🎉.md")
