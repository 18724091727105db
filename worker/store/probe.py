"""Tries that a store can do what the system asks of it: what ``narrator doctor`` reports."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from models.errors import NarrationError
from worker.errors import Exists, Missing
from worker.store.base import Store

RACERS = 8  # threads that create one object at once
TEXT = b"written by narrator doctor; safe to delete"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; ``remedy`` is empty where ``ok``."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def probe(store: Store) -> list[Check]:
    """Write, read, list and delete under ``probe/`` in the store; stops at the first check that fails.

    A server that does not honour conditional writes is no fault: the detail says so, nothing depends on it.
    """
    folder = f"probe/{secrets.token_hex(8)}"
    steps: tuple[tuple[str, Callable[[Store, str], str]], ...] = (
        ("write", _write),
        ("conditional write", _conditional_write),
        ("read", _read),
        ("ranged read", _ranged_read),
        ("list", _list),
        ("delete", _delete),
    )
    checks = []
    for name, step in steps:
        try:
            checks.append(Check(name, True, step(store, folder)))
        except _Wrong as error:
            checks.append(Check(name, False, str(error), f"this server cannot serve as a store: {store.url}"))
            break
        except NarrationError as error:
            fault, _, remedy = str(error).rpartition(": ")
            checks.append(Check(name, False, fault or str(error), remedy))
            break
    return checks


class _Wrong(Exception):
    """The store answered, but not with what was stored."""


def _write(store: Store, folder: str) -> str:
    store.put(f"{folder}/object", TEXT, content_type="text/plain")
    return store.url


def _conditional_write(store: Store, folder: str) -> str:
    name = f"{folder}/raced"
    start = threading.Barrier(RACERS)

    def race(racer: int) -> bool:
        start.wait()
        try:
            store.create(name, b"%d" % racer)
        except Exists:
            return False
        return True

    with ThreadPoolExecutor(RACERS) as pool:
        won = sum(pool.map(race, range(RACERS)))
    if store.get(name)[0] not in [b"%d" % racer for racer in range(RACERS)]:
        raise _Wrong(f"{RACERS} writers of one object left something that none of them wrote")
    if won == 1:
        return f"honoured: 1 winner of {RACERS}"
    return f"not honoured: {won} winners of {RACERS}; work may be done twice, never wrongly"


def _read(store: Store, folder: str) -> str:
    if store.get(f"{folder}/object")[0] != TEXT:
        raise _Wrong("what was read is not what was written")
    try:
        store.get(f"{folder}/absent")
    except Missing:
        return f"{len(TEXT)} bytes"
    raise _Wrong("an object that was never written can be read")


def _ranged_read(store: Store, folder: str) -> str:
    with store.open(f"{folder}/object") as file:
        file.seek(11)
        if file.read(8) != TEXT[11:19]:
            raise _Wrong("a range of the object is not that range of what was written")
    return "8 bytes"


def _list(store: Store, folder: str) -> str:
    names = {f"{folder}/object", f"{folder}/raced"}
    if {entry.name for entry in store.list(f"{folder}/")} != names or store.existing(names) != names:
        raise _Wrong("objects just written are not listed")
    return f"{len(names)} objects"


def _delete(store: Store, folder: str) -> str:
    names = [f"{folder}/object", f"{folder}/raced"]
    store.delete(names)
    if store.existing(names):
        raise _Wrong("deleted objects are still there")
    return f"{len(names)} objects"
