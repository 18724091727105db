"""What an author may wish for stands once: front matter, command line, HTTP and Python take it from there."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from models.errors import Permanent
from producer.cli import main
from producer.cli.options import narration_options
from producer.lessons.options import (
    FASTEST,
    MAX_TAKE,
    NO_OPTIONS,
    OPTIONS,
    SLOWEST,
    NarrationOptions,
    Place,
    options_of,
)
from producer.readers.front_matter import READ
from worker.contract import messages

WRONG = {
    "language": "xx",
    "speed": 9.0,
    "loudness": "-20",
    "vocoder": "flute",
    "emoji": "loud",
    "outputs": ("wav", "avi"),
    "encoding": "klingon",
    "take": -1,
    "voice": 3,
    "lenient": "yes",
    "follow_links": "yes",
}


@pytest.mark.parametrize(("name", "value"), WRONG.items())
def test_an_option_that_makes_no_sense_is_refused_by_its_name(name: str, value: object) -> None:
    with pytest.raises(Permanent, match=f"^{name}: "):
        NarrationOptions(**{name: value})


def test_a_refusal_says_what_may_be_said() -> None:
    with pytest.raises(Permanent, match=r"^outputs: 'avi' is none of wav, mp3, opus, flac$"):
        NarrationOptions(outputs=("wav", "avi"))
    with pytest.raises(Permanent, match=r"^speed: nan is no number from 0.25 to 4 \(1.0 is the voice's own pace\)$"):
        NarrationOptions(speed=float("nan"))


def test_who_asks_goes_before_the_lessons_head_but_for_the_language() -> None:
    head = NarrationOptions(language="zh", voice="a", voices={"en": "b"}, speed=0.5, outputs=("mp3",))
    asked = NarrationOptions(language="en", speed=2.0, loudness="-16", lenient=True)
    together = asked.over(head)
    assert together == NarrationOptions(
        language="zh",
        voice="a",
        voices={"en": "b"},
        speed=2.0,
        loudness="-16",
        outputs=("mp3",),
        lenient=True,
    )
    assert NO_OPTIONS.over(head) == head


def test_front_matter_knows_what_is_said_in_heads() -> None:
    assert set(READ) == {"course", "lesson", "title", *options_of(Place.HEAD)}


def test_the_command_line_knows_what_is_said_in_commands() -> None:
    @click.command()
    @narration_options()
    def command(options: NarrationOptions) -> None:
        click.echo(repr(options))

    assert [one.name for one in command.params] == list(options_of(Place.COMMAND))
    done = CliRunner().invoke(command, ["--outputs", "mp3,wav", "--speed", "1.5", "--lenient"])
    assert done.output.strip() == repr(NarrationOptions(outputs=("mp3", "wav"), speed=1.5, lenient=True))
    assert CliRunner().invoke(command, []).output.strip() == repr(NO_OPTIONS)


@pytest.mark.parametrize(
    "name", sorted(set(WRONG) & set(options_of(Place.COMMAND)) - {"voice", "lenient", "follow_links"})
)
def test_the_command_line_refuses_by_the_options_name(name: str, tmp_path: Path) -> None:
    flag = f"--{name}"
    value = WRONG[name][-1] if OPTIONS[name].several else str(WRONG[name])
    done = CliRunner().invoke(main, ["plan", str(tmp_path), flag, value])
    assert done.exit_code == 2
    assert f"Invalid value for '{flag}'" in done.stderr
    assert value in done.stderr


def test_http_bodies_know_what_is_said_over_http() -> None:
    submission = pytest.importorskip("producer.http.submission")
    own = set(submission.Upload.model_fields)
    assert set(submission.LessonOptions.model_fields) == own | set(options_of(Place.HTTP))
    said = {"voice": "v", "speed": "1.5", "outputs": ["mp3"], "lenient": "true"}
    upload = submission.LessonOptions.model_validate(said)
    assert upload.options() == NarrationOptions(voice="v", speed=1.5, outputs=("mp3",), lenient=True)
    assert submission.LessonText(text="Hello.").options() == NO_OPTIONS


@pytest.mark.parametrize("name", sorted(set(WRONG) & set(options_of(Place.HTTP)) - {"lenient"}))
def test_http_refuses_by_the_fields_name(name: str) -> None:
    submission = pytest.importorskip("producer.http.submission")
    with pytest.raises((ValidationError, Permanent)) as caught:
        submission.LessonOptions(**{name: WRONG[name]}).options()
    assert name in str(caught.value)


def test_bounds_and_choices_are_those_of_what_crosses_the_queue() -> None:
    speed, take = (messages.Segment.model_json_schema()["properties"][name] for name in ("speed", "take"))
    assert (speed["minimum"], speed["maximum"]) == (SLOWEST * 1000, FASTEST * 1000)
    assert (take["minimum"], take["maximum"]) == (0, MAX_TAKE)
    outputs = messages.LessonPlan.model_json_schema()["properties"]["outputs"]
    assert tuple(outputs["items"]["enum"]) == OPTIONS["outputs"].choices


def test_every_field_but_those_of_the_settings_is_described() -> None:
    assert {field.name for field in fields(NarrationOptions)} - set(OPTIONS) == {"megabytes", "relaxed"}
    assert all(option.help.endswith(".") for option in OPTIONS.values())
