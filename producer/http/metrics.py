"""Counts of the API for Prometheus; queues and workers are ``worker.ledger.gauges``."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Counts:
    """Counters of one app, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "narrator_http_requests",
            "Requests, by route and status.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "narrator_http_request_seconds", "Seconds until a response began.", ["route"], buckets=SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self.segments = Counter(
            "narrator_http_segments", "Segments asked for, by outcome: cached, rendered, failed, late.", ["outcome"],
            registry=self.registry,
        )  # fmt: skip
        self.first_audio = Histogram(
            "narrator_http_first_audio_seconds", "Seconds from a text to its first sound.", buckets=SECONDS,
            registry=self.registry,
        )  # fmt: skip
