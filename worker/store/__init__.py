"""Where objects live: the store is the cache and the truth. One protocol, two stores, one test suite over both."""

from __future__ import annotations

from worker.store.base import Store, StoredObject
from worker.store.open import open_store

__all__ = ["Store", "StoredObject", "open_store"]
