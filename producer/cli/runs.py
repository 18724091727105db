"""Runs on workers elsewhere: submit, status, runs, cancel, retry."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from producer.cli.shared import (
    ALL_DONE,
    SOME_FAILED,
    finish,
    json_option,
    lesson_options,
    progress,
    say_failures,
    verify_option,
)

if TYPE_CHECKING:
    from producer.lessons.options import NarrationOptions
    from producer.run.submit import SubmittedRun


wait_option = click.option("--wait", is_flag=True, help="Stay until the run has ended, and report.")


@click.command()
@lesson_options
@wait_option
@verify_option
@json_option
def submit(paths: tuple[Path, ...], options: NarrationOptions, wait: bool, verify: bool, as_json: bool) -> None:
    """Send lessons to the workers that NARRATOR_REDIS_URL and NARRATOR_STORE name.

    \b
    export NARRATOR_REDIS_URL=redis://localhost:6379/0 NARRATOR_STORE=s3://narration
    narrator submit courses/ --wait
    narrator submit courses/ --wait --verify
    """
    if verify and not wait:
        raise click.UsageError("--verify listens to what a run has made: give --wait, too")
    if verify:
        from producer.run.listen_back import require_recogniser

        require_recogniser()
    from producer.run.submit import plan_paths
    from producer.run.submit import submit as send

    _follow(send(*plan_paths(paths, options)), wait, as_json, verify=verify)


@click.command()
@click.argument("run")
@json_option
def status(run: str, as_json: bool) -> None:
    """Say where a run stands, and what failed and why.

    \b
    narrator status 20261122-094502-k3f9
    """
    from dataclasses import asdict

    from producer.run.status import standing

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


@click.command()
@click.option("--most", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many runs.")
@json_option
def runs(most: int, as_json: bool) -> None:
    """List the runs submitted last, the latest first.

    \b
    narrator runs
    narrator runs --most 100 --json
    """
    from dataclasses import asdict

    from producer.run.status import recent

    found = recent(most)
    if as_json:
        click.echo(json.dumps([asdict(progress) for progress in found], ensure_ascii=False))
        return
    for run in found:
        failed = f", {run.lessons_failed} failed" if run.lessons_failed else ""
        click.echo(f"{run.run}  {run.state:10}  {run.lessons_done} of {run.lessons} lessons{failed}, "
                   f"{run.segments - run.remaining} of {run.segments} segments")  # fmt: skip


@click.command()
@click.argument("run")
def cancel(run: str) -> None:
    """Stop a run. What is stored stays; the segments being spoken are finished.

    \b
    narrator cancel 20261122-094502-k3f9
    narrator retry 20261122-094502-k3f9    # carry on after all
    """
    from producer.run.status import cancel as stop

    click.echo(f"{run}: cancelled" if stop(run) else f"{run}: had ended already")


@click.command()
@click.argument("run")
@wait_option
@json_option
def retry(run: str, wait: bool, as_json: bool) -> None:
    """Submit again what a run gave up, or what was cut off when it was cancelled. Nothing else is rendered.

    \b
    narrator retry 20261122-094502-k3f9 --wait

    No lesson file is read: a lesson edited since is narrated as it was submitted then, and never takes the place of a
    newer submission.
    """
    from producer.run.retry import retry as again

    _follow(again(run), wait, as_json)


def _follow(run: SubmittedRun, wait: bool, as_json: bool, *, verify: bool = False) -> None:
    """Say what was submitted, or with ``wait`` how it ended, and exit."""
    if wait:
        with progress(as_json) as show:
            for standing in run.watch():
                show(standing)
        finish(run.wait(verify=verify), as_json)
    say_failures(run.plan.failures)
    if as_json:
        click.echo(json.dumps({"run": run.id, "lessons": len(run.work), "failures": len(run.plan.failures)}))
    elif run.work:
        click.echo(f"{run.id}: {len(run.work)} lessons submitted. Follow it: narrator status {run.id}")
    else:
        click.echo("nothing to do")
    sys.exit(SOME_FAILED if run.plan.failures else ALL_DONE)
