"""Collect what no lesson refers to: segments, plans, former parts of lessons.

Roots are the manifests in the store, and every plan that was written lately: a run begins by writing the plans of its
lessons, again where they are there. So the store alone tells what is wanted, and what is younger than the age stays.
Should a run that is just being planned count on a segment that goes at this moment, its lesson's assembly misses it and
has it rendered again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic_core import from_json

from models.errors import Permanent
from worker.contract.manifest import MANIFEST
from worker.contract.messages import lesson_folder
from worker.errors import Missing
from worker.store.base import Entry, Store

AGE_DAYS: Final = 7.0  # as long as the ledger remembers a run
READS: Final = 16  # manifests and plans read at once
DELETES: Final = 1000  # names in one call
KINDS: Final = ("segments", "plans", "lessons")  # folders of the store, in the order in which they are swept
_ID = re.compile(r"/([0-9a-f]{64})\.(?:wav|json)$")


@dataclass(slots=True)
class Garbage:
    """What was found: names by kind ("segments", "plans", "lessons": parts of lessons), and the bytes of all."""

    names: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    size: int = 0
    kept: int = 0  # objects that a lesson or a run refers to, or that are too young

    def __len__(self) -> int:
        return sum(map(len, self.names.values()))


@dataclass(slots=True)
class _Roots:
    keys: set[bytes] = field(default_factory=set)
    plans: set[bytes] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)


def find(store: Store, age_days: float = AGE_DAYS, *, now: float | None = None) -> Garbage:
    """What no lesson and no recent plan refers to, older than ``age_days``. Deletes nothing.

    Raises Permanent where a manifest or a recent plan cannot be read: then nobody can tell what is wanted.
    """
    oldest = (time.time() if now is None else now) - age_days * 86_400
    found = Garbage()
    lessons = list(store.list("lessons/"))  # before the roots are read: what comes later is young
    plans = list(store.list("plans/"))
    roots = _roots(store, lessons, (entry for entry in plans if entry.modified >= oldest))
    for kind, entries in (("segments", store.list("segments/")), ("plans", plans), ("lessons", lessons)):
        for entry in entries:
            if entry.modified >= oldest or _is_wanted(kind, entry.name, roots):
                found.kept += 1
            else:
                found.names[kind].append(entry.name)
                found.size += entry.size
    return found


def collect(store: Store, garbage: Garbage) -> None:
    """Delete it. Plans go before the segments that they name, so no plan is left whose segments were collected."""
    for kind in ("plans", "lessons", "segments"):
        names = garbage.names[kind]
        for first in range(0, len(names), DELETES):
            store.delete(names[first : first + DELETES])


def prune(store: Store, lessons: Iterable[tuple[str, str]]) -> int:
    """Remove finished lessons, each manifest before its parts; segments stay for ``collect``. Gives how many."""
    removed = 0
    for course, lesson in lessons:
        folder = lesson_folder(course, lesson)
        store.delete([folder + MANIFEST])
        store.delete([entry.name for entry in store.list(folder)])
        removed += 1
    return removed


def _is_wanted(kind: str, name: str, roots: _Roots) -> bool:
    if kind == "lessons":
        return name in roots.parts
    named = _ID.search(name)
    if named is None:
        return True  # not ours: somebody else put it there
    return bytes.fromhex(named[1]) in (roots.keys if kind == "segments" else roots.plans)


def _roots(store: Store, lessons: Iterable[Entry], plans: Iterable[Entry]) -> _Roots:
    roots = _Roots()
    manifests = (entry.name for entry in lessons if entry.name.endswith(f"/{MANIFEST}"))
    for name, record in _records(store, manifests):
        folder = name.removesuffix(MANIFEST)
        roots.parts.update((name, *(folder + part["name"] for part in record["parts"])))
        roots.plans.add(bytes.fromhex(record["plan"]))
        roots.keys.update(bytes.fromhex(cue["key"]) for cue in record["cues"])
    for name, record in _records(store, (entry.name for entry in plans)):
        roots.plans.add(bytes.fromhex(name.rpartition("/")[2].removesuffix(".json")))
        roots.keys.update(bytes.fromhex(entry["key"]) for entry in record["entries"])
    return roots


def _records(store: Store, names: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Names and what they hold; an object that vanished meanwhile refers to nothing."""

    def read(name: str) -> tuple[str, Any]:
        try:
            return name, _checked(store, name)
        except Missing:
            return name, None

    wanted = list(names)
    with ThreadPoolExecutor(READS) as pool:
        for first in range(0, len(wanted), READS * 8):  # not all in memory at once
            for name, record in pool.map(read, wanted[first : first + READS * 8]):
                if record is not None:
                    yield name, record


def _checked(store: Store, name: str) -> Any:
    """A manifest or plan as far as the roots need it. Raises Permanent where it is neither."""
    try:
        record = from_json(store.get(name)[0], cache_strings="keys")
        keys = [one["key"] for one in record["cues" if name.endswith(MANIFEST) else "entries"]]
        ids = [*keys, record["plan"]] if name.endswith(MANIFEST) else keys
        if not all(_ID.search(f"/{one}.json") for one in ids):
            raise ValueError("an id is not 64 hex digits")
        for part in record.get("parts", ()):
            part["name"].encode()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Permanent(
            f"{store.url}: {name} cannot be read ({error}), so nobody can tell what it refers to: nothing was deleted. "
            "Submit that lesson again, or delete the file"
        ) from None
    return record
