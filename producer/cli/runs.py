"""Runs on workers elsewhere: submit, and runs list, show, cancel, retry."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from producer.cli.help import Command, Group
from producer.cli.options import json_option, lessons_argument, listen_back_option, narration_options
from producer.cli.printing import ALL_DONE, SOME_FAILED, finish, progress, say_failures

if TYPE_CHECKING:
    from producer.lessons.options import NarrationOptions
    from producer.run.submit import SubmittedRun

MOST_RUNS = 20
wait_option = click.option("--wait", is_flag=True, help="Stay until the run has ended, and report.")


@click.command(cls=Command)
@lessons_argument
@narration_options()
@wait_option
@listen_back_option
@json_option
def submit(paths: tuple[Path, ...], options: NarrationOptions, wait: bool, listen_back: bool, as_json: bool) -> None:
    """Send lessons to the workers; what they make lies in NARRATOR_STORE.

    \b
    narrator submit courses/
    narrator submit courses/ --wait --listen-back
    """
    if listen_back and not wait:
        raise click.UsageError("--listen-back listens to what a run has made: give --wait, too")
    if listen_back:
        from producer.run.listen_back import require_recogniser

        require_recogniser()
    from producer.run.submit import plan_paths
    from producer.run.submit import submit as send

    _follow(send(*plan_paths(paths, options)), wait, as_json, listen_back=listen_back)


@click.group(cls=Group, invoke_without_command=True)
@click.pass_context
def runs(ctx: click.Context) -> None:
    """List runs, show one, cancel it, retry what failed.

    \b
    narrator runs
    narrator runs show 20261122-094502-k3f9
    """
    if not ctx.invoked_subcommand:
        ctx.invoke(list_runs, most=MOST_RUNS, as_json=False)


@runs.command("list")
@click.option("--most", type=click.IntRange(1, 1000), default=MOST_RUNS, show_default=True, help="How many runs.")
@json_option
def list_runs(most: int, as_json: bool) -> None:
    """List the runs submitted last, the latest first.

    \b
    narrator runs list
    narrator runs list --most 100 --json
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


@runs.command()
@click.argument("run")
@json_option
def show(run: str, as_json: bool) -> None:
    """Show where a run stands, and what failed and why.

    \b
    narrator runs show 20261122-094502-k3f9
    narrator runs show 20261122-094502-k3f9 --json

    Exit code 1 where something of it has failed.
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


@runs.command()
@click.argument("run")
def cancel(run: str) -> None:
    """Stop a run. What is stored stays; the sentences being spoken are finished.

    \b
    narrator runs cancel 20261122-094502-k3f9
    narrator runs retry 20261122-094502-k3f9    # carry on after all
    """
    from producer.run.status import cancel as stop

    click.echo(f"{run}: cancelled" if stop(run) else f"{run}: had ended already")


@runs.command()
@click.argument("run")
@wait_option
@json_option
def retry(run: str, wait: bool, as_json: bool) -> None:
    """Submit again what a run gave up or left undone, and nothing else.

    \b
    narrator runs retry 20261122-094502-k3f9
    narrator runs retry 20261122-094502-k3f9 --wait

    No lesson file is read: a lesson edited since is narrated as it was submitted then, and never takes the place of a
    newer submission.
    """
    from producer.run.retry import retry as again

    _follow(again(run), wait, as_json)


def _follow(run: SubmittedRun, wait: bool, as_json: bool, *, listen_back: bool = False) -> None:
    """Print what was submitted, or with ``wait`` how it ended, and exit."""
    if wait:
        with progress(as_json) as show:
            for standing in run.watch():
                show(standing)
        finish(run.wait(listen_back=listen_back), as_json)
    say_failures(run.plan.failures)
    if as_json:
        click.echo(json.dumps({"run": run.id, "lessons": len(run.work), "failures": len(run.plan.failures)}))
    elif run.work:
        click.echo(f"{run.id}: {len(run.work)} lessons submitted. Follow it: narrator runs show {run.id}")
    else:
        click.echo("nothing to do")
    sys.exit(SOME_FAILED if run.plan.failures else ALL_DONE)
