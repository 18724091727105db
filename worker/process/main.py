"""Start a worker: ``python -m worker``, ``narrator worker``, or ``celery -A worker worker``."""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress

from models.catalog import Catalogue
from models.errors import NarrationError, Permanent, Transient
from worker.contract.messages import interactive_queue, plan_name, render_queue
from worker.contract.settings import Settings, load_settings
from worker.observe import logs, metrics, tracing
from worker.process import celery_app
from worker.store import open_store


def run_worker(queues: Sequence[str] = (), processes: int = 1, settings: Settings | None = None) -> int:
    """Run a worker until it is told to stop; gives the exit code.

    ``queues`` are whole names (``contract.messages.render_queue`` ...), in the order in which they are served; none
    means what ``NARRATOR_QUEUES`` says. Raises Permanent where a setting, the store or a voice is not as it must be.

    SIGTERM and Ctrl-C: each process finishes the segment, or the lesson, it is at, gives the rest back, and the worker
    ends: a container's grace period must be longer than that.
    SIGQUIT: it ends at once; what it held comes back after ``lease_seconds``.
    """
    settings = settings or load_settings()
    names = list(queues) or celery_app.queues(settings)
    check_start(names, settings)
    app = celery_app.make_app(settings)
    for name in ("celery.worker.strategy", "celery.app.trace"):  # two lines a task, of which none says anything
        logging.getLogger(name).setLevel(logging.WARNING)
    worker = app.Worker(
        hostname=f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}",
        pool="prefork",
        concurrency=processes,
        queues=names,
        loglevel="INFO",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=not settings.task_events,
        optimization="fair",
        quiet=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def check_start(queues: Sequence[str], settings: Settings) -> None:
    """Check that all is here that these queues need. Raises Permanent with the remedy before any work is taken."""
    if not queues:
        raise Permanent('this worker would serve nothing: set NARRATOR_QUEUES, such as "kokoro,assemble"')
    with suppress(Transient):  # one that is away is waited for; one that says no is said here
        open_store(settings).existing([plan_name("0" * 64)])
    tracing.check_installed()
    if settings.metrics_port:
        metrics.check_port(settings.metrics_port)
    catalogue = Catalogue.load(settings.voices_dir)
    for kind in (render_queue, interactive_queue):
        start = kind(settings.queue_prefix, "")
        for bundle in (name.removeprefix(start) for name in queues if name.startswith(start)):
            catalogue.bundle(bundle)
            voices = [voice for voice in catalogue.voices if voice.bundle == bundle]
            if not any(catalogue.installed(voice) for voice in voices):
                raise Permanent(f"the voice bundle {bundle} is known, but its files are not here: install it first")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line of ``python -m worker``."""
    parser = argparse.ArgumentParser(prog="python -m worker", description="Render and assemble what is queued.")
    parser.add_argument("--queues", default="", help="names separated by commas; default: what NARRATOR_QUEUES says")
    parser.add_argument("--processes", type=int, default=1, help="one engine each (default: 1)")
    options = parser.parse_args(arguments)
    try:
        logs.configure(load_settings().log_format)
        return run_worker([name for name in options.queues.split(",") if name], options.processes)
    except NarrationError as error:
        print(f"narrator worker: {error}", file=sys.stderr)  # noqa: T201
        return 2
