"""What several commands have in common: options, the progress bar, the end of a run. Heavy imports wait."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from producer.lessons.options import NarrationOptions, Option, Place, options_of

if TYPE_CHECKING:
    from producer.run.report import Report
    from worker.ledger.records import Progress

P = ParamSpec("P")
R = TypeVar("R")
ALL_DONE, SOME_FAILED, COULD_NOT_RUN, INTERRUPTED = 0, 1, 2, 130
MOST_LINES = 30  # about failures on the screen


def lesson_options(command: Callable[P, R]) -> Callable[P, R]:
    """Take what commands that plan lessons of the command line take: paths, and every option of a narration."""
    paths = click.argument(
        "paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="LESSON_OR_DIR..."
    )
    return paths(narration_options()(command))


def narration_options(*names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Take some options of a narration, by default all that a command line has; handed on as ``options``."""
    known = options_of(Place.COMMAND)
    taken = {name: known[name] for name in names or known}

    def decorate(command: Callable[P, R]) -> Callable[P, R]:
        @wraps(command)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            said: dict[str, Any] = {name: kwargs.pop(name) for name in taken}
            kwargs["options"] = NarrationOptions(**{name: value for name, value in said.items() if value})
            return command(*args, **kwargs)

        decorated: Callable[P, R] = wrapper
        for name, option in reversed(taken.items()):
            decorated = _click_option(name, option)(decorated)
        return decorated

    return decorate


def _click_option(name: str, option: Option) -> Callable[[Callable[P, R]], Callable[P, R]]:
    if option.kind is bool:
        return click.option(f"--{name}", is_flag=True, help=option.help)
    type_: click.ParamType[Any] | None = None
    if option.choices:
        type_ = click.Choice(option.choices)
    elif option.bounds:
        type_ = click.FloatRange(*option.bounds)
    elif option.kind is Path:
        type_ = click.Path(path_type=Path, exists=True, dir_okay=False)

    def checked(_context: click.Context, _parameter: click.Parameter, value: Any) -> Any:
        if value and (fault := option.fault(value)):
            raise click.BadParameter(fault)
        return value

    return click.option(
        option.flag or f"--{name}",
        name,
        type=type_,
        multiple=option.several,
        metavar=option.metavar,
        callback=checked,
        help=option.help + (" May be repeated." if option.several else ""),
    )


verify_option = click.option(
    "--verify", is_flag=True, help="Listen back with a recogniser (extra [listen]); list what was not understood."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, for machines.")


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """A bar with an ETA on a terminal's standard error; nothing in a log file or beside ``--json``."""
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
    """A bar over lessons that are counted here, (done, of); nothing in a log file or beside ``--json``."""
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
    """One line each on standard error; beyond MOST_LINES only how many, for a setting may be wrong for a catalogue."""
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
    """How many lessons have the loudness that they wanted, and what it took."""
    measured = [one for one in lessons if one["integrated_after"] is not None]
    reached = sum(abs(one["integrated_after"] - one["target"]) <= 50 for one in measured)
    most = max((one["limited"] for one in measured), default=0)
    return f"reached in {reached} of {len(lessons)} lessons, peaks limited by up to {most / 100:.1f} dB"


def duration(seconds: float) -> str:
    """As a person says it: 4.2 s, 3 min 05 s, 2 h 07 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def console() -> Any:
    """A rich console on standard output."""
    from rich.console import Console

    return Console()
