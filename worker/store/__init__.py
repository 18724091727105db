"""Where objects live: the store is the cache and the truth. One protocol, two stores, one test suite over both."""

from __future__ import annotations

from worker.store.base import Entry, Exists, Missing, Store, StoreRefused, StoreUnavailable, open_store

__all__ = ["Entry", "Exists", "Missing", "Store", "StoreRefused", "StoreUnavailable", "open_store"]
