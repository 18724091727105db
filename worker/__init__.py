"""The far side of the queue: leases, rendering, the store, assembly."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    """Give ``celery -A worker worker`` its configured Celery, made at that: importing ``worker`` stays light."""
    if name == "celery":
        from worker.process.celery_app import make_app

        globals()["celery"] = make_app()  # one, however often it is asked for
        return globals()["celery"]
    raise AttributeError(f"module 'worker' has no attribute {name!r}")
