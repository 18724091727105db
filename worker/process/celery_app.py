"""The worker's Celery: the broker's settings, the tasks, and what happens when a worker starts and stops."""

from __future__ import annotations

import logging
import os
import resource
from contextlib import suppress
from pathlib import Path
from typing import Any

from celery import Celery, bootsteps, signals

from models.errors import Transient
from worker.context import ProcessContext
from worker.contract.messages import assemble_queue, interactive_queue, render_queue
from worker.contract.settings import Settings, load_settings
from worker.ledger import broker, gauges
from worker.ledger.ledger import Ledger
from worker.ledger.records import WorkerInfo
from worker.observe import metrics
from worker.observe.health_check import complaint
from worker.observe.heartbeat import LOOP_SECONDS, Heartbeat, tell_systemd, write_record
from worker.process import envelope, tasks
from worker.process.sweeper import Sweeper
from worker.store import open_store

ASSEMBLE_WORD = "assemble"  # in NARRATOR_QUEUES

log = logging.getLogger("narrator.worker")


def queues(chosen: Settings) -> list[str]:
    """The queues that ``NARRATOR_QUEUES`` asks for, in the order in which they are served."""
    words = [word.strip() for word in chosen.queues.split(",") if word.strip()]
    bundles = [word for word in words if word != ASSEMBLE_WORD]
    prefix = chosen.queue_prefix
    names = [interactive_queue(prefix, bundle) for bundle in bundles]
    names += [assemble_queue(prefix)] if ASSEMBLE_WORD in words else []
    return names + [render_queue(prefix, bundle) for bundle in bundles]


def make_app(chosen: Settings | None = None) -> Celery:
    """Make a Celery with the tasks. Its pool processes make their own ProcessContext, after the fork."""
    chosen = chosen or load_settings()
    envelope.guard_transport()
    app = broker.connect(chosen)
    app.conf.task_queues = [broker.queue(name) for name in queues(chosen)]
    heartbeat = Heartbeat()  # shared with the pool's processes
    contexts: dict[int, ProcessContext] = {}

    def context() -> ProcessContext:
        if os.getpid() not in contexts:
            contexts.clear()  # the parent's, which a fork has copied
            if chosen.process_megabytes:  # a segment that wants more fails, instead of the machine
                resource.setrlimit(resource.RLIMIT_DATA, (chosen.process_megabytes << 20,) * 2)
            ledger = Ledger(broker.redis_client(chosen), chosen)
            sender = tasks.QueueSender(app, chosen)
            contexts[os.getpid()] = ProcessContext(chosen, open_store(chosen), ledger, sender, heartbeat)
        return contexts[os.getpid()]

    ledger = Ledger(broker.redis_client(chosen), chosen)  # of the main process
    tasks.register(app, context, ledger.reject)
    _attend(app, chosen, ledger, heartbeat)
    _watch_loop(app, heartbeat)
    return app


def _attend(app: Celery, chosen: Settings, ledger: Ledger, heartbeat: Heartbeat) -> None:
    """Keep house while a worker of this app runs; messages of unknown kinds are parked."""
    sweepers: list[Sweeper] = []
    servers: list[Any] = []  # of metrics

    def swept(away: bool) -> None:
        if away:
            heartbeat.away()
        record = heartbeat.record()
        if chosen.health_file:
            write_record(record, Path(chosen.health_file))
        if complaint(record, record["written"]) is None:
            tell_systemd("WATCHDOG=1")

    def ready(sender: Any, **_: Any) -> None:
        served = tuple(queue.name for queue in sender.app.amqp.queues.consume_from.values())
        info = WorkerInfo(sender.hostname, served, sender.pool.num_processes, 0.0)
        sweepers.append(Sweeper(chosen, ledger, tasks.QueueSender(app, chosen), info, swept))
        sweepers[-1].start()
        if chosen.metrics_port:
            looked_at = gauges.Gauges(broker.redis_client(chosen), chosen, served)
            servers.append(metrics.serve_metrics(chosen.metrics_port, looked_at))
        tell_systemd("READY=1")
        log.info("serving %s with %d processes", ", ".join(served), info.processes)

    def born(**_: Any) -> None:
        for server in servers:  # a child of a killed worker would keep the port from the next
            server.socket.close()
        heartbeat.idle()  # the number was that of a process that died at work, perhaps

    def stop(**_: Any) -> None:
        heartbeat.stop()
        tell_systemd("STOPPING=1")

    def ended(**_: Any) -> None:
        while sweepers:
            sweepers.pop().stop()

    def unknown(name: str, message: Any, **_: Any) -> None:
        with suppress(Transient):
            ledger.reject(str(name), repr(message.body), "no such task")

    signals.worker_process_init.connect(born, weak=False, dispatch_uid="narrator-born")
    signals.worker_ready.connect(ready, weak=False, dispatch_uid="narrator-ready")
    signals.worker_shutting_down.connect(stop, weak=False, dispatch_uid="narrator-stop")
    signals.worker_shutdown.connect(ended, weak=False, dispatch_uid="narrator-ended")
    signals.task_unknown.connect(unknown, weak=False, dispatch_uid="narrator-unknown")


def _watch_loop(app: Celery, heartbeat: Heartbeat) -> None:
    """Note that the main loop turns. A step of the consumer, because a lost connection clears the loop's timers."""

    class LoopBeat(bootsteps.StartStopStep):  # type: ignore[misc]
        requires = ("celery.worker.consumer.tasks:Tasks",)

        def start(self, parent: Any) -> None:
            heartbeat.turned()
            parent.timer.call_repeatedly(LOOP_SECONDS, heartbeat.turned)

    app.steps["consumer"].add(LoopBeat)
