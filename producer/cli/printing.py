"""Progress bars, tables, and the report at the end of a run, on the terminal. Heavy imports wait."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.table import Table

    from producer.run.report import Report
    from worker.ledger.records import Progress

ALL_DONE, SOME_FAILED, COULD_NOT_RUN, INTERRUPTED = 0, 1, 2, 130
MOST_LINES = 30  # about failures on the screen


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """Show a bar with an ETA on a terminal's standard error; nothing in a log file or beside ``--json``."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    from producer.run.watch import Pace

    pace = Pace()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[eta]}"))
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        segments = bars.add_task("segments", total=None, eta="")
        lessons = bars.add_task("lessons", total=None, eta="")

        def show(progress: Progress) -> None:
            left = pace.remaining_seconds(progress)
            eta = "" if left is None else f"{duration(left)} left"
            bars.update(segments, total=progress.segments, completed=progress.segments - progress.remaining, eta=eta)
            bars.update(lessons, total=progress.lessons, completed=progress.lessons_done + progress.lessons_failed)

        yield show


@contextmanager
def bar(quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Show a bar over lessons, (done, of), on a terminal; nothing in a log file or beside ``--json``."""
    if quiet or not sys.stderr.isatty():
        yield lambda _done, _of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("lessons", total=None)
        yield lambda done, of: bars.update(task, completed=done, total=of)


def say_failures(failures: Iterable[object], colour: str = "red") -> None:
    """Print one line each on standard error; beyond MOST_LINES only how many: a setting may be wrong for all."""
    lines = [str(one) for one in failures]
    for line in lines[:MOST_LINES]:
        click.secho(line, fg=colour, err=True)
    if (more := len(lines) - MOST_LINES) > 0:
        click.secho(f"... and {more:,} more", fg=colour, err=True)


def finish(report: Report, as_json: bool) -> None:
    """Print a run's report and exit with its code."""
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False))
        sys.exit(report.exit_code)
    say_failures(report.failures)
    say_failures(report.late, "yellow")
    kept = f", {report.unchanged} unchanged" if report.unchanged else ""
    lost = f", {report.failed_lessons} failed" if report.failed_lessons else ""
    click.echo(f"lessons    {report.lessons}{kept}{lost}")
    click.echo(
        f"segments   {report.segments}: {report.reused} reused, {report.rendered} rendered, {report.failed} failed"
    )
    for reason, count in sorted(report.reasons.items(), key=lambda pair: -pair[1]):
        click.echo(f"           {count}: {reason}")
    if report.rtf is not None:
        click.echo(f"speech     {duration(report.audio_seconds)} rendered, real-time factor {report.rtf:.2f} per core")
    click.echo(f"took       {duration(report.wall_seconds)}")
    if report.relaxed:
        click.secho("checks     relaxed (NARRATOR_RELAXED_CHECKS): for tests, not for listeners", fg="yellow")
    if report.heard is not None:
        click.echo(f"heard      {report.heard} segments, {len(report.misheard)} not as they are written")
    for one in report.misheard:
        click.secho(f"{one.where}: {one.error_rate:.0%} off: {one.said}", fg="yellow", err=True)
        click.secho(f"    heard: {one.heard}", fg="yellow", err=True)
    for place in report.results:
        click.echo(place)
    if report.loudness:
        click.echo(f"loudness   {_loudness(report.loudness)}")
    for stale in report.stale_takes:
        click.secho(f"{stale.where}: {stale.reason}", fg="yellow", err=True)
    for archive in report.archives:
        click.echo(f"archive    {archive}")
    for page in report.preview:
        click.echo(f"preview    {page}")
    sys.exit(report.exit_code)


def _loudness(lessons: Sequence[Mapping[str, Any]]) -> str:
    """Say how many lessons have the loudness that they wanted, and what it took."""
    measured = [one for one in lessons if one["integrated_after"] is not None]
    reached = sum(abs(one["integrated_after"] - one["target"]) <= 50 for one in measured)
    most = max((one["limited"] for one in measured), default=0)
    return f"reached in {reached} of {len(lessons)} lessons, peaks limited by up to {most / 100:.1f} dB"


def duration(seconds: float) -> str:
    """Say how long, as a person does: 4.2 s, 3 min 05 s, 2 h 07 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def print_table(table: Table) -> None:
    """Print a table on standard output: as wide as it needs where that is no terminal, so that nothing is cut off."""
    from rich.console import Console

    if sys.stdout.isatty():
        Console().print(table)
        return
    wide = Console(width=10_000, color_system=None)
    with wide.capture() as lines:
        wide.print(table)
    click.echo("\n".join(line.rstrip() for line in lines.get().splitlines()))
