"""The service behind the routes: settings, store, ledger, voices, and the segments that are waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from models.catalog import Catalogue
from producer.http.access import Access
from producer.http.metrics import Counts
from producer.http.segment_requests import Waiting
from producer.http.settings import ApiSettings
from producer.http.text_segments import Script
from producer.lessons.options import NarrationOptions
from worker.contract.messages import LessonEntry, interactive_queue
from worker.contract.settings import Settings
from worker.ledger.broker import redis_client
from worker.ledger.gauges import Gauges
from worker.ledger.ledger import Ledger
from worker.store.open import open_store


class Service:
    """The service that all routes share; one a process."""

    def __init__(self, settings: Settings, options: ApiSettings) -> None:
        self.settings, self.options = settings, options
        self.store = open_store(settings)
        self.redis = redis_client(settings)
        self.ledger = Ledger(self.redis, settings)
        self.counts = Counts()
        self.access = Access(options)
        catalogue = Catalogue.load(settings.voices_dir)
        for name in options.voices.values():
            catalogue.find(name)
        self.script = Script(catalogue, options.voices, settings)
        self.waiting = Waiting(settings, self.store, self.counts, most=options.max_waiting, patience=options.patience)
        bundles = {voice.bundle for voice in catalogue.voices if catalogue.installed(voice)}
        queues = [interactive_queue(settings.queue_prefix, bundle) for bundle in sorted(bundles)]
        self.gauges = Gauges(self.redis, settings, queues)
        self.counts.registry.register(self.gauges)

    async def segments(self, caller: str, text: str, options: NarrationOptions) -> tuple[LessonEntry, ...]:
        """Cut a text to be spoken now into segments, within the caller's limits. Raises Unfit, Busy, HTTPException."""
        most = self.options.max_characters
        if len(text) > most:
            raise HTTPException(413, f"{len(text)} characters: at most {most} at once; POST /v1/lessons takes more")
        self.access.speak(caller, len(text))
        return await asyncio.to_thread(self.script.segments, text, options)

    def depths(self, queues: Iterable[str]) -> dict[str, int]:
        """Count the messages waiting in each of these queues. Blocks."""
        return {queue: int(self.redis.llen(queue)) for queue in sorted(set(queues))}

    def first_audio(self, began: float) -> None:
        """Note that a text's first sound is there."""
        self.counts.first_audio.observe(time.monotonic() - began)


def _service(connection: HTTPConnection) -> Service:
    service: Service = connection.app.state.service
    return service


Shared = Annotated[Service, Depends(_service)]
