"""Fifty clients at once, and bulk work beside them: everybody is answered, and the bulk work ends meanwhile."""

from __future__ import annotations

import asyncio
from itertools import count
from pathlib import Path

import httpx

from tests.integration.http.conftest import deployed
from tests.integration.submission import wait_for
from worker.ledger.ledger import Ledger

CLIENTS = 50
BULK = 20  # sentences of 0.05 s


async def keep_asking(url: str, busy: asyncio.Event, answers: list[int]) -> None:
    """Every client asks for a sentence of its own, again and again, until the bulk work is done."""
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=httpx.Limits(max_connections=CLIENTS)) as api:

        async def client(name: int) -> None:
            for turn in count():
                asked = {"text": f"Slow are client {name} and turn {turn}.", "speaker_id": "tiny/one"}
                answers.append((await api.post("/tts", json=asked)).status_code)
                if busy.is_set():
                    return

        await asyncio.gather(*map(client, range(CLIENTS)))


async def until_done(ledger: Ledger, run: str, done: asyncio.Event) -> None:
    while True:
        progress = await asyncio.to_thread(ledger.progress, run)
        if progress is not None and progress.state == "done":
            done.set()
            return
        await asyncio.sleep(0.1)


def test_fifty_clients_and_bulk_work(tmp_path: Path) -> None:
    with deployed(
        tmp_path, NARRATOR_API_REQUESTS_PER_MINUTE="0", NARRATOR_API_CHARACTERS_PER_MINUTE="0", ODD_SLOW_SECONDS="0.05"
    ) as there:
        answers: list[int] = []

        async def together() -> None:
            done = asyncio.Event()
            asking = asyncio.create_task(keep_asking(there.url, done, answers))
            while len(answers) < CLIENTS // 2:  # the queue is long by now
                await asyncio.sleep(0.05)
            text = "---\nvoice: tiny/one\n---\n\n" + "\n\n".join(f"Slow bulk number {n}." for n in range(BULK))
            async with httpx.AsyncClient(base_url=there.url, timeout=60) as api:
                run = (await api.post("/v1/lessons", json={"text": text, "lesson": "bulk"})).json()["run"]
            await asyncio.wait_for(until_done(there.ledger, run, done), 90)
            await asking

        asyncio.run(together())
        assert set(answers) == {200}
        assert len(answers) >= 2 * CLIENTS - CLIENTS // 2
        wait_for(lambda: there.ledger.in_flight() == 0)
