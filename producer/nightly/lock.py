"""A lock that two nights never hold at once, kept in the store, where the work is: no Redis is needed for it.

It is an object with an expiry, renewed by a thread while its holder lives; a holder that was killed blocks nobody for
longer than EXPIRY. Clocks may differ by less than EXPIRY / 2. On a server that ignores conditional writes two runs
that begin within the same instant both get it: segments are leased one by one, so even then nothing is rendered twice.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
from contextlib import suppress
from types import TracebackType

from models.errors import Transient
from producer.errors import Locked
from worker.errors import Exists, Missing
from worker.store.base import Store

EXPIRY = 600.0  # seconds after which a lock that nobody renewed is free


class StoreLock:
    """A context manager that holds ``locks/<name>.json`` of a store. Raises Locked where somebody else does."""

    def __init__(self, store: Store, name: str, *, expiry: float = EXPIRY) -> None:
        self._store = store
        self._name = f"locks/{name}.json"
        self._expiry = expiry
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._tag = ""
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lock", daemon=True)

    def __enter__(self) -> StoreLock:
        try:
            self._tag = self._store.create(self._name, self._content(), content_type="application/json")
        except Exists:
            self._tag = self._take_over()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()
        with suppress(Exists, Missing, Transient):  # lost, or the store is away: it expires
            self._store.replace(self._name, self._content(until=0.0), self._tag, content_type="application/json")

    @property
    def lost(self) -> bool:
        """Tell whether the store was away for so long that somebody else has taken the lock."""
        return not self._tag

    def _take_over(self) -> str:
        try:
            data, tag = self._store.get(self._name)
        except Missing:  # just released by an older version
            return self._store.create(self._name, self._content(), content_type="application/json")
        until, holder = _read(data)
        left = until - time.time()
        if left > 0:
            raise Locked(
                f"another run holds {self._name} in {self._store.url} ({holder}): it goes on, or it was killed and "
                f"the lock is free in {left:.0f} s"
            )
        try:
            return self._store.replace(self._name, self._content(), tag, content_type="application/json")
        except Exists:
            raise Locked(f"another run took {self._name} in {self._store.url} at this moment") from None

    def _content(self, until: float | None = None) -> bytes:
        end = time.time() + self._expiry if until is None else until
        return json.dumps({"holder": self._holder, "until": round(end, 3)}).encode()

    def _keep(self) -> None:
        while not self._end.wait(self._expiry / 5):
            try:
                self._tag = self._store.replace(self._name, self._content(), self._tag, content_type="application/json")
            except (Exists, Missing):
                self._tag = ""
                return
            except Transient:
                continue  # four more tries before it expires


def _read(data: bytes) -> tuple[float, str]:
    """Read until when it holds, and whose it is; a lock that cannot be read is nobody's."""
    try:
        content = json.loads(data)
        return float(content["until"]), str(content["holder"])
    except (ValueError, KeyError, TypeError):
        return 0.0, ""
