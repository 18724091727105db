"""What the store holds: verify."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from producer.cli.shared import ALL_DONE, SOME_FAILED, json_option

if TYPE_CHECKING:
    from worker.store.verify import Damage


@click.command()
@click.option("--store", "where", metavar="PLACE", help="A directory or s3://bucket/prefix [default: NARRATOR_STORE].")
@click.option("--repair", is_flag=True, help="Delete what is damaged, so that the next run makes it anew.")
@json_option
def verify(where: str | None, repair: bool, as_json: bool) -> None:
    """Read the whole store again and list what is damaged: segments, plans, lessons' parts.

    \b
    narrator verify --store audio/.narrator
    narrator verify --repair --json

    Exit code 1 where something is damaged. It is safe at any moment, also while workers are at work.
    """
    from worker.settings import load
    from worker.store import open_store
    from worker.store import verify as verifying

    store = open_store(load(), where)
    entries = verifying.contents(store)
    damage: list[Damage] = []
    with _bar(sum(entry.size for entry in entries), quiet=as_json) as advance:
        for looked in verifying.verify(store, entries):
            damage += looked.damage
            advance(looked.size)
    deleted = verifying.repair(store, damage) if repair else []
    _say(store.url, len(entries), sum(entry.size for entry in entries), damage, deleted, as_json)
    sys.exit(SOME_FAILED if damage else ALL_DONE)


def _say(url: str, objects: int, size: int, damage: list[Damage], deleted: list[str], as_json: bool) -> None:
    if as_json:
        found = [{"name": one.name, "reason": one.reason, "remedy": one.remedy} for one in damage]
        record = {"store": url, "objects": objects, "bytes": size, "damaged": found, "deleted": deleted}
        click.echo(json.dumps(record, ensure_ascii=False))
        return
    for one in damage:
        click.secho(f"{one.name}: {one.reason}", fg="red")
        if not deleted:
            click.echo(f"  -> {one.remedy}, or run: narrator verify --repair")
    for name in deleted:
        click.echo(f"deleted {name}")
    click.echo(f"{url}: {objects} objects, {size / 1e6:.1f} MB, {len(damage) or 'none'} damaged")
    if deleted:
        click.echo("Submit the lessons again: what was deleted is made anew")


@contextmanager
def _bar(size: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar over the bytes of the store, with an ETA, on a terminal's standard error; elsewhere nothing."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("verify", total=size)
        yield lambda done: bars.advance(task, done)
