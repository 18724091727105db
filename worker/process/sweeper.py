"""A worker's housekeeping, in its main process: heartbeat, and sending what is due."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from models.errors import Transient
from worker.context import Sender
from worker.contract.settings import Settings
from worker.ledger.ledger import Ledger
from worker.ledger.records import WorkerInfo

log = logging.getLogger("narrator.worker")


class Sweeper(threading.Thread):
    """A thread that says, every ``sweep_seconds``, that the worker lives, and queues what the ledger has due.

    Any worker does it for all; the ledger hands each thing to one of them. Outlives outages of Redis.
    """

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        sender: Sender,
        info: WorkerInfo,
        swept: Callable[[bool], None] = lambda _away: None,
    ) -> None:
        """``swept`` is called after each round, with whether the broker was away."""
        super().__init__(name="sweeper", daemon=True)
        self._settings = settings
        self._ledger = ledger
        self._sender = sender
        self._info = info
        self._swept = swept
        self._over = threading.Event()
        self._away = False  # said once, not every few seconds

    def run(self) -> None:
        """Sweep until ``stop``."""
        while True:
            try:
                self._beat()
                self._said(away=False)
            except Transient as error:
                self._said(away=True, error=error)
            except Exception:  # housekeeping goes on whatever one round meets
                log.exception("a sweep failed")
            self._swept(self._away)
            if self._over.wait(self._settings.sweep_seconds):
                return

    def stop(self) -> None:
        """End, and be forgotten by the ledger at once."""
        self._over.set()
        self.join()
        try:
            self._ledger.farewell(self._info.name)
        except Transient as error:
            log.warning("%s", error)

    def _beat(self) -> None:
        self._ledger.heartbeat(self._info)
        batches, lessons = self._ledger.sweep()
        for batch in batches:
            log.info("%d segments of %s are queued again%s", len(batch.jobs), batch.bundle, ", alone" * batch.alone)
            self._sender.batch(batch)
        for lesson in lessons:
            self._sender.lesson(lesson)

    def _said(self, *, away: bool, error: Transient | None = None) -> None:
        if away and not self._away:
            log.warning("housekeeping waits: %s", error)
        elif self._away and not away:
            log.warning("housekeeping goes on")
        self._away = away
