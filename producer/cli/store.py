"""Commands over the store: pull, store check, store gc."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from producer.cli.help import Command, Group
from producer.cli.options import json_option, out_option
from producer.cli.printing import ALL_DONE, SOME_FAILED, bar, say_failures

if TYPE_CHECKING:
    from worker.store.check import Damage


@click.command(cls=Command)
@click.argument("courses", nargs=-1, metavar="[COURSE...]")
@out_option("Where the courses go.")
@click.option("--store", "place", metavar="PLACE", help="A directory or s3://bucket/prefix [default: NARRATOR_STORE].")
@json_option
def pull(courses: tuple[str, ...], out: Path, place: str | None, as_json: bool) -> None:
    """Bring finished courses, or all of them, from the store into a folder.

    \b
    narrator pull everyday-science --out audio/
    narrator pull --store s3://narration --out audio/

    What is there already and right is left alone.
    """
    from dataclasses import asdict

    from producer.nightly.pull import pull as bring
    from worker.contract.settings import load_settings
    from worker.store import open_store

    with bar(as_json) as show:
        pulled = bring(open_store(load_settings(), place), courses, out, show)
    if as_json:
        click.echo(json.dumps(asdict(pulled), ensure_ascii=False))
    else:
        say_failures(pulled.failures)
        click.echo(f"{len(pulled.lessons)} lessons in {out}")
        for page in pulled.pages:
            click.echo(f"preview    {page}")
    sys.exit(SOME_FAILED if pulled.failures else ALL_DONE)


_place = click.argument("place", required=False, metavar="[STORE]")


@click.group(cls=Group)
def store() -> None:
    """Check the store for damage, delete what nothing needs any more.

    STORE is a directory or s3://bucket/prefix; without one, NARRATOR_STORE is meant.

    \b
    narrator store check
    narrator store gc audio/.narrator --dry-run
    """


@store.command()
@_place
@click.option("--repair", is_flag=True, help="Delete what is damaged, so that the next run makes it anew.")
@json_option
def check(place: str | None, repair: bool, as_json: bool) -> None:
    """Read the whole STORE and list what is damaged: segments, plans, lessons' parts.

    \b
    narrator store check audio/.narrator
    narrator store check --repair --json

    Exit code 1 where something is damaged. It is safe at any moment, also while workers are at work.
    """
    from worker.contract.settings import load_settings
    from worker.store import check as checking
    from worker.store import open_store

    there = open_store(load_settings(), place)
    entries = checking.contents(there)
    damage: list[Damage] = []
    with _bar(sum(entry.size for entry in entries), quiet=as_json) as advance:
        for looked in checking.verify(there, entries):
            damage += looked.damage
            advance(looked.size)
    deleted = checking.repair(there, damage) if repair else []
    _say(there.url, len(entries), sum(entry.size for entry in entries), damage, deleted, as_json)
    sys.exit(SOME_FAILED if damage else ALL_DONE)


@store.command()
@_place
@click.option(
    "--older-than",
    type=click.FloatRange(1),
    default=7.0,
    show_default=True,
    metavar="DAYS",
    help="Leave younger objects alone.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@json_option
def gc(place: str | None, older_than: float, dry_run: bool, as_json: bool) -> None:
    """Delete from STORE what no lesson refers to any more. Safe while runs are under way.

    \b
    narrator store gc --dry-run
    narrator store gc s3://narration --older-than 30
    """
    from producer.nightly import garbage
    from worker.contract.settings import load_settings
    from worker.store import open_store

    there = open_store(load_settings(), place)
    found = garbage.find(there, older_than)
    if not dry_run:
        garbage.collect(there, found)
    counts = {kind: len(names) for kind, names in found.names.items()}
    if as_json:
        click.echo(json.dumps({**counts, "bytes": found.size, "kept": found.kept, "deleted": not dry_run}))
        return
    would = "would go" if dry_run else "deleted"
    click.echo(f"{counts['segments']:,} segments, {counts['plans']:,} plans, {counts['lessons']:,} former parts of "
               f"lessons {would}: {found.size / 1e6:.1f} MB; {found.kept:,} objects stay")  # fmt: skip


def _say(url: str, objects: int, size: int, damage: list[Damage], deleted: list[str], as_json: bool) -> None:
    if as_json:
        found = [{"name": one.name, "reason": one.reason, "remedy": one.remedy} for one in damage]
        record = {"store": url, "objects": objects, "bytes": size, "damaged": found, "deleted": deleted}
        click.echo(json.dumps(record, ensure_ascii=False))
        return
    for one in damage:
        click.secho(f"{one.name}: {one.reason}", fg="red")
        if not deleted:
            click.echo(f"  -> {one.remedy}, or run: narrator store check --repair")
    for name in deleted:
        click.echo(f"deleted {name}")
    click.echo(f"{url}: {objects} objects, {size / 1e6:.1f} MB, {len(damage) or 'none'} damaged")
    if deleted:
        click.echo("Submit the lessons again: what was deleted is made anew")


@contextmanager
def _bar(size: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Show a bar over the bytes of the store, with an ETA, on a terminal's standard error; elsewhere nothing."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("check", total=size)
        yield lambda done: bars.advance(task, done)
