"""Commands of a machine: doctor, worker, serve."""

from __future__ import annotations

import json
import sys

import click

from producer.cli.help import Command
from producer.cli.options import json_option, processes_option
from producer.cli.printing import ALL_DONE, SOME_FAILED


@click.command(cls=Command)
@json_option
def doctor(as_json: bool) -> None:
    """Check broker, store, voices and threads, and say what to mend.

    \b
    narrator doctor
    NARRATOR_STORE=s3://narration narrator doctor --json

    Exit code 1 where something is wrong.
    """
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


@click.command(cls=Command)
@click.option("--bundle", "bundles", multiple=True, metavar="NAME", help="A bundle of voices; may be repeated.")
@click.option("--assemble", is_flag=True, help="Put lessons together; alone, this worker needs no voice.")
@click.option("--interactive", is_flag=True, help="Only what somebody waits for, of these bundles: for narrator serve.")
@processes_option
def worker(bundles: tuple[str, ...], assemble: bool, interactive: bool, processes: int | None) -> None:
    """Speak and assemble what is queued, until told to stop.

    Without --bundle and --assemble it serves the queues of NARRATOR_QUEUES: by default kokoro and assemble.

    \b
    narrator worker
    narrator worker --bundle kokoro --processes 4
    narrator worker --assemble --processes 1
    narrator worker --bundle kokoro --interactive --processes 1

    SIGTERM lets each process finish the sentence it is at, and gives the rest back to the queue.
    """
    import os

    from models.cores import available_cores
    from worker.contract.messages import assemble_queue, interactive_queue, render_queue
    from worker.contract.settings import load_settings

    if interactive and not bundles:
        raise click.UsageError("--interactive needs --bundle: the voices that somebody waits for")
    prefix = load_settings().queue_prefix
    kinds = (interactive_queue,) if interactive else (interactive_queue, render_queue)
    queues = [queue(prefix, bundle) for bundle in bundles for queue in kinds]
    if assemble:
        queues.append(assemble_queue(prefix))
    # The worker takes this process's place, so that signals and the exit code are its own.
    arguments = ["--queues", ",".join(queues), "--processes", str(processes or available_cores())]
    os.execv(sys.executable, [sys.executable, "-P", "-m", "worker", *arguments])  # noqa: S606


@click.command(cls=Command)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 is any that is free.")
@click.option("--insecure", is_flag=True, help="Let anybody in who can reach the address, without a key.")
def serve(host: str, port: int, insecure: bool) -> None:
    """Serve the HTTP API and the status page; the workers do the speaking.

    \b
    narrator serve
    NARRATOR_API_KEYS=$(openssl rand -hex 24) narrator serve --host 0.0.0.0 --port 8000
    """
    from importlib.util import find_spec

    from models.errors import Permanent

    if find_spec("fastapi") is None:
        raise Permanent("the HTTP API is not installed: pip install 'narrator[http]'")
    from producer.http.server import serve as run

    run(host, port, insecure=insecure, ready=lambda address: click.echo(f"serving {address} (API: {address}/docs)"))
