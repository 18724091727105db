"""The command line as a whole: its help, its tables in a pipe, and what its commands have in common."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from producer.cli import main
from producer.run import status

SCREEN = 40  # lines of a terminal window that is not maximised, of 100 columns


def commands(command: click.Command = main, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of each command, groups included: (), ("make",), ("runs", "list") ..."""
    yield words
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from commands(below, (*words, name))


def command_of(words: tuple[str, ...]) -> click.Command:
    found: click.Command = main
    for word in words:
        assert isinstance(found, click.Group)
        found = found.commands[word]
    return found


def helped(words: tuple[str, ...]) -> list[str]:
    done = CliRunner().invoke(main, [*words, "--help"], terminal_width=100)
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


@pytest.mark.parametrize("words", list(commands()), ids=lambda words: " ".join(words) or "narrator")
def test_help_fits_a_screen_and_has_examples(words: tuple[str, ...]) -> None:
    lines = helped(words)
    assert len(lines) <= SCREEN
    assert not [line for line in lines[1:] if line.endswith("...")], "what a command does is not cut off"
    examples = [line for line in lines if line.startswith(("  narrator ", "  NARRATOR_"))]
    assert len(examples) >= 2
    assert any(" ".join(("narrator", *words)) in line for line in examples)


def test_every_option_says_what_it_does() -> None:
    silent = [
        (words, option.opts)
        for words in commands()
        for option in command_of(words).params
        if isinstance(option, click.Option) and not option.help
    ]
    assert silent == []


def test_one_word_for_one_thing() -> None:
    """The words that were: places under ``-o`` or ``--to``, ``--workers``, ``--format``, ``--verify``."""
    all_options = [
        (words, option)
        for words in commands()
        for option in command_of(words).params
        if isinstance(option, click.Option)
    ]
    names = {name for _, option in all_options for name in option.opts}
    assert names & {"-o", "--to", "--workers", "--format", "--verify"} == set()
    assert {words for words, option in all_options if "--voice" in option.opts} >= {("make",), ("say",)}
    assert "--voice" not in {name for option in command_of(("worker",)).params for name in option.opts}
    assert len(all_options) <= 128  # it was 132, and 123 before --follow-links: look for one to drop before you add one


def test_a_table_in_a_pipe_cuts_no_name_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """rich takes a pipe for a terminal of 80 columns: `narrator voices | grep` then finds nothing."""
    name = "a-bundle-with-a-name/" + "of-quite-some-length-" * 4 + "female"
    row = {
        "id": name, "languages": ["en", "zh"], "licence": "Apache-2.0", "sample_rate": 24_000, "bytes": 92_000_000,
        "precision": "int8", "title": "A voice with quite a title, too", "installed": False,
        "remedy": "pip install 'narrator[kokoro]'",
    }  # fmt: skip
    monkeypatch.setattr(status, "voices", lambda: [row])
    for words in (["voices"], ["voices", "list"]):
        (line,) = [line for line in CliRunner().invoke(main, words).output.splitlines() if name in line]
        assert "pip install 'narrator[kokoro]'" in line
        assert line == line.rstrip()
    assert json.loads(CliRunner().invoke(main, ["voices", "list", "--json"]).output) == [row]


def test_audio_files_are_a_list(tmp_path: Path) -> None:
    (tmp_path / "sea.md").write_text("---\nvoice: nobody\n---\nA sentence.\n")
    done = CliRunner().invoke(main, ["plan", str(tmp_path), "--outputs", "wav,mp4"])
    assert (done.exit_code, "'mp4' is none of wav, mp3, opus, flac" in done.stderr) == (2, True)
    assert CliRunner().invoke(main, ["plan", str(tmp_path), "--outputs", "wav, mp3"]).exit_code == 1


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["submit", "x.md", "--listen-back"], "give --wait, too"),
        (["sync", "lessons", "--processes", "2"], "--processes is for --here"),
        (["sync", "lessons", "--no-wait", "--deadline", "6h"], "--no-wait leaves all to workers elsewhere"),
        (["words", "lessons", "--toml", "--json"], "give either --toml or --json"),
        (["takes", ".", "--count", "5"], "give --out"),
        (["worker", "--interactive"], "--interactive needs --bundle"),
        (["explain", "--text", "Hello.", "--encoding", "gb18030"], "leave them out beside --text"),
        (["explain"], "give either LESSON[:LINE] or --text"),
        (["takes", "lessons/intro.md:12"], "give --out"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(words: list[str], reason: str) -> None:
    done = CliRunner().invoke(main, words)
    assert (done.exit_code, reason in done.stderr) == (2, True), done.stderr


def test_a_setting_that_is_wrong_for_a_catalogue_fills_no_screen(tmp_path: Path) -> None:
    for number in range(33):
        (tmp_path / f"{number:02}.md").write_text("---\nvoice: nobody\n---\nA sentence.\n")
    done = CliRunner().invoke(main, ["plan", str(tmp_path)])
    assert done.exit_code == 1
    shown = done.stderr.splitlines()
    assert [line.partition(": ")[0] for line in shown[:-1]] == [f"{tmp_path}/{number:02}.md:2" for number in range(30)]
    assert shown[-1] == "... and 3 more"
