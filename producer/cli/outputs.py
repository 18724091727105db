"""Commands over delivered lessons: preview, report, takes, retake."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from producer.cli.help import Command
from producer.cli.options import json_option, narration_options
from producer.cli.printing import ALL_DONE, SOME_FAILED, duration

if TYPE_CHECKING:
    from producer.lessons.options import NarrationOptions
    from producer.outputs.survey import Outlier, Surveyed

P = ParamSpec("P")
R = TypeVar("R")
_folder = click.argument(
    "folder", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="OUT_OR_COURSE_FOLDER"
)


@click.command(cls=Command)
@_folder
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


@click.command(cls=Command)
@_folder
@json_option
def report(folder: Path, as_json: bool) -> None:
    """Report loudness, speaking rate, pitch, and the sentences that are out of line.

    \b
    narrator report audio/
    narrator report audio/everyday-science --json
    """
    from producer.outputs.survey import survey

    found = survey(folder)
    if as_json:
        lessons = [{**asdict(one), "loudness": one.loudness.model_dump(mode="json")} for one in found]
        click.echo(json.dumps({"lessons": lessons}, ensure_ascii=False))
        return
    for lesson in found:
        click.echo(_line(lesson))
    for outlier in (outlier for lesson in found for outlier in lesson.outliers):
        click.echo(f"{outlier.where}: {_strange(outlier)}: {outlier.text}")
        click.echo(click.style(f"  narrator retake {outlier.where}", dim=True))


def _line(lesson: Surveyed) -> str:
    loudness = lesson.loudness
    facts = [
        duration(lesson.seconds),
        f"{lesson.rate:.1f} letters/s" if lesson.rate else "",
        f"{lesson.pitch:.0f} Hz" if lesson.pitch else "",
        "" if loudness.delivered is None else f"{loudness.delivered / 100:.1f} LUFS",
        "" if loudness.true_peak_after is None else f"{loudness.true_peak_after / 100:.1f} dBTP",
        f"peaks limited by up to {loudness.limited / 100:.1f} dB" if loudness.limited else "",
    ]
    return f"{lesson.course}/{lesson.lesson}: {', '.join(filter(None, facts))}"


def _strange(outlier: Outlier) -> str:
    name, unit = {"rate": ("spoken at", "letters/s"), "pitch": ("pitched at", "Hz")}[outlier.measure]
    return f"{name} {outlier.value:g} {unit}, {outlier.voice} usually at {outlier.usual:g}"


def _sentence(metavar: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Give a command a sentence of a lesson, and what is needed to find it."""

    def decorate(command: Callable[P, R]) -> Callable[P, R]:
        text = click.option("--text", metavar="PART", help="The sentence with these words, in place of line or number.")
        where = click.argument("where", metavar=metavar)
        return where(text(narration_options("language", "voice")(command)))

    return decorate


@click.command(cls=Command)
@_sentence("LESSON[:LINE[:NUMBER]]")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where takes and page go.")
@click.option("--count", type=click.IntRange(1, 20), metavar="N", help="How many takes to speak [default: 3].")
@json_option
def takes(
    where: str, text: str | None, options: NarrationOptions, out: Path | None, count: int | None, as_json: bool
) -> None:
    """List the takes chosen in a lesson, or speak several of a sentence to compare them.

    \b
    narrator takes lessons/intro.md
    narrator takes lessons/intro.md:12 --out takes/
    narrator takes lessons/intro.md --text "Fish live" --out takes/ --count 5
    """
    from producer.tools import retake as retaking

    which = retaking.Which(where, text, options)
    if out is not None:
        page = str(retaking.listen(which, out, count or 3))
        click.echo(json.dumps({"page": page}, ensure_ascii=False) if as_json else page)
        return
    if text is not None or count is not None or not Path(where).exists():
        raise click.UsageError(f"to hear takes of a sentence, give --out; `narrator takes LESSON` lists: {where}")
    found = retaking.chosen(which)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
    else:
        for one in found:
            lost = "" if one.used else "  (no sentence says this any more)"
            click.echo(f"{one.where}: take {one.take}, {one.voice}: {one.text}{lost}")
    sys.exit(ALL_DONE if all(one.used for one in found) else SOME_FAILED)


@click.command(cls=Command)
@_sentence("LESSON:LINE[:NUMBER]")
@click.option("--take", type=click.IntRange(0, 1000), help="This take [default: the next one]; 0 goes back.")
@json_option
def retake(where: str, text: str | None, options: NarrationOptions, take: int | None, as_json: bool) -> None:
    """Choose another take of a sentence that sounds bad; the next run renders it.

    \b
    narrator retake lessons/intro.md:12
    narrator retake lessons/intro.md:12:2 --take 0    the second sentence that begins on line 12

    The choice stands in LESSON.takes.toml, to be committed, and survives edits elsewhere.
    """
    from producer.tools import retake as retaking

    one = retaking.retake(retaking.Which(where, text, options), take)
    said = f"{one.where}: take {one.take}, {one.voice}: {one.text}"
    click.echo(json.dumps(asdict(one), ensure_ascii=False) if as_json else said)
