"""An author's commands: make, plan, explain, words, say."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from producer.cli.help import Command
from producer.cli.options import (
    READING,
    json_option,
    lessons_argument,
    listen_back_option,
    narration_options,
    out_option,
    processes_option,
)
from producer.cli.printing import ALL_DONE, SOME_FAILED, duration, finish, progress, say_failures

if TYPE_CHECKING:
    from producer.lessons.options import NarrationOptions
    from producer.plan.result import Plan


@click.command(cls=Command)
@lessons_argument
@narration_options()
@out_option("Where courses go; what is rendered is kept in DIR/.narrator.")
@click.option("--zip", "archives", is_flag=True, help="Pack each course into DIR/COURSE.zip, to be uploaded.")
@processes_option
@listen_back_option
@json_option
def make(
    paths: tuple[Path, ...],
    options: NarrationOptions,
    out: Path,
    archives: bool,
    processes: int | None,
    listen_back: bool,
    as_json: bool,
) -> None:
    """Narrate lessons on this machine: queue, workers and store included.

    \b
    narrator make intro.md --out audio/
    narrator make courses/ --out audio/ --voice af_heart --loudness -19 --outputs wav,mp3

    Run it again after an edit: only what changed is rendered. Ctrl-C is safe at any moment.
    """
    from producer.local.make import make as make_here

    with progress(as_json) as show:
        report = make_here(
            paths,
            out,
            options,
            processes=processes,
            on_progress=show,
            listen_back=listen_back,
            archives=archives,
        )
    finish(report, as_json)


@click.command(cls=Command)
@lessons_argument
@narration_options()
@json_option
def plan(paths: tuple[Path, ...], options: NarrationOptions, as_json: bool) -> None:
    """Say what would be rendered and how long that would take, and render nothing.

    \b
    narrator plan lessons/
    NARRATOR_STORE=audio/.narrator narrator plan lessons/

    The store is NARRATOR_STORE; without one, everything counts as missing.
    """
    from producer.plan.planner import plan_with_settings

    made = plan_with_settings(paths, options)
    if as_json:
        click.echo(json.dumps(made.as_json(), ensure_ascii=False))
    else:
        _print_plan(made)
    sys.exit(SOME_FAILED if made.failures else ALL_DONE)


@click.command(cls=Command)
@click.argument("where", metavar="LESSON[:LINE]", required=False)
@click.option("--text", help="Explain this text instead of a lesson.")
@narration_options(*READING)
@click.option("--why", is_flag=True, help="Also the rules of reading that changed the text.")
@json_option
def explain(where: str | None, text: str | None, options: NarrationOptions, why: bool, as_json: bool) -> None:
    """Show how each sentence is read: language, words, phonemes, voice.

    \b
    narrator explain lessons/intro.md:12
    narrator explain --text "It costs $3.50 in 2026." --language en --why
    """
    from producer.tools import explain as explaining

    if (where is None) == (text is None):
        raise click.UsageError("give either LESSON[:LINE] or --text")
    if text is not None:
        if options.lenient or options.encoding:
            raise click.UsageError("--lenient and --encoding are for lessons in files: leave them out beside --text")
        found: Any = explaining.explain_text(text, options, why=why)
    else:
        found = explaining.explain(str(where), options, why=why)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for segment in found if isinstance(found, list) else [found]:
        rules = segment.pop("rules", ())
        for name, value in segment.items():
            if value not in (None, "", []) and not (name == "tokens" and segment.get("phonemes")):
                click.echo(f"{click.style(name.rjust(13), dim=True)}  {_plain(value)}")
        for rule in rules:
            click.echo(f"{click.style(rule['kind'].rjust(13), dim=True)}  {rule['took']} -> {rule['gave']}")
        click.echo()


@click.command(cls=Command)
@lessons_argument
@narration_options(*READING, "follow_links")
@click.option("--toml", "as_toml", is_flag=True, help="As a lexicon, to be corrected and put beside the lessons.")
@json_option
def words(paths: tuple[Path, ...], options: NarrationOptions, as_toml: bool, as_json: bool) -> None:
    """List the words that no list knows: how often, where first, and how they will be said.

    \b
    narrator words lessons/
    narrator words lessons/ --toml > lessons/lexicon.toml
    """
    from dataclasses import asdict

    if as_toml and as_json:
        raise click.UsageError("give either --toml or --json")
    from producer.tools import words as looking

    found = looking.words(paths, options)
    say_failures(found.failures)
    for voice, count in found.untold.items():
        click.echo(f"{voice} has no list of words: {count} of its sentences are left out", err=True)
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False))
    elif as_toml:
        click.echo(looking.as_toml(found), nl=False)
    else:
        if not found.words:
            click.echo("every word is in a list", err=True)
        widest = max((len(one.word) for one in found.words), default=0)
        for one in found.words:
            click.echo(f"{one.count:5}  {one.word:<{widest}}  {click.style(one.ipa, fg='cyan')}  {one.where}")
    sys.exit(SOME_FAILED if found.failures else ALL_DONE)


@click.command(cls=Command)
@click.argument("text")
@narration_options("language", "voice", "speed", "lexicon")
@out_option("The WAV file.", file=True)
@json_option
def say(text: str, options: NarrationOptions, out: Path, as_json: bool) -> None:
    """Speak one text into a WAV file, without queue or store.

    \b
    narrator say "Welcome to lesson three." --out welcome.wav
    narrator say "欢迎来到第三课。" --out welcome.wav --voice zf_xiaobei
    narrator say "Run kubectl now." --out try.wav --lexicon lessons/lexicon.toml
    """
    from producer.tools.say import say as speak

    seconds = speak(text, out, options)
    click.echo(json.dumps({"out": str(out), "audio_seconds": seconds}) if as_json else f"{out}: {seconds:.1f} s")


def _print_plan(made: Plan) -> None:
    say_failures(made.failures)
    for lesson in made.lessons:
        state = "unchanged" if lesson.unchanged else f"{len(lesson.missing)} of {lesson.entries} to render"
        click.echo(f"{lesson.course}/{lesson.lesson}: {state}")
    click.echo(f"{made.segments} segments: {made.reused} reused, {made.missing} to render, "
               f"about {duration(made.estimated_seconds)} on one core")  # fmt: skip


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
