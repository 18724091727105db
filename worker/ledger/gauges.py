"""Gauges of what is waiting and who serves it, read from Redis when Prometheus asks: queues, leases, workers.

Any process may tell, and all tell the same: dashboards take the maximum.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis import RedisError

from models.errors import Transient
from worker.contract.settings import Settings
from worker.ledger.broker import unacked_key
from worker.ledger.ledger import Ledger

KEPT_SECONDS = 2.0  # scrapes in quick succession are answered from the last look


class Gauges(Collector):
    """The state of one namespace. ``queues`` are named even while they are empty; others once a worker serves them."""

    def __init__(self, redis: Any, settings: Settings, queues: Iterable[str] = ()) -> None:
        self._redis = redis
        self._settings = settings
        self._queues = set(queues)
        self._ledger = Ledger(redis, settings)
        self._kept: tuple[float, list[Metric]] = (-KEPT_SECONDS, [])

    def describe(self) -> Iterable[Metric]:
        """No metrics: asking Redis at registration would make a start depend on it."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield all of it; only ``narrator_redis_up`` where Redis does not answer."""
        at, metrics = self._kept
        if time.monotonic() - at >= KEPT_SECONDS:
            try:
                metrics = [_gauge("narrator_redis_up", "Whether Redis answers.", 1.0), *self._look()]
            except (Transient, RedisError):
                metrics = [_gauge("narrator_redis_up", "Whether Redis answers.", 0.0)]
            self._kept = (time.monotonic(), metrics)
        yield from metrics

    def _look(self) -> Iterator[Metric]:
        workers = self._ledger.workers()
        self._queues.update(queue for worker in workers for queue in worker.queues)
        names = sorted(self._queues)
        prefix = self._settings.redis_prefix
        asked = self._redis.pipeline(transaction=False)
        for name in names:
            asked.llen(name)
        asked.hlen(unacked_key(self._settings)).zcard(f"{prefix}:jobs").zcard(f"{prefix}:ready")
        asked.llen(f"{prefix}:rejected").hgetall(f"{prefix}:totals").info("memory")
        *lengths, unacked, leases, ready, rejected, totals, memory = asked.execute()

        depth = GaugeMetricFamily("celery_queue_length", "Messages waiting in a queue.", labels=["queue"])
        serving = GaugeMetricFamily("narrator_queue_processes", "Live processes that serve a queue.", labels=["queue"])
        for name, length in zip(names, lengths, strict=True):
            depth.add_metric([name], length)
            serving.add_metric([name], sum(worker.processes for worker in workers if name in worker.queues))
        yield depth
        yield serving
        yield _gauge("narrator_workers", "Live workers, by heartbeat.", len(workers))
        yield _gauge("narrator_unacked_messages", "Messages taken and not yet acknowledged.", unacked)
        yield _gauge("narrator_leases", "Segments leased, or parked until they are queued again.", leases)
        yield _gauge("narrator_ready_lessons", "Lessons whose segments are there and that are not assembled.", ready)
        yield _gauge("narrator_rejected_messages", "Messages parked because they are none of ours.", rejected)
        yield _gauge("narrator_redis_memory_bytes", "Memory that Redis uses.", memory["used_memory"])
        for name, what in (
            ("quarantined", "Segments given up, with the reason in their run."),
            ("cache_hits", "Segments that submissions found in the store."),
            ("cache_misses", "Segments that submissions did not find in the store."),
        ):
            yield CounterMetricFamily(f"narrator_{name}", what, value=float(totals.get(name, 0)))


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value=value)
