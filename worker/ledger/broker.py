"""The way to Redis: a configured Celery without tasks, and a redis-py client. Producers and workers both use it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from celery import Celery
from kombu.entity import Exchange, Queue
from kombu.exceptions import OperationalError
from redis import Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.connection import parse_url
from redis.retry import Retry

from models.errors import Permanent
from worker.contract.messages import AssembleLesson, Message, RenderBatch, assemble_queue, render_queue
from worker.contract.settings import Settings
from worker.errors import BrokerUnavailable
from worker.ledger.sentinel import SCHEME, Sentinels
from worker.observe import tracing

RENDER, ASSEMBLE = "render", "assemble"  # the tasks
TASK_MARGIN = 30  # seconds between a task's hard end and the broker's giving its message to another worker
CONNECT_SECONDS = 3.0
SOCKET_SECONDS = 10.0  # a dead connection is noticed after this
HEALTH_SECONDS = 10
BAD_URL = (
    "NARRATOR_REDIS_URL must look like redis://USER:PASSWORD@HOST:PORT/0, rediss://... for TLS, or unix://... ; "
    "in the password write / as %2F, @ as %40, # as %23 and : as %3A"
)
_ANONYMOUS = Exchange("")  # type: ignore[no-untyped-call]  # its routing key is the queue's name


def connect(settings: Settings) -> Celery:
    """A Celery that can send; ``process.celery_app`` adds the tasks. Raises Permanent where settings contradict."""
    check_timeouts(settings)
    prefix = settings.queue_prefix
    app = Celery("narrator", broker=_kombu_url(settings), set_as_current=False)
    timeouts = {"socket_timeout": SOCKET_SECONDS, "socket_connect_timeout": CONNECT_SECONDS}
    sentinels = _sentinels(settings)
    app.conf.update(
        # JSON only: a message is data, whoever wrote it.
        task_serializer="json",
        accept_content=["json"],
        result_accept_content=["json"],
        # Nobody waits for a task's result: progress is in the ledger, truth in the store.
        task_ignore_result=True,
        result_backend=None,
        # A message is acknowledged when its work is done; a killed process gives it back.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        # One message a process: what waits in a worker's memory cannot be taken by an idle one.
        worker_prefetch_multiplier=1,
        broker_transport_options={
            # A message unacknowledged for this long goes to another worker; tasks end before (task_time_limit).
            "visibility_timeout": settings.visibility_timeout,
            # Looked for every five seconds instead of every hundred.
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            # Of the apps that share these lists the shortest visibility timeout wins: so they are shared with none.
            "unacked_key": unacked_key(settings),
            "unacked_index_key": f"{prefix}.unacked_index",
            "unacked_mutex_key": f"{prefix}.unacked_mutex",
            # In the order given: somebody waiting first, then lessons to finish, then bulk work; see there.
            "queue_order_strategy": "worker.process.queue_order:InteractiveFirst",
            # A broker that vanished without a word is noticed, instead of waited for.
            **timeouts,
            "socket_keepalive": True,
            "health_check_interval": HEALTH_SECONDS,
            **(sentinels.transport_options(**timeouts) if sentinels else {}),
        },
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,  # a worker outlives any outage of its broker
        broker_pool_limit=4,
        task_publish_retry_policy={"max_retries": 5, "interval_start": 0.1, "interval_step": 0.5, "interval_max": 2.0},
        # Leases recover a dead process's work within seconds; this ends a living one that got lost.
        task_time_limit=settings.visibility_timeout - TASK_MARGIN,
        task_track_started=False,
        # Engines are loaded at the first task, in the child; still, a busy machine may need more than four seconds.
        worker_proc_alive_timeout=60.0,
        worker_send_task_events=settings.task_events,
        # No broadcast commands: who can write to the queue shall not be able to stop workers.
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        # Tasks are idempotent: what runs while the broker is away may end.
        worker_cancel_long_running_tasks_on_connection_loss=False,
        task_default_queue=f"{prefix}.default",  # never used: every message names its queue
        task_create_missing_queues=True,
    )
    app.amqp.autoexchange = lambda _name: _ANONYMOUS  # straight to the list of that name: no binding tables
    return app


def check_timeouts(settings: Settings) -> None:
    """Raise Permanent where the broker would give a task to a second worker while the first is still at it."""
    least = int(2 * settings.segment_seconds + 2 * TASK_MARGIN)
    if settings.visibility_timeout < least:
        raise Permanent(
            f"NARRATOR_VISIBILITY_TIMEOUT is {settings.visibility_timeout} s, but a task may take longer while one "
            f"segment may take {settings.segment_seconds:g} s: set it to at least {least}, or lower "
            "NARRATOR_SEGMENT_SECONDS"
        )


def unacked_key(settings: Settings) -> str:
    """The hash of messages that a worker took and has not acknowledged; kombu keeps it."""
    return f"{settings.queue_prefix}.unacked"


def queue(name: str) -> Queue:
    """A queue over the anonymous exchange: one Redis list."""
    return Queue(name, _ANONYMOUS, routing_key=name)  # type: ignore[no-untyped-call]


def send_batch(
    app: Celery, settings: Settings, batch: RenderBatch, *, to: str = "", headers: Mapping[str, Any] | None = None
) -> None:
    """Queue segments to be rendered, in their bundle's queue or in the one named. Raises BrokerUnavailable."""
    _send(app, RENDER, batch, to or render_queue(settings.queue_prefix, batch.bundle), headers)


