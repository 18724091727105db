"""What came out, and how to better it: report, retake, takes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from producer.cli.shared import ALL_DONE, SOME_FAILED, duration, json_option, narration_options

if TYPE_CHECKING:
    from producer.outputs.survey import Outlier, Surveyed


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="OUT_OR_COURSE_FOLDER")
@json_option
def report(folder: Path, as_json: bool) -> None:
    """Say how delivered lessons came out: loudness, speaking rate, pitch, and sentences that are out of line.

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


def sentence_options(command: Callable[..., None]) -> Callable[..., None]:
    """What names one sentence of a lesson."""
    for option in (
        narration_options("voice", "language"),
        click.option("--text", metavar="PART", help="Of several sentences in the line, the one with these words."),
        click.option("--segment", type=click.IntRange(1), help="Of several sentences in the line, this one."),
        click.argument("where", metavar="LESSON:LINE"),
    ):
        command = option(command)
    return command


@click.command()
@sentence_options
@click.option("--take", type=click.IntRange(0, 1000), help="This take [default: the next one]; 0 goes back.")
@click.option("--list", "listing", is_flag=True, help="Say which takes are chosen in LESSON.")
@json_option
def retake(where: str, take: int | None, listing: bool, as_json: bool, **which: Any) -> None:
    """Choose another take of a sentence that sounds bad; the next run renders it.

    \b
    narrator retake lessons/intro.md:12
    narrator retake lessons/intro.md:12 --segment 2 --take 0
    narrator retake lessons/intro.md --list

    The choice stands in LESSON.takes.toml, to be committed, and survives edits elsewhere.
    """
    from producer.tools import retake as retaking

    found = retaking.chosen(where) if listing else [retaking.retake(retaking.Which(where, **which), take)]
    if as_json:
        rows = [asdict(one) for one in found]
        click.echo(json.dumps(rows if listing else rows[0], ensure_ascii=False))
    else:
        for one in found:
            lost = "" if one.used else "  (no sentence says this any more)"
            click.echo(f"{one.where}: take {one.take}, {one.voice}: {one.text}{lost}")
    sys.exit(ALL_DONE if all(one.used for one in found) else SOME_FAILED)


@click.command()
@sentence_options
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Where takes and page go.")
@click.option("--count", type=click.IntRange(1, 20), default=3, show_default=True, help="How many takes.")
def takes(where: str, out: Path, count: int, **which: Any) -> None:
    """Speak several takes of a sentence, to be heard side by side on a page.

    \b
    narrator takes lessons/intro.md:12 --out takes/
    """
    from producer.tools import retake as retaking

    click.echo(retaking.listen(retaking.Which(where, **which), out, count))
