"""The HTTP API: how long a text waits for its first sound, and what fifty clients get."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx

from tests.benchmarks.courses import sentences
from tests.integration.http.conftest import Deployment, deployed

UNLIMITED = {"NARRATOR_API_REQUESTS_PER_MINUTE": "0", "NARRATOR_API_CHARACTERS_PER_MINUTE": "0"}
CLIENTS = 50
BULK = 300  # sentences


def main(texts: str = "12", turns: str = "4") -> None:
    """Kokoro with two worker processes; then the tiny voice and fifty clients."""
    with tempfile.TemporaryDirectory() as folder:
        kokoro = deployed(Path(folder), module="worker", queues="kokoro,assemble", processes=2, **UNLIMITED)
        with kokoro as there, httpx.Client(base_url=there.url, timeout=120) as api:
            text = sentences()
            first_sounds(api, text, 2)  # the engines load
            idle = first_sounds(api, text, int(texts))
            run = submit(api, list(itertools.islice(text, BULK)), "")
            time.sleep(5)
            before = api.get(f"/v1/runs/{run}").json()["rendered"]
            busy = first_sounds(api, text, int(texts))
            after = api.get(f"/v1/runs/{run}").json()["rendered"]
            print(f"first sound, Kokoro, alone:    {summed_up(idle)}")
            print(f"first sound, beside bulk work: {summed_up(busy)}; {after - before} bulk segments meanwhile")
    with tempfile.TemporaryDirectory() as folder:
        with deployed(Path(folder), module="worker", processes=2, **UNLIMITED) as there:
            fifty(there, int(turns))


def first_sounds(api: httpx.Client, text: Iterator[str], count: int) -> list[float]:
    """Seconds to the first sound of texts of three new sentences, one after the other."""
    found = []
    for _ in range(count):
        asked = {
            "model": "x",
            "voice": "default",
            "input": " ".join(itertools.islice(text, 3)),
            "response_format": "pcm",
        }
        began = time.perf_counter()
        with api.stream("POST", "/v1/audio/speech", json=asked) as response:
            response.raise_for_status()
            sounds = response.iter_raw()
            next(sounds)
            found.append(time.perf_counter() - began)
            for _ in sounds:
                pass
    return found


def submit(api: httpx.Client, text: Sequence[str], voice: str) -> str:
    head = f"---\nvoice: {voice}\n---\n\n" if voice else ""
    made = api.post("/v1/lessons", json={"text": head + "\n\n".join(text), "lesson": "bulk"}).raise_for_status()
    return str(made.json()["run"])


def fifty(there: Deployment, turns: int) -> None:
    """Each asks for a sentence of its own, ``turns`` times, while a lesson is narrated."""
    with httpx.Client(base_url=there.url, timeout=60) as api:
        run = submit(api, [f"Bulk {sentence}" for sentence in itertools.islice(sentences(), 10 * BULK)], "tiny/one")
        before = api.get(f"/v1/runs/{run}").json()["rendered"]

        async def clients() -> list[float]:
            async with httpx.AsyncClient(base_url=there.url, timeout=120) as asking:

                async def client(name: int) -> list[float]:
                    took = []
                    for turn in range(turns):
                        began = time.perf_counter()
                        asked = {"text": f"Client {name} and turn {turn}.", "speaker_id": "tiny/one"}
                        (await asking.post("/tts", json=asked)).raise_for_status()
                        took.append(time.perf_counter() - began)
                    return took

                return list(itertools.chain(*await asyncio.gather(*map(client, range(CLIENTS)))))

        began = time.perf_counter()
        took = asyncio.run(clients())
        seconds = time.perf_counter() - began
        after = api.get(f"/v1/runs/{run}").json()["rendered"]
        print(f"tiny voice, {CLIENTS} clients: {len(took) / seconds:.0f} texts/s, {summed_up(took)} each; no error; "
              f"{(after - before) / seconds:.0f} bulk segments/s meanwhile")  # fmt: skip


def summed_up(seconds: Sequence[float]) -> str:
    return f"median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s"