def send_lesson(app: Celery, settings: Settings, lesson: AssembleLesson) -> None:
    """Queue a lesson to be assembled. Raises BrokerUnavailable."""
    _send(app, ASSEMBLE, lesson, assemble_queue(settings.queue_prefix))


def _send(app: Celery, task: str, message: Message, where: str, headers: Mapping[str, Any] | None = None) -> None:
    try:
        sent = {**tracing.headers(), **(headers or {})}
        app.send_task(task, args=(message.model_dump(mode="json"),), queue=queue(where), headers=sent or None)
    except OperationalError as error:
        raise BrokerUnavailable(f"the broker did not take a message for {where}: {error}") from error


def redis_client(settings: Settings) -> Redis:
    """A client of the same Redis for the ledger; connects at first use, tries again briefly, decodes replies."""
    timeouts = {"socket_timeout": SOCKET_SECONDS, "socket_connect_timeout": CONNECT_SECONDS}
    retry = Retry(ExponentialWithJitterBackoff(base=0.1, cap=1.0), 2)
    options: dict[str, Any] = {"decode_responses": True, "health_check_interval": HEALTH_SECONDS, "retry": retry}
    if sentinels := _sentinels(settings):
        return sentinels.client(timeouts, **options)
    return Redis.from_url(_redis_url(settings), **timeouts, **options)


def _sentinels(settings: Settings) -> Sentinels | None:
    url = settings.redis_url.get_secret_value()
    return Sentinels.parse(url) if url.startswith(SCHEME) else None


def _redis_url(settings: Settings) -> str:
    """The address as redis-py names it: a socket is ``unix://:password@/path?db=0``. Raises Permanent for others."""
    url = settings.redis_url.get_secret_value()
    if url.startswith("redis+socket://"):
        url = url.replace("redis+socket://", "unix://", 1).replace("virtual_host=", "db=")
    try:
        parse_url(url)  # type: ignore[no-untyped-call]
    except ValueError:  # it quotes the address, and so perhaps the password
        raise Permanent(BAD_URL) from None
    parts = urlsplit(url)
    if parts.fragment or (parts.scheme != "unix" and not re.fullmatch(r"/?\d*/?", parts.path)):
        raise Permanent(BAD_URL)  # the rest of a password, which would be taken for a host's absence and logged
    return url


def _kombu_url(settings: Settings) -> str:
    """The address as kombu names it: a socket is ``redis+socket://:password@/path?virtual_host=0``."""
    if sentinels := _sentinels(settings):
        return sentinels.kombu_url
    url = _redis_url(settings)
    parts = urlsplit(url)
    if parts.scheme == "rediss" and "ssl_cert_reqs" not in parts.query:
        # kombu would not verify the server's certificate; redis-py does.
        return url + ("&" if parts.query else "?") + "ssl_cert_reqs=required"
    if parts.scheme != "unix":
        return url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={database}"
