"""Runs on workers elsewhere: submit, status."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from producer.cli.shared import ALL_DONE, SOME_FAILED, finish, json_option, lesson_options, progress

if TYPE_CHECKING:
    from producer.plan import Options


@click.command()
@lesson_options
@click.option("--wait", is_flag=True, help="Stay until the run has ended, and report.")
@json_option
def submit(paths: tuple[Path, ...], options: Options, wait: bool, as_json: bool) -> None:
    """Send lessons to the workers that NARRATOR_REDIS_URL and NARRATOR_STORE name.

    \b
    export NARRATOR_REDIS_URL=redis://localhost:6379/0 NARRATOR_STORE=s3://narration
    narrator submit courses/ --wait
    """
    from producer.run import plan_paths
    from producer.run import submit as send

    run = send(*plan_paths(paths, options))
    if wait:
        with progress(as_json) as show:
            for standing in run.watch():
                show(standing)
        finish(run.wait(), as_json)
    for failure in run.plan.failures:
        click.secho(str(failure), fg="red", err=True)
    if as_json:
        click.echo(json.dumps({"run": run.id, "lessons": len(run.work), "failures": len(run.plan.failures)}))
    else:
        click.echo(f"{run.id}: {len(run.work)} lessons submitted. Follow it: narrator status {run.id}")
    sys.exit(SOME_FAILED if run.plan.failures else ALL_DONE)


@click.command()
@click.argument("run")
@json_option
def status(run: str, as_json: bool) -> None:
    """Say where a run stands, and what failed and why.

    \b
    narrator status 20261122-094502-k3f9
    """
    from dataclasses import asdict

    from producer.status import standing

    progress, failures, troubles = standing(run)
    if as_json:
        lists = {"failures": [asdict(failure) for failure in failures], "troubles": troubles}
        click.echo(json.dumps({**asdict(progress), **lists}, ensure_ascii=False))
    else:
        done = progress.segments - progress.remaining
        click.echo(f"{run}: {progress.state}")
        click.echo(f"  lessons   {progress.lessons_done} of {progress.lessons} done, {progress.lessons_failed} failed")
        click.echo(f"  segments  {done} of {progress.segments} done: {progress.rendered} rendered, "
                   f"{progress.reused} reused, {progress.failed} failed")  # fmt: skip
        for failure in failures:
            click.secho(f"  {failure.course}/{failure.lesson}: {failure.reason}", fg="red")
        for trouble in troubles:
            click.secho(f"  lately: {trouble}", fg="yellow")
    sys.exit(SOME_FAILED if failures else ALL_DONE)
