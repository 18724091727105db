"""The command for cron: sync."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from producer.cli.help import Command
from producer.cli.options import json_option, narration_options, processes_option
from producer.cli.printing import progress, say_failures

if TYPE_CHECKING:
    from producer.lessons.options import NarrationOptions

_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?:in)?)?")


class Deadline(click.ParamType[float]):
    """A time of day, the next one to come, or a span from now; seconds since 1970."""

    name = "HH:MM|SPAN"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read ``06:30``, ``6h``, ``90m`` or ``1h30m``."""
        from datetime import datetime, timedelta

        now = datetime.now().astimezone()
        if match := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", str(value)):
            at = now.replace(hour=int(match[1]), minute=int(match[2]), second=0, microsecond=0)
            return (at if at > now else at + timedelta(days=1)).timestamp()
        match = _SPAN.fullmatch(str(value))
        if not match or not any(match.groups()):
            self.fail(f"{value!r} is neither a time of day (06:30) nor a span (6h, 90m)", param, ctx)
        return (now + timedelta(hours=int(match[1] or 0), minutes=int(match[2] or 0))).timestamp()


@click.command(cls=Command)
@click.argument("source", metavar="SOURCE")
@narration_options()
@click.option("--store", metavar="PLACE", help="A directory or s3://bucket/prefix [default: NARRATOR_STORE].")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Deliver what is ready there, too, as narrator pull does.",
)
@click.option("--here", is_flag=True, help="Render on this machine, with a queue and workers of its own.")
@processes_option
@click.option("--no-wait", "wait", flag_value=False, default=True, help="Submit, and leave it to the workers.")
@click.option("--limit", type=click.IntRange(1), metavar="SEGMENTS", help="Stop before the lesson that exceeds it.")
@click.option("--deadline", "until", type=Deadline(), help="Stop then, and go on the next time.")
@click.option("--prune", is_flag=True, help="Remove lessons from the store that are gone from the source.")
@click.option("--yes", is_flag=True, help="Render again what a new voice or version changes, however much it is.")
@json_option
def sync(source: str, options: NarrationOptions, store: str | None, as_json: bool, **wishes: Any) -> None:
    """Bring the store up to date with a folder or s3://bucket/prefix: for cron.

    \b
    narrator sync s3://authors/lessons --store s3://narration --deadline 06:30 --prune
    narrator sync lessons/ --store store/ --here --out audio/    all on this machine

    Two runs over one SOURCE never overlap. To stop at --limit or --deadline is no failure.
    """
    if wishes["processes"] and not wishes["here"]:
        raise click.UsageError("--processes is for --here: workers elsewhere have a number of their own")
    if not wishes["wait"] and (wishes["here"] or wishes["until"] or wishes["out"]):
        raise click.UsageError("--no-wait leaves all to workers elsewhere: no --here, --deadline or --out beside it")
    from producer.nightly.sync import NightBounds
    from producer.nightly.sync import sync as run
    from worker.contract.settings import load_settings

    settings = load_settings().model_copy(update={"store": store}) if store else load_settings()
    with progress(as_json) as show:
        night = run(source, options, NightBounds(**wishes), settings=settings, on_progress=show)
    say_failures(night.failures)
    for lesson in night.gone if not night.pruned else ():
        click.echo(f"{lesson} is no longer in the source; --prune removes it from the store", err=True)
    click.echo(json.dumps(night.as_json(), ensure_ascii=False) if as_json else night.summary())
    sys.exit(night.exit_code)
