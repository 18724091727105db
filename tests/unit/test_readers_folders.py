"""Links in a folder of lessons: a lesson is named by its place there, and no link leads a reader out or around."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from models.errors import Permanent
from producer import readers
from producer.cli import main
from producer.errors import LessonError
from producer.nightly.source import open_source
from producer.readers.folders import MAX_LINKED
from producer.readers.formats import BY_SUFFIX
from worker.contract.settings import Settings

CONTENT = {
    ".csv": "text\nHello.\n",
    ".jsonl": '{"text": "Hello."}\n',
    ".srt": "1\n00:00:01,000 --> 00:00:02,000\nHello.\n",
    ".vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\nHello.\n",
    ".ssml": "<speak>Hello.</speak>",
    ".html": '<div class="reveal"><div class="slides"><section>Hello.</section></div></div>',
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of lessons, with a file outside of it that is nobody's business."""
    (tmp_path / "secret.md").write_text("The key is under the mat.\n")
    lesson = tmp_path / "lessons" / "biology" / "light.md"
    lesson.parent.mkdir(parents=True)
    lesson.write_text("Plants eat light.\n")
    return tmp_path / "lessons"


def ids(paths: list[Path]) -> list[tuple[str, str]]:
    return [(lesson.course, lesson.id) for path in paths for lesson in readers.read_lessons(path)]


def test_two_links_to_one_file_are_two_lessons_named_by_their_places(source: Path) -> None:
    for course in ("chemistry", "physics"):
        (source / course).mkdir()
        (source / course / "sun.md").symlink_to("../biology/light.md")
    assert ids(readers.find_lessons([source])) == [("biology", "light"), ("chemistry", "sun"), ("physics", "sun")]


@pytest.mark.parametrize("suffix", sorted({*BY_SUFFIX} - {".pptx"}))
def test_every_reader_names_a_lesson_by_its_place(suffix: str, source: Path) -> None:
    (source / f"real{suffix}").write_text(CONTENT.get(suffix, CONTENT[".html"] if suffix == ".htm" else "Hello.\n"))
    (source / "physics").mkdir()
    (source / "physics" / f"sun{suffix}").symlink_to(f"../real{suffix}")
    assert ids(readers.find_lessons([source / "physics"], follow_links=True)) == [("physics", "sun")]


def test_a_link_to_a_folder_within_the_source_is_a_course_of_its_own(source: Path) -> None:
    (source / "botany").symlink_to("biology")
    assert ids(readers.find_lessons([source])) == [("biology", "light"), ("botany", "light")]


@pytest.mark.parametrize("name", ["leak.md", "deck.html", "lexicon.toml", "light.md.takes.toml", "leak"])
def test_a_link_out_of_the_source_is_refused_by_name(name: str, source: Path) -> None:
    outside = source.parent / "outside"
    outside.mkdir()
    target = outside if name == "leak" else source.parent / "secret.md"
    (source / "biology" / name).symlink_to(target)
    with pytest.raises(LessonError, match=rf"biology/{name}: a link that leads out of .*lessons, .*--follow-links"):
        readers.find_lessons([source])


def test_a_name_that_merely_begins_like_the_source_is_outside_of_it(source: Path) -> None:
    (source.parent / "lessons-of-others").mkdir()
    (source.parent / "lessons-of-others" / "x.md").write_text("Hello.\n")
    (source / "x.md").symlink_to("../lessons-of-others/x.md")
    with pytest.raises(LessonError, match="leads out"):
        readers.find_lessons([source])


def test_follow_links_takes_what_lies_outside_and_keeps_the_names(source: Path) -> None:
    (source / "biology" / "public.md").symlink_to(source.parent / "secret.md")
    assert ids(readers.find_lessons([source], follow_links=True)) == [("biology", "light"), ("biology", "public")]


def test_a_file_or_folder_that_is_named_is_taken_through_a_link(source: Path) -> None:
    (source / "named.md").symlink_to(source.parent / "secret.md")
    assert ids(readers.find_lessons([source / "named.md"])) == [("lessons", "named")]
    (source.parent / "course").symlink_to(source / "biology")
    assert ids(readers.find_lessons([source.parent / "course"])) == [("course", "light")]


def test_links_that_lead_around_end_with_an_error(source: Path) -> None:
    (source / "biology" / "again").symlink_to(source)
    for anywhere in (False, True):
        with pytest.raises(LessonError, match=r"biology/again: a link that leads round in a circle, to .*lessons"):
            readers.find_lessons([source], follow_links=anywhere)


def test_folders_that_link_to_each_other_end_with_an_error(source: Path) -> None:
    (source / "botany").mkdir()
    (source / "botany" / "b").symlink_to("../biology")
    (source / "biology" / "a").symlink_to("../botany")
    with pytest.raises(LessonError, match="round in a circle"):
        readers.find_lessons([source])


def test_a_link_to_itself_or_to_nothing_is_an_error_that_names_it(source: Path) -> None:
    (source / "self.md").symlink_to("self.md")
    with pytest.raises(LessonError, match=r"self\.md: a link that leads nowhere"):
        readers.find_lessons([source])
    with pytest.raises(Permanent, match=r"self\.md: no such file"):
        readers.find_lessons([source / "self.md"])


def test_links_that_double_at_every_step_are_not_walked_a_million_times(source: Path) -> None:
    for at in range(20):
        (source / f"f{at}").mkdir()
        for twin in ("a", "b"):
            (source / f"f{at}" / twin).symlink_to(f"../f{at + 1}")
    (source / "f20").mkdir()
    with pytest.raises(LessonError, match=f"more than {MAX_LINKED} links lead to"):
        readers.find_lessons([source])


def test_a_nightly_source_is_named_as_the_user_named_it(source: Path, tmp_path: Path) -> None:
    (tmp_path / "tonight").symlink_to(source)
    settings = Settings(store=str(tmp_path / "store"))
    assert open_source(str(tmp_path / "tonight"), settings).url == str(tmp_path / "tonight")


def test_plan_refuses_a_link_out_of_the_source_and_follows_it_when_asked(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NARRATOR_STORE", raising=False)
    (source / "biology" / "leak.md").symlink_to(source.parent / "secret.md")
    refused = CliRunner().invoke(main, ["plan", os.fspath(source)])
    assert refused.exit_code
    assert "leak.md: a link that leads out" in refused.stderr
    followed = CliRunner().invoke(main, ["plan", os.fspath(source), "--follow-links"])
    assert "leads out" not in followed.output + followed.stderr
