"""An author's commands: make, plan, explain, words, say, preview."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from producer.cli.shared import (
    ALL_DONE,
    SOME_FAILED,
    duration,
    finish,
    json_option,
    lesson_options,
    narration_options,
    progress,
    say_failures,
    verify_option,
)

if TYPE_CHECKING:
    from producer.lessons.options import NarrationOptions
    from producer.plan.planner import Plan


@click.command()
@lesson_options
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Where results go.")
@click.option("--workers", type=click.IntRange(1, 256), help="Worker processes [default: cores available].")
@verify_option
@click.option("--zip", "archives", is_flag=True, help="Pack each course into OUT/COURSE.zip, to be uploaded.")
@json_option
def make(
    paths: tuple[Path, ...],
    options: NarrationOptions,
    out: Path,
    workers: int | None,
    verify: bool,
    archives: bool,
    as_json: bool,
) -> None:
    """Narrate lessons on this machine: queue, workers and store included.

    \b
    narrator make intro.md --out audio/
    narrator make courses/ --out audio/ --voice af_heart --loudness -19 --format wav --format mp3
    narrator make intro.md --out audio/ --verify

    Run it again after an edit: only what changed is rendered. Ctrl-C is safe at any moment.
    """
    from producer.local.make import make as make_here

    with progress(as_json) as show:
        report = make_here(paths, out, options, processes=workers, on_progress=show, verify=verify, archives=archives)
    finish(report, as_json)


@click.command()
@lesson_options
@json_option
def plan(paths: tuple[Path, ...], options: NarrationOptions, as_json: bool) -> None:
    """Say what would be rendered and what reused, and how long it would take. Renders nothing.

    The store is NARRATOR_STORE; without one, everything counts as missing.

    \b
    NARRATOR_STORE=audio/.narrator narrator plan lessons/
    """
    from producer.plan.planner import plan_with_settings

    made = plan_with_settings(paths, options)
    if as_json:
        click.echo(json.dumps(made.as_json(), ensure_ascii=False))
    else:
        _print_plan(made)
    sys.exit(SOME_FAILED if made.failures else ALL_DONE)


@click.command()
@click.argument("where", metavar="LESSON[:LINE]", required=False)
@click.option("--text", help="Explain this text instead of a lesson.")
@click.option("--why", is_flag=True, help="Also the rules of reading that changed the text.")
@narration_options("voice", "language", "lexicon", "lenient", "encoding")
@json_option
def explain(where: str | None, text: str | None, why: bool, options: NarrationOptions, as_json: bool) -> None:
    """Show how each segment is read: text, language, normalised text, phonemes, voice and key.

    \b
    narrator explain lessons/intro.md:12
    narrator explain --text "It costs $3.50 in 2026." --language en --why
    """
    from producer.tools import explain as explaining

    if (where is None) == (text is None):
        raise click.UsageError("give either LESSON[:LINE] or --text")
    if text is not None:
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


@click.command()
@lesson_options
@click.option("--toml", "as_toml", is_flag=True, help="As a lexicon, to be corrected and put beside the lessons.")
@json_option
def words(paths: tuple[Path, ...], options: NarrationOptions, as_toml: bool, as_json: bool) -> None:
    """List the words that are in none of the voice's lists: how often, where first, how they will be said.

    \b
    narrator words lessons/
    narrator words lessons/ --toml > lessons/lexicon.toml
    """
    from dataclasses import asdict

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
            click.echo("no word that is in no list", err=True)
        widest = max((len(one.word) for one in found.words), default=0)
        for one in found.words:
            click.echo(f"{one.count:5}  {one.word:<{widest}}  {click.style(one.ipa, fg='cyan')}  {one.where}")
    sys.exit(SOME_FAILED if found.failures else ALL_DONE)


@click.command()
@click.argument("text")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The WAV file.")
@narration_options("voice", "language", "speed", "lexicon")
@json_option
def say(text: str, out: Path, options: NarrationOptions, as_json: bool) -> None:
    """Speak one text into a WAV file, without queue or store.

    \b
    narrator say "Welcome to lesson three." -o welcome.wav
    narrator say "欢迎来到第三课。" -o welcome.wav --voice zf_xiaobei
    narrator say "Run kubectl now." -o try.wav --lexicon lessons/lexicon.toml
    """
    from producer.tools.say import say as speak

    seconds = speak(text, out, options)
    click.echo(json.dumps({"out": str(out), "audio_seconds": seconds}) if as_json else f"{out}: {seconds:.1f} s")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="OUT_OR_COURSE_FOLDER")
@click.option("--inline", is_flag=True, help="One file a course with the audio inside, to be mailed.")
def preview(folder: Path, inline: bool) -> None:
    """Write a page a course to look at and listen to. `narrator make` has done so already.

    \b
    narrator preview audio/
    narrator preview audio/everyday-science --inline
    """
    from producer.outputs import preview as previewing

    for course in previewing.courses(folder):
        click.echo(previewing.preview(course, inline=inline))


def _print_plan(made: Plan) -> None:
    say_failures(made.failures)
    for lesson in made.lessons:
        state = "unchanged" if lesson.unchanged else f"{len(lesson.missing)} of {lesson.entries} to render"
        click.echo(f"{lesson.course}/{lesson.lesson}: {state}")
    click.echo(f"{made.segments} segments: {made.reused} reused, {made.missing} to render, "
               f"about {duration(made.estimated_seconds)} on one core")  # fmt: skip


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
