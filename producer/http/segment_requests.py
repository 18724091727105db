"""Segments that requests wait for: from the store, or rendered for them.

    look in the store -> tell the ledger that somebody waits -> interactive queue -> a worker -> told -> from the store

One thread listens for all requests of this process; none of them asks Redis whether it is done. Two that wait for the
same sentence share it. What nobody waits for any more is taken back.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

from models.errors import NarrationError, Transient
from producer.errors import Busy, NoSound, Unfit
from producer.http.metrics import Counts
from producer.http.pace import BundlePace
from producer.run.connection import broker_faults
from worker.contract.messages import Job, LessonEntry, RenderBatch, interactive_queue, segment_name
from worker.contract.settings import Settings
from worker.errors import Missing
from worker.ledger import broker
from worker.ledger.waiting import Settled, WaitingLedger
from worker.store.base import Store

AHEAD = 3  # segments of one text that are asked for before they are due
SETTLED_SECONDS = 5.0  # one call to the ledger
CHECK_SECONDS = 5.0  # between looks at whether anything happens at all
SEND_AGAIN = 4  # looks, after which the message counts as lost
UNSERVED_SECONDS = 10.0  # without any worker for the queue


@dataclass(slots=True)
class _Wanted:
    """A segment on its way, and how many wait for it. ``told`` is why it was given up, or empty."""

    job: Job
    told: asyncio.Future[str]
    waiters: int = 0
    tending: asyncio.Task[None] | None = None
    seen: float = field(default_factory=time.monotonic)  # a worker for its queue


class Waiting:
    """The segments that requests of this process wait for."""

    def __init__(self, settings: Settings, store: Store, counts: Counts, *, most: int, patience: float) -> None:
        self._settings, self._store, self._counts = settings, store, counts
        self._most, self._patience = most, patience
        self._redis = broker.redis_client(settings)
        self._ledger = WaitingLedger(self._redis, settings)
        self._app = broker.connect(settings)
        self._wanted: dict[str, _Wanted] = {}
        self._paces: defaultdict[str, BundlePace] = defaultdict(BundlePace)  # by bundle
        self._progress: dict[str, float] = {}  # when a bundle's segment was done last, monotonic seconds
        self._background: set[asyncio.Task[Any]] = set()
        self._over = threading.Event()
        self._ears = threading.Thread(target=self._listen, name="ears", daemon=True)

    def start(self) -> None:
        """Begin to listen; in the event loop that requests run in."""
        self._loop = asyncio.get_running_loop()
        self._ears.start()

    def stop(self) -> None:
        """Listen no more."""
        self._over.set()
        with suppress(Transient):
            self._ledger.close()
        self._app.close()

    async def segments(self, entries: Sequence[LessonEntry]) -> AsyncGenerator[tuple[LessonEntry, bytes], None]:
        """Give each segment's WAV in order, as soon as it is there; the next few are on their way meanwhile.

        Raises Busy where the queue is full, Unfit where a segment cannot be spoken, Transient where nobody speaks it.
        """
        orders: deque[_Order] = deque()
        rest = iter(entries)
        try:
            for place, entry in enumerate(entries):
                while len(orders) <= AHEAD and (following := next(rest, None)):
                    orders.append(await self._order(following, first=following is entries[0]))
                    if place == 0 and orders[0].ready:
                        break
                yield entry, await orders[0].sound()
                orders.popleft().drop()
        finally:
            for order in orders:
                order.drop()

    async def all(self, entries: Sequence[LessonEntry]) -> list[tuple[LessonEntry, bytes]]:
        """Return every segment."""
        async with aclosing(self.segments(entries)) as found:
            return [pair async for pair in found]

    async def stored(self, key: str) -> bytes | None:
        """Return a segment's WAV, if it is in the store."""
        try:
            return (await asyncio.to_thread(self._store.get, segment_name(key)))[0]
        except Missing:
            return None

    # --- one segment
    async def _order(self, entry: LessonEntry, *, first: bool) -> _Order:
        """Look for a segment, and have it rendered where it is not there: its message is sent when this returns."""
        data = await self.stored(entry.key)
        if data is not None:
            self._counts.segments.labels("cached").inc()
            return _Order(self, data=data)
        wanted = self._wanted.get(entry.key)
        if wanted is None:
            job = Job(key=entry.key, segment=entry.segment)
            if first:
                bundle = job.segment.bundle
                self._paces[bundle].admit(self._pending(bundle), self._patience)
                await asyncio.to_thread(self._admit, bundle)
            wanted = self._wanted.setdefault(entry.key, _Wanted(job, self._loop.create_future()))
        wanted.waiters += 1
        order = _Order(self, wanted=wanted)
        if wanted.tending is None:
            wanted.tending = self._loop.create_task(self._tend(wanted))
            try:
                await asyncio.to_thread(self._send, wanted.job)
            except BaseException:
                order.drop()
                raise
        return order

    def _pending(self, bundle: str) -> int:
        """Count the bundle's segments that are waited for in this process."""
        return sum(not one.told.done() for one in self._wanted.values() if one.job.segment.bundle == bundle)

    def _admit(self, bundle: str) -> None:
        queue = interactive_queue(self._settings.queue_prefix, bundle)
        with broker_faults(self._settings):
            waiting = int(self._redis.llen(queue))
            if waiting >= self._most:
                serving = sum(one.processes for one in self._ledger.workers() if queue in one.queues)
                raise Busy(f"{waiting} segments wait already", min(60, math.ceil(waiting / max(serving, 1))))

    def _send(self, job: Job) -> None:
        with broker_faults(self._settings):
            self._ledger.want([job])
            queue = interactive_queue(self._settings.queue_prefix, job.segment.bundle)
            batch = RenderBatch(bundle=job.segment.bundle, jobs=(job,))
            broker.send_batch(self._app, self._settings, batch, to=queue)

    async def _tend(self, wanted: _Wanted) -> None:
        """Look after a segment: was it stored without a word, was its message lost, is there a worker?"""
        looks = 0
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            looks += 1
            with suppress(NarrationError):  # Redis or the store is away: the request's patience decides
                if await self.stored(wanted.job.key) is not None:
                    self._settle(Settled(wanted.job.key, ""))
                await asyncio.to_thread(self._check_served, wanted)
                if looks % SEND_AGAIN == 0:
                    await asyncio.to_thread(self._send, wanted.job)

    def _check_served(self, wanted: _Wanted) -> None:
        queue = interactive_queue(self._settings.queue_prefix, wanted.job.segment.bundle)
        if any(queue in worker.queues for worker in self._ledger.workers()):
            wanted.seen = time.monotonic()

    async def wait_for(self, wanted: _Wanted) -> bytes:
        """Wait for the segment's WAV, and return it.

        Who was let in keeps the place for as long as others' segments get done: patience ends when nothing does.
        """
        began = time.monotonic()
        while not wanted.told.done():
            deadline = self._patience + max(began, self._progress.get(wanted.job.segment.bundle, began))
            await asyncio.wait({wanted.told}, timeout=min(1.0, max(0.0, deadline - time.monotonic())))
            now = time.monotonic()
            if not wanted.told.done() and (now >= deadline or now - wanted.seen > CHECK_SECONDS + UNSERVED_SECONDS):
                self._counts.segments.labels("late").inc()
                raise NoSound(self._excuse(wanted, now))
        if reason := wanted.told.result():
            self._counts.segments.labels("failed").inc()
            raise Unfit(reason)
        self._counts.segments.labels("rendered").inc()
        data = await self.stored(wanted.job.key)
        if data is None:
            raise Transient("a segment was stored, and is gone: ask again")
        return data

    def _excuse(self, wanted: _Wanted, now: float) -> str:
        bundle = wanted.job.segment.bundle
        if now - wanted.seen > UNSERVED_SECONDS:
            queue = interactive_queue(self._settings.queue_prefix, bundle)
            return f"no worker serves queue {queue}. Start one: narrator worker --bundle {bundle}"
        return f"no worker had time for a segment within {self._patience:g} s: ask again later, or add workers"

    def leave(self, wanted: _Wanted) -> None:
        """Note that one fewer waits; when nobody does, the segment is taken back."""
        wanted.waiters -= 1
        if wanted.waiters or self._wanted.get(wanted.job.key) is not wanted:
            return
        del self._wanted[wanted.job.key]
        if wanted.tending:
            wanted.tending.cancel()
        task = self._loop.create_task(self._take_back(wanted.job))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _take_back(self, job: Job) -> None:
        with suppress(NarrationError):
            await asyncio.to_thread(self._ledger.unwant, [job])

    # --- listening
    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                for settled in self._ledger.settled(SETTLED_SECONDS):
                    self._loop.call_soon_threadsafe(self._settle, settled)
            except Transient:
                self._over.wait(1.0)

    def _settle(self, settled: Settled) -> None:
        wanted = self._wanted.get(settled.key)
        if wanted and not wanted.told.done():
            wanted.told.set_result(settled.reason)
            bundle, now = wanted.job.segment.bundle, time.monotonic()
            self._progress[bundle] = now
            self._paces[bundle].settled(now, self._pending(bundle))


class _Order:
    """One request's claim to a segment: its sound, or a place among those who wait for it."""

    def __init__(self, waiting: Waiting, *, data: bytes | None = None, wanted: _Wanted | None = None) -> None:
        self._waiting, self._data, self._wanted = waiting, data, wanted

    @property
    def ready(self) -> bool:
        """Tell whether there is nothing to wait for."""
        return self._data is not None

    async def sound(self) -> bytes:
        """Wait for the segment's WAV, and return it."""
        if self._data is None:
            assert self._wanted is not None
            self._data = await self._waiting.wait_for(self._wanted)
        return self._data

    def drop(self) -> None:
        """Wait no more."""
        if self._wanted:
            self._waiting.leave(self._wanted)
            self._wanted = None
