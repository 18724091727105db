"""What a machine does, and whether it can: worker, doctor."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from producer.cli.shared import ALL_DONE, SOME_FAILED, json_option

if TYPE_CHECKING:
    pass


@click.command()
@click.option("--voice", "bundles", multiple=True, metavar="BUNDLE", help="Bundle to serve; may be repeated.")
@click.option("--assemble", is_flag=True, help="Link lessons; alone, this worker needs no voice.")
@click.option("--interactive", is_flag=True, help="Only what somebody waits for: kept free of bulk work.")
@click.option("--processes", type=click.IntRange(1, 256), help="Worker processes [default: cores available].")
def worker(bundles: tuple[str, ...], assemble: bool, interactive: bool, processes: int | None) -> None:
    """Serve the queues of NARRATOR_REDIS_URL until told to stop; SIGTERM gives unfinished work back.

    Without an option it serves what NARRATOR_SERVE says: by default Kokoro, and assembly.

    \b
    narrator worker
    narrator worker --voice kokoro --processes 4
    narrator worker --assemble --processes 1
    narrator worker --voice kokoro --interactive --processes 1   # beside those, for the HTTP API
    """
    import os

    from models.session import available_cores
    from worker.contract.messages import assemble_queue, interactive_queue, render_queue
    from worker.contract.settings import load_settings

    if interactive and not bundles:
        raise click.UsageError("--interactive needs --voice: the bundle that is to be spoken")
    prefix = load_settings().queue_prefix
    kinds = (interactive_queue,) if interactive else (interactive_queue, render_queue)
    queues = [queue(prefix, bundle) for bundle in bundles for queue in kinds]
    if assemble:
        queues.append(assemble_queue(prefix))
    # The worker takes this process's place, so that signals and the exit code are its own.
    arguments = ["--queues", ",".join(queues), "--processes", str(processes or available_cores())]
    os.execv(sys.executable, [sys.executable, "-P", "-m", "worker", *arguments])  # noqa: S606


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check broker, store, voices and threads, and say what to mend."""
    from dataclasses import asdict

    from producer.tools.doctor import doctor as examine

    checks = []
    for check in examine():
        checks.append(check)
        if not as_json:
            sign = click.style("ok  ", fg="green") if check.ok else click.style("FAIL", fg="red")
            click.echo(f"{sign}  {check.name}: {check.detail}")
            if check.remedy and not check.ok:
                click.echo(f"      -> {check.remedy}")
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], ensure_ascii=False))
    sys.exit(ALL_DONE if all(check.ok for check in checks) else SOME_FAILED)
