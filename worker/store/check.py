"""Checks that the store still holds what was put there: every byte is read and hashed again.

    segments/    the sound decodes, is the one that its record has the digest of, and is the one that its name says
    plans/       the content's digest is the name
    lessons/     every part that a manifest names is there, with its size and sha256

What no manifest names (parts of earlier versions, of a lesson under way) is nobody's damage, and is not read.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from pydantic import ValidationError

from models.errors import Permanent
from worker.audio.wav import unpack
from worker.contract.manifest import LessonPart
from worker.contract.messages import LessonPlan, lesson_folder, plan_name, segment_name
from worker.errors import DamagedAudio, Missing, UnreadableManifest
from worker.store import manifests
from worker.store.base import Store, StoredObject

READERS: Final = 8  # objects read at once
BLOCK: Final = 1 << 20  # bytes of a lesson's part hashed at once

RENDER_AGAIN: Final = "delete it, then submit the lessons that use it again"
ASSEMBLE_AGAIN: Final = "delete the lesson's manifest.json, then submit the lesson again: it is assembled anew"


@dataclass(frozen=True, slots=True)
class Damage:
    """An object that is not what it must be. ``delete`` is what to delete, so that the next run makes it anew."""

    name: str
    reason: str
    remedy: str
    delete: str


@dataclass(frozen=True, slots=True)
class Looked:
    """An object, or a lesson with its parts, that was looked at."""

    size: int  # bytes
    damage: tuple[Damage, ...] = ()


def contents(store: Store) -> list[StoredObject]:
    """List what there is to verify: segments, plans, and of the lessons their manifests and parts."""
    return [entry for kind in ("segments/", "plans/", "lessons/") for entry in store.list(kind)]


def verify(store: Store, entries: Iterable[StoredObject]) -> Iterator[Looked]:
    """Read the objects again, several at once; objects deleted meanwhile are nobody's damage.

    Lessons come last, each as one. Raises StoreUnavailable where the store does not answer.
    """
    sizes: dict[str, int] = {}  # of lessons' objects
    lessons: list[StoredObject] = []  # their manifests
    single: list[StoredObject] = []
    for entry in entries:
        if not entry.name.startswith("lessons/"):
            single.append(entry)
        else:
            sizes[entry.name] = entry.size
            if manifests.is_manifest(entry.name):
                lessons.append(entry)
    yield from _ahead(lambda entry: Looked(entry.size, _object(store, entry.name)), single)
    named = 0
    for looked in _ahead(lambda entry: _lesson(store, entry, sizes), lessons):
        named += looked.size
        yield looked
    yield Looked(max(0, sum(sizes.values()) - named))  # what no manifest names


def _object(store: Store, name: str) -> tuple[Damage, ...]:
    try:
        data, _ = store.get(name)
    except Missing:
        return ()
    reason = _wrong_segment(name, data) if name.startswith("segments/") else _wrong_plan(name, data)
    return (Damage(name, reason, RENDER_AGAIN, name),) if reason else ()


def _wrong_segment(name: str, data: bytes) -> str:
    try:
        _, record = unpack(data)
    except DamagedAudio as error:
        return str(error)
    return "" if segment_name(record.key) == name else f"it holds segment {record.key}"


def _wrong_plan(name: str, data: bytes) -> str:
    try:
        plan_id = LessonPlan.model_validate_json(data).plan_id()
    except ValidationError:
        return "it cannot be read, or is of another version"
    return "" if plan_name(plan_id) == name else f"its content is that of plan {plan_id}"


def _lesson(store: Store, entry: StoredObject, sizes: dict[str, int]) -> Looked:
    try:
        found = manifests.at(store, entry.name)
    except Missing:
        return Looked(entry.size)
    except UnreadableManifest:
        wrong = "it cannot be read, or is of another version"
        return Looked(entry.size, (Damage(entry.name, wrong, ASSEMBLE_AGAIN, entry.name),))
    manifest = found.manifest
    folder = lesson_folder(manifest.course, manifest.lesson)
    if manifests.manifest_name(manifest.course, manifest.lesson) != entry.name:
        wrong = f"it is the manifest of {manifest.course}/{manifest.lesson}"
        return Looked(entry.size, (Damage(entry.name, wrong, ASSEMBLE_AGAIN, entry.name),))
    parts = [(folder + part.name, _wrong_part(store, folder + part.name, part)) for part in manifest.parts]
    damage = tuple(Damage(name, wrong, ASSEMBLE_AGAIN, entry.name) for name, wrong in parts if wrong)
    if damage and _replaced(store, entry.name, found.data):  # assembled anew while it was read
        return _lesson(store, entry, sizes)
    return Looked(entry.size + sum(sizes.get(name, 0) for name, _ in parts), damage)


def _wrong_part(store: Store, name: str, part: LessonPart) -> str:
    sha256, size = hashlib.sha256(), 0
    try:
        with store.open(name) as file:
            while block := file.read(BLOCK):
                sha256.update(block)
                size += len(block)
    except Missing:
        return "it is gone, though the lesson's manifest names it"
    if size != part.size:
        return f"it has {size} bytes, the lesson's manifest says {part.size}"
    return "" if sha256.hexdigest() == part.sha256 else "its sha256 is not the one in the lesson's manifest"


def _replaced(store: Store, name: str, data: bytes) -> bool:
    try:
        return store.get(name)[0] != data
    except Missing:
        return True


T = TypeVar("T")
R = TypeVar("R")


def _ahead(call: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
    """Yield the results in order, READERS calls under way at once: memory does not grow with the store."""
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(READERS, "verify") as pool:
        try:
            for thing in things:
                waiting.append(pool.submit(call, thing))
                if len(waiting) == 2 * READERS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def repair(store: Store, damage: Iterable[Damage]) -> list[str]:
    """Delete what is damaged, so that the next submission makes it anew; gives the names.

    Of a lesson the manifest alone goes: a reader never sees one whose parts are missing.
    """
    names = sorted({one.delete for one in damage})
    if any(not name.startswith(("segments/", "plans/", "lessons/")) for name in names):
        raise Permanent(f"refusing to delete {names}: not objects of this system")
    store.delete(names)
    return names
