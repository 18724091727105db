"""The source of a nightly run: a folder as it is, or an s3:// prefix mirrored into one; and its lessons of last time.

The mirror keeps an object's version tag beside it, so that a night on which nothing changed costs one listing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from models.errors import Permanent
from producer.atomic_file import replacing
from producer.readers.formats import BY_SUFFIX
from worker.contract.settings import Settings, store_address
from worker.errors import Missing
from worker.store.base import Store, StoredObject
from worker.store.open import open_store

CACHE = Path("~/.cache/narrator/sources").expanduser()
BESIDE = frozenset({".toml", ".pls"})  # lexicons, takes: what lessons have beside them
TAGS = ".tags.json"  # in the mirror: name -> version tag
FETCHES = 16  # objects at once
IN_MEMORY = 16 << 20  # bytes; larger objects, as decks with films are, go to disk a piece at a time
MAX_OBJECT = 2 << 30  # bytes; readers have bounds of their own


@dataclass(frozen=True, slots=True)
class Source:
    """A source of lessons: ``url`` as the user named it, made absolute; ``folder`` holds its files."""

    url: str
    folder: Path

    @property
    def name(self) -> str:
        """The name of its lock and of its record in the store."""
        return hashlib.sha256(self.url.encode()).hexdigest()[:16]


def open_source(where: str, settings: Settings, cache: Path = CACHE) -> Source:
    """Open the source that ``where`` names, its files at hand. Raises Permanent, StoreUnavailable."""
    try:
        url = store_address(where).rstrip("/")
    except ValueError as error:
        raise Permanent(str(error)) from None
    if not url.startswith("s3://"):
        folder = Path(where).expanduser()
        if not folder.is_dir():
            raise Permanent(f"{where}: no such folder; a source is a folder or s3://bucket/prefix")
        return Source(os.path.normpath(folder.absolute()), folder)
    # The namespace divides stores, not sources.
    objects = open_store(settings.model_copy(update={"namespace": ""}), url)
    folder = cache / hashlib.sha256(url.encode()).hexdigest()[:16] / url.rpartition("/")[2]
    mirror(objects, folder)
    return Source(url, folder)


def mirror(objects: Store, folder: Path) -> None:
    """Make ``folder`` hold the lesson files among the objects, and nothing else; only changed ones are fetched."""
    wanted = {entry.name: entry for entry in objects.list() if _is_lesson_file(entry.name)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tags = _tags(folder)
        for name in tags.keys() - wanted.keys():
            (folder / name).unlink(missing_ok=True)
            del tags[name]
        changed = [entry for entry in wanted.values() if tags.get(entry.name) != entry.tag]
        with ThreadPoolExecutor(FETCHES) as pool:
            tags.update(zip((e.name for e in changed), pool.map(lambda e: _fetch(objects, e, folder), changed),
                            strict=True))  # fmt: skip
        with replacing(folder / TAGS) as file:
            file.write(json.dumps(tags).encode())
    except OSError as error:
        raise Permanent(f"{error.filename or folder}: {error.strerror or error}") from error


def _is_lesson_file(name: str) -> bool:
    return Path(name).suffix.lower() in {*BY_SUFFIX, *BESIDE} and not any(
        part.startswith((".", "_")) for part in name.split("/")
    )


def _tags(folder: Path) -> dict[str, str]:
    """Read what the mirror holds; a file that is gone or was never whole counts as not there."""
    try:
        tags = json.loads((folder / TAGS).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return {name: tag for name, tag in tags.items() if (folder / name).is_file()}


def _fetch(objects: Store, entry: StoredObject, folder: Path) -> str:
    if entry.size > MAX_OBJECT:
        raise Permanent(f"{objects.url}/{entry.name} is larger than {MAX_OBJECT >> 30} GB: split it into lessons")
    path = folder / entry.name
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        if entry.size <= IN_MEMORY:
            data, tag = objects.get(entry.name)
            file.write(data)
        else:
            tag = entry.tag
            with objects.open(entry.name) as large:
                shutil.copyfileobj(large, file)
    os.utime(path, (entry.modified, entry.modified))
    return tag


# --- which lessons the source had


def recall(store: Store, source: Source) -> set[tuple[str, str]]:
    """Read the (course, lesson) pairs that the source had when it was last synced."""
    try:
        record = json.loads(store.get(_record_name(source))[0])
        return {(str(course), str(lesson)) for course, lesson in record["lessons"]}
    except Missing:
        return set()
    except (ValueError, KeyError, TypeError):
        raise Permanent(f"{store.url}/{_record_name(source)} cannot be read: delete it") from None


def remember(store: Store, source: Source, lessons: Iterable[tuple[str, str]]) -> None:
    """Write down a source's (course, lesson) pairs for the next time."""
    record = {"source": source.url, "lessons": sorted(lessons)}
    data = json.dumps(record, ensure_ascii=False).encode()
    store.put(_record_name(source), data, content_type="application/json")


def _record_name(source: Source) -> str:
    return f"sources/{source.name}.json"
