"""Where objects live: the store is the cache and the truth. One protocol, two stores, one test suite over both."""

from __future__ import annotations

from worker.store.base import Entry, Store, open_store

__all__ = ["Entry", "Store", "open_store"]
