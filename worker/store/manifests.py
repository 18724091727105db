"""Lessons' manifests in the store: the one place that names, finds and reads them.

``read`` checks everything. ``outline`` takes a tenth of the time and checks what its callers use: planning and garbage
collection look at the manifests of a whole catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import from_json

from models.errors import Permanent
from worker.contract.manifest import MANIFEST, Manifest
from worker.contract.messages import lesson_folder
from worker.errors import Missing, UnreadableManifest
from worker.store.base import Store, check_name

_NAME: Final = re.compile(rf"lessons/([^/]+)/([^/]+)/{re.escape(MANIFEST)}")
_ID: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class StoredManifest:
    """A manifest with its bytes as stored, and the tag of that version."""

    manifest: Manifest
    data: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A manifest as plain JSON; what has a field here is known to be well formed."""

    plan: str  # the id of the plan that the lesson was assembled from
    keys: frozenset[str]  # of its segments
    parts: tuple[str, ...]  # names in the store
    record: Mapping[str, Any]


def manifest_name(course: str, lesson: str) -> str:
    """Where a lesson's manifest lives in the store."""
    return lesson_folder(course, lesson) + MANIFEST


def is_manifest(name: str) -> bool:
    """True if this is the name of a lesson's manifest in the store."""
    return name.startswith("lessons/") and name.endswith(f"/{MANIFEST}")


def finished_lessons(store: Store, course: str = "") -> list[tuple[str, str]]:
    """List (course, lesson) of every lesson that has a manifest, of one course or of all, sorted."""
    names = (found.name for found in store.list(f"lessons/{course}/" if course else "lessons/"))
    return sorted((match[1], match[2]) for name in names if (match := _NAME.fullmatch(name)))


def at(store: Store, name: str) -> StoredManifest:
    """Read the manifest of that name. Raises Missing, UnreadableManifest."""
    data, tag = store.get(name)
    try:
        return StoredManifest(Manifest.model_validate_json(data), data, tag)
    except ValidationError as error:
        raise UnreadableManifest(store.url, name, error, data, tag) from None


def read(store: Store, course: str, lesson: str) -> Manifest:
    """Read a lesson's manifest. Raises Missing, UnreadableManifest."""
    return at(store, manifest_name(course, lesson)).manifest


def find(store: Store, course: str, lesson: str) -> Manifest | None:
    """Read a lesson's manifest; None where there is none that can be read."""
    try:
        return read(store, course, lesson)
    except (Missing, UnreadableManifest):
        return None


def outline(store: Store, name: str) -> Outline:
    """Read the manifest of that name as plain JSON. Raises Missing, UnreadableManifest."""
    data, tag = store.get(name)
    folder = name.removesuffix(MANIFEST)
    try:
        record = from_json(data, cache_strings="all")
        if record["version"] != 1:
            raise ValueError(f"version {record['version']!r} is not known here")
        keys = frozenset(cue["key"] for cue in record["cues"])
        if not all(_ID.fullmatch(one) for one in (record["plan"], *keys)):
            raise ValueError("an id is not 64 hex digits")
        parts = tuple(folder + check_name(part["name"]) for part in record["parts"])
        return Outline(record["plan"], keys, parts, record)
    except (ValueError, KeyError, TypeError, AttributeError, Permanent) as error:
        raise UnreadableManifest(store.url, name, error, data, tag) from None
