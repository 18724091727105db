"""The leases of a batch while it is rendered, its uploads under way, and what the ledger must be told."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future, wait
from contextlib import suppress

from models.errors import NarrationError, Permanent, Transient
from worker.context import ProcessContext
from worker.ledger.records import Completed
from worker.observe import logs, metrics

STORE_DELAY, STORE_TRIES = 15.0, 3  # a store that refuses: full, denied; about two minutes to mend it
AWAY_DELAY = 10.0  # a store that does not answer is tried for ever

log = logging.getLogger("narrator.worker")


class BatchLeases:
    """The leases of one batch. Used by the thread that renders and by the watchdog's, which tells the ledger.

    A key leaves once: told as stored, given up, or given back.
    """

    def __init__(self, tokens: dict[str, str], context: ProcessContext, bundle: str) -> None:
        """``bundle`` is what the segments are counted under."""
        self._tokens = dict(tokens)
        self._context = context
        self._ledger = context.ledger
        self._bundle = bundle
        self._stored: list[Completed] = []
        self._uploads: dict[str, Future[Completed]] = {}
        self._lock = threading.Lock()  # of all three

    def keys(self) -> set[str]:
        """The keys that are not settled yet."""
        with self._lock:
            return set(self._tokens)

    def reuse(self, keys: Iterable[str]) -> None:
        """Note that these are in the store already."""
        with self._lock:
            self._stored += [Completed(key, self._tokens[key], "reused") for key in keys if key in self._tokens]

    def upload(self, key: str, upload: Future[Completed]) -> None:
        """Note that this one is on its way to the store."""
        with self._lock:
            self._uploads[key] = upload

    def token(self, key: str) -> str:
        """The key's token."""
        with self._lock:
            return self._tokens[key]

    def finish(self) -> None:
        """Wait for the uploads, and tell the ledger. Raises Transient where it does not answer."""
        with self._lock:
            uploads = list(self._uploads.values())
        wait(uploads)
        self._context.patiently(self.report)

    def report(self) -> None:
        """Tell the ledger what is stored by now, in one call, and send the lessons that became ready."""
        self._collect()
        with self._lock:
            done, self._stored = self._stored, []
        if not done:
            return
        try:
            ready = self._ledger.complete(done)
        except Transient:
            with self._lock:
                self._stored += done
            raise
        self._take(completed.key for completed in done)
        for outcome, number in Counter(completed.outcome for completed in done).items():
            self._count(outcome, number)
        for lesson in ready:
            with suppress(Transient):  # a sweep sends it again
                self._context.sender.lesson(lesson)

    def renew(self) -> None:
        """Renew the leases."""
        with self._lock:
            tokens = dict(self._tokens)
        self._ledger.renew(tokens)

    def fail(self, key: str, reason: str) -> None:
        """Give a segment up."""
        for taken, token in self._take([key]).items():
            with logs.about(key=key):
                log.warning("a segment is given up: %s", reason)
            self._count("failed", 1)
            self._context.patiently(self._ledger.fail, taken, token, reason)

    def release(self, keys: Iterable[str], reason: str, delay: float, limit: int = 0, version: str = "") -> None:
        """Give segments back; see ``WorkLedger.release``."""
        self._return(keys, reason=reason, delay=delay, limit=limit, version=version)

    def give_back(self, keys: Iterable[str], error: NarrationError) -> None:
        """Give segments back after the store failed: a fault of the deployment, not of the segments."""
        if isinstance(error, Permanent):
            self.release(keys, str(error), STORE_DELAY, STORE_TRIES)
        else:
            self.release(keys, str(error), AWAY_DELAY)

    def suspect(self, reason: str) -> None:
        """Give back those not spoken yet, any of which may be to blame for what happened: each comes back alone."""
        with self._lock:
            spoken = {*self._uploads, *(completed.key for completed in self._stored)}
            unspoken = [key for key in self._tokens if key not in spoken]
        taken = self._take(unspoken)
        self._count("returned", len(taken))
        self._ledger.suspect(taken, reason)

    def release_rest(self) -> None:
        """Give back whatever is not settled, to be queued again at once."""
        with suppress(Transient):  # then the leases lapse, and a sweep finds what was stored
            self._return(self.keys())

    def _return(
        self, keys: Iterable[str], *, reason: str = "", delay: float = 0.0, limit: int = 0, version: str = ""
    ) -> None:
        taken = self._take(keys)
        self._count("returned", len(taken))
        self._ledger.release(taken, reason=reason, delay=delay, limit=limit, version=version)

    def _count(self, outcome: str, number: int) -> None:
        metrics.SEGMENTS.labels(self._bundle, outcome).inc(number)

    def _collect(self) -> None:
        """Take note of the uploads that ended."""
        with self._lock:
            ended = {key: upload for key, upload in self._uploads.items() if upload.done()}
            for key in ended:
                del self._uploads[key]
            errors = {key: upload.exception() for key, upload in ended.items()}
            self._stored += [upload.result() for key, upload in ended.items() if errors[key] is None]
        for key, error in errors.items():
            if isinstance(error, NarrationError):
                self.give_back([key], error)
            elif error is not None:
                self._ledger.suspect(self._take([key]), f"{type(error).__name__}: {error}")

    def _take(self, keys: Iterable[str]) -> dict[str, str]:
        """Take out the tokens of these keys, which are settled with that."""
        with self._lock:
            return {key: self._tokens.pop(key) for key in list(keys) if key in self._tokens}
