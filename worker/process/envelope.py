"""The envelope of a message, checked. Whoever can write to the queue shall waste CPU at most, and not stop workers.

Celery and kombu trust the envelope of a message: a list where a record should be, or a time limit that is a word,
ends the worker that reads it, and then the next. Here the envelope is checked first, and what tasks have no use for
(dates, callbacks, time limits) is left out. The message itself is checked by the tasks (``tasks``, ``contract``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from celery.worker.strategy import default
from kombu.exceptions import DecodeError
from kombu.transport import TRANSPORT_ALIASES, redis
from kombu.utils.json import loads
from redis.exceptions import ExecAbortError, OutOfMemoryError, ReadOnlyError, RedisError

from models.errors import Transient
from worker.observe import tracing

MAX_MESSAGE = 16 << 20  # characters of an entry of the queue; the largest batch that the contract allows takes 13 M
BOUNCES = "narrator-bounces"  # header: how often a batch was put back because its keys are not those of this version

Park = Callable[[str, str, str], None]  # kind, message, reason

log = logging.getLogger("narrator.worker")


REFUSALS = (OutOfMemoryError, ReadOnlyError, ExecAbortError)  # of a Redis that is full, or no longer the master


class QoS(redis.QoS):
    """Acknowledgements that free their place also where Redis cannot be told of them.

    The message returns after the visibility timeout, and does nothing; but kept, it would fill its process's only
    place, and the worker would never take another.
    """

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge a message."""
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]
        except RedisError:
            self._quick_ack(delivery_tag)
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Give a message back, or throw it away."""
        try:
            super().reject(delivery_tag, requeue=requeue)  # type: ignore[no-untyped-call]
        except RedisError:
            self._quick_ack(delivery_tag)
            raise


def _bounded(text: str) -> Any:
    """Decode an entry of a queue. Raises ValueError before anything of one that is too large is looked at."""
    if len(text) > MAX_MESSAGE:
        raise ValueError(f"{len(text)} characters, more than {MAX_MESSAGE}")
    return loads(text)  # type: ignore[no-untyped-call]


class _Robust:
    """A channel that survives list entries which are no messages at all, and an outage of Redis."""

    QoS = QoS

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[misc]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            log.exception("an entry of the queue is no message, and was thrown away")
            return True


class Channel(_Robust, redis.Channel):
    """Such a channel over one Redis."""


class SentinelChannel(_Robust, redis.SentinelChannel):
    """Such a channel over the Redis that Sentinel calls the master."""


class Transport(redis.Transport):
    """Redis, with that channel. What names no task never becomes a message, so it need not be acknowledged either."""

    Channel = Channel
    # Connected anew until it passes: kombu would have the worker end. Celery reads this from the class.
    connection_errors = (*redis.Transport.connection_errors, *REFUSALS)

    def _deliver(self, message: Any, queue: str) -> None:
        if not isinstance(message["headers"]["task"], str):
            raise TypeError("the task's name is not a word")
        super()._deliver(message, queue)  # type: ignore[no-untyped-call]


class SentinelTransport(Transport):
    """The same behind Sentinel."""

    default_port: int = redis.SentinelTransport.default_port  # type: ignore[assignment]
    Channel = SentinelChannel  # type: ignore[assignment]


def guard_transport() -> None:
    """Have this process read its queues through that channel, and decode no entry that is too large."""
    redis.loads = _bounded  # type: ignore[assignment, attr-defined]  # kombu has no place for it
    for alias in ("redis", "rediss"):
        TRANSPORT_ALIASES[alias] = "worker.process.envelope:Transport"
    TRANSPORT_ALIASES["sentinel"] = "worker.process.envelope:SentinelTransport"


def strategy(park: Park, task: Any, app: Any, consumer: Any, **options: Any) -> Callable[..., Any]:
    """Celery's strategy for a task, behind a check of the envelope; what is unfit is parked and acknowledged."""
    inner = default(task, app, consumer, **options)

    def take(message: Any, body: Any, ack: Any, reject: Any, callbacks: Any, **more: Any) -> Any:
        reason = _unfit(message, body)
        if reason is None:
            message.headers = _envelope(message.headers)
            return inner(message, body, ack, reject, callbacks, **more)
        log.error("a message for %s was parked: %s", task.name, reason)
        with suppress(Transient):
            park(task.name, repr(message.body), reason)
        message.ack_log_error(log, consumer.connection_errors)
        return None

    return take


def _unfit(message: Any, body: Any) -> str | None:
    """The reason why an envelope is not ours; None where it is. Only protocol 2 is, whose body comes undecoded."""
    if body is not None:
        return "an old protocol"
    try:
        payload = message.payload
    except (DecodeError, RecursionError, ValueError, TypeError) as error:
        return f"cannot be decoded: {error}"
    if not isinstance(payload, list) or len(payload) != 3:
        return "the body is not [arguments, named arguments, options]"
    arguments, named, options = payload
    if not isinstance(arguments, list) or not isinstance(named, dict):
        return "the arguments are not a list and a record"
    if options is not None and (not isinstance(options, dict) or any(options.values())):
        return "callbacks and chains are not taken"
    if not isinstance(message.headers.get("id"), str):
        return "no task id"
    return None


def _envelope(headers: Mapping[str, Any]) -> dict[str, Any]:
    """The headers that a task of ours has a use for, and harmless values for those that Celery reads."""
    bounces = headers.get(BOUNCES, 0)
    return {
        "lang": "py",
        "task": headers["task"],
        "id": headers["id"][:100],
        "root_id": None,
        "parent_id": None,
        "group": None,
        "shadow": None,
        "eta": None,
        "expires": None,
        "retries": 0,
        "timelimit": [None, None],
        "argsrepr": "",
        "kwargsrepr": "",
        "origin": "",
        "ignore_result": True,
        BOUNCES: bounces if isinstance(bounces, int) else 0,
        tracing.HEADER: tracing.traceparent(headers),
    }
