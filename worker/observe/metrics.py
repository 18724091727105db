"""Counts of a worker's processes, for Prometheus; served by its main process on ``NARRATOR_METRICS_PORT``.

Each process keeps its counts in files of its own in one folder (prometheus_client's multiprocess mode), and the main
process adds them up when it is asked: a killed process loses nothing. Without a port nothing is written anywhere.
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server, values
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from models.errors import Permanent

FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def _own_folder() -> None:
    """A fresh folder for the counts of this worker, gone when it ends."""
    os.environ[FOLDER] = folder = tempfile.mkdtemp(prefix="narrator-metrics-")
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # not of a child
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)


if os.environ.get("NARRATOR_METRICS_PORT", "0") != "0" and FOLDER not in os.environ:
    _own_folder()
    # Chosen at the import, when the folder was not known yet.
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
RTF = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 5, 10)

# rendered, reused, failed; returned (given back unrendered), redrawn (spoken again: its sound was rejected)
SEGMENTS = Counter("narrator_segments", "Segments settled by this worker, by outcome.", ["bundle", "outcome"])
AUDIO = Counter("narrator_audio_seconds", "Seconds of audio rendered.", ["bundle"])
SYNTHESIS = Counter("narrator_synthesis_seconds", "CPU seconds spent in the engine; over audio: the RTF.", ["bundle"])
SEGMENT_RTF = Histogram("narrator_segment_rtf", "Real-time factor of each rendered segment.", ["bundle"], buckets=RTF)
STAGES = Histogram(
    "narrator_stage_seconds", "Seconds that a segment, batch or lesson spent in a stage.", ["stage"], buckets=SECONDS
)
LESSONS = Counter("narrator_lessons", "Lessons that assembly ended with, by outcome.", ["outcome"])


def rendered(bundle: str, audio: float, synthesis: float) -> None:
    """Count one segment's seconds of audio, and of CPU in the engine."""
    AUDIO.labels(bundle).inc(audio)
    SYNTHESIS.labels(bundle).inc(synthesis)
    SEGMENT_RTF.labels(bundle).observe(synthesis / audio)


class _Served(Collector):
    """The counts of the pool's processes, and then what the other collectors know."""

    def __init__(self, others: Iterable[Collector]) -> None:
        self._others = list(others)
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
        self._counted = counted

    def collect(self) -> Iterable[Metric]:
        """Yield all of it."""
        yield from self._counted.collect()
        for other in self._others:
            yield from other.collect()


def check_port(port: int) -> None:
    """Raise Permanent where somebody else listens there."""
    with socket.socket() as there:
        there.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            there.bind(("", port))
        except OSError as error:
            raise Permanent(f"NARRATOR_METRICS_PORT {port}: {error.strerror}: choose another port") from None


def serve_metrics(port: int, *others: Collector) -> Any:
    """Serve ``/metrics`` from a thread of this process; gives the server, whose ``socket`` a fork has to close."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Served(others))
    server, thread = start_http_server(port, registry=registry)
    assert isinstance(thread, threading.Thread)
    return server
