"""Collect what no lesson refers to: segments, plans, former parts of lessons.

Roots are the manifests in the store, and every plan that was written lately: a run begins by writing the plans of its
lessons, again where they are there. So the store alone tells what is wanted, and what is younger than the age stays.
Should a run that is just being planned count on a segment that goes at this moment, its lesson's assembly misses it and
has it rendered again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, TypeVar

from pydantic_core import from_json

from models.errors import Permanent
from worker.contract.messages import lesson_folder
from worker.errors import Missing
from worker.store import manifests
from worker.store.base import Store, StoredObject

AGE_DAYS: Final = 7.0  # as long as the ledger remembers a run
READS: Final = 16  # manifests and plans read at once
DELETES: Final = 1000  # names in one call
KINDS: Final = ("segments", "plans", "lessons")  # folders of the store, in the order in which they are swept
_ID = re.compile(r"/([0-9a-f]{64})\.(?:wav|json)$")


T = TypeVar("T")


@dataclass(slots=True)
class Garbage:
    """Names that nothing refers to, by kind ("segments", "plans", "lessons": parts of lessons), and their bytes."""

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
    """Find what no lesson and no recent plan refers to, older than ``age_days``. Deletes nothing.

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
    """Delete what was found. Plans go before the segments that they name, so no plan is left without its segments."""
    for kind in ("plans", "lessons", "segments"):
        names = garbage.names[kind]
        for first in range(0, len(names), DELETES):
            store.delete(names[first : first + DELETES])


def prune(store: Store, lessons: Iterable[tuple[str, str]]) -> int:
    """Remove finished lessons, each manifest before its parts; segments stay for ``collect``. Gives how many."""
    removed = 0
    for course, lesson in lessons:
        folder = lesson_folder(course, lesson)
        store.delete([manifests.manifest_name(course, lesson)])
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


def _roots(store: Store, lessons: Iterable[StoredObject], plans: Iterable[StoredObject]) -> _Roots:
    roots = _Roots()
    names = (entry.name for entry in lessons if manifests.is_manifest(entry.name))
    for name, outline in _read_all(store, names, manifests.outline):
        roots.parts.update((name, *outline.parts))
        roots.plans.add(bytes.fromhex(outline.plan))
        roots.keys.update(map(bytes.fromhex, outline.keys))
    for name, keys in _read_all(store, (entry.name for entry in plans), _plan_keys):
        roots.plans.add(bytes.fromhex(name.rpartition("/")[2].removesuffix(".json")))
        roots.keys.update(map(bytes.fromhex, keys))
    return roots


def _read_all(store: Store, names: Iterable[str], read: Callable[[Store, str], T]) -> Iterator[tuple[str, T]]:
    """Yield names and what they hold; an object that vanished meanwhile refers to nothing."""

    def found(name: str) -> T | None:
        try:
            return read(store, name)
        except Missing:
            return None
        except Permanent as error:
            raise Permanent(
                f"{error}. Nobody can tell what it refers to, so nothing was deleted: submit that lesson again, or "
                "delete the file"
            ) from None

    wanted = list(names)
    with ThreadPoolExecutor(READS) as pool:
        for first in range(0, len(wanted), READS * 8):  # not all in memory at once
            some = wanted[first : first + READS * 8]
            for name, held in zip(some, pool.map(found, some), strict=True):
                if held is not None:
                    yield name, held


def _plan_keys(store: Store, name: str) -> list[str]:
    """Return the keys of a plan's segments, as far as the roots need it. Raises Missing, Permanent."""
    data, _ = store.get(name)
    try:
        keys = [one["key"] for one in from_json(data, cache_strings="keys")["entries"]]
        if not all(_ID.search(f"/{one}.json") for one in [*keys, name.rpartition("/")[2].removesuffix(".json")]):
            raise ValueError("an id is not 64 hex digits")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Permanent(f"{store.url}: {name} cannot be read: {error}") from None
    return keys
