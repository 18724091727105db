"""The watchdog beside a task: renews its leases, and ends a process whose engine no longer answers."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from types import TracebackType

from models.errors import Transient
from worker.contract.settings import Settings

TICK_SECONDS = 0.25  # completions are told to the ledger this often

log = logging.getLogger("narrator.worker")


class Watchdog:
    """A thread beside one task: calls ``tick`` four times a second and ``renew`` three times a lease.

    While inside ``watched()`` the engine has ``segment_seconds`` to come up with something, counted anew at every
    ``progress()``. After that ``end`` is called with the reason, and the process is killed: a native loop cannot be
    interrupted otherwise.
    """

    def __init__(
        self,
        settings: Settings,
        renew: Callable[[], None],
        tick: Callable[[], None] = lambda: None,
        end: Callable[[str], None] = lambda _reason: None,
    ) -> None:
        self._settings = settings
        self._renew = renew
        self._tick = tick
        self._end = end
        self._deadline: float | None = None
        self._over = threading.Event()
        # In the caller's context, so that what it logs and sends is known to belong to this batch.
        self._thread = threading.Thread(target=copy_context().run, args=(self._keep,), name="watchdog", daemon=True)

    def __enter__(self) -> Watchdog:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch a call into the front-end or the engine."""
        self.progress()
        try:
            yield
        finally:
            self._deadline = None

    def progress(self) -> None:
        """Note that the call that is watched got somewhere; by the thread that makes it."""
        self._deadline = time.monotonic() + self._settings.segment_seconds

    def _keep(self) -> None:
        renewed = time.monotonic()
        while not self._over.wait(TICK_SECONDS):
            now = time.monotonic()
            deadline = self._deadline
            if deadline is not None and now > deadline:
                self._kill()
            try:
                self._tick()
                if now - renewed > self._settings.lease_seconds / 3:
                    self._renew()
                    renewed = now
            except Transient as error:
                log.warning("%s", error)

    def _kill(self) -> None:
        reason = f"the engine gave nothing for {self._settings.segment_seconds:g} s (NARRATOR_SEGMENT_SECONDS)"
        log.critical("%s: this process ends", reason)
        try:
            self._end(reason)
        except Transient as error:  # then the leases lapse
            log.warning("%s", error)
        logging.shutdown()
        os.kill(os.getpid(), signal.SIGKILL)
