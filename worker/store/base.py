"""The seam between the system and its object stores."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from models.errors import Permanent

MAX_NAME = 900  # bytes of a whole name: S3 takes 1024, which leaves 124 for the prefix
MAX_PART = 255  # bytes between two slashes: what common file systems take
_UNFIT = re.compile(r"[\x00-\x1f\x7f\\]")


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object in a listing; ``modified`` in seconds since 1970, ``tag`` names its version."""

    name: str
    size: int
    modified: float
    tag: str


class Store(Protocol):
    """Named bytes. Names are relative, ``/``-separated, and never escape the store's root.

    A reader sees an object whole or not at all. Faults raise StoreUnavailable after the store's own retries;
    denials and a full disk raise StoreRefused, bad names Permanent.
    """

    url: str  # how a user would name it: a path, or s3://bucket/prefix; no secrets
    width: int  # requests that it pays to make at once

    def get(self, name: str) -> tuple[bytes, str]:
        """Return the bytes and the version tag. Raises Missing."""

    def open(self, name: str) -> BinaryIO:
        """Return a seekable reader over an object too large to hold. Raises Missing."""

    def put(self, name: str, data: bytes, *, content_type: str = "application/octet-stream") -> str:
        """Write, replacing what is there; returns the new version's tag."""

    def create(self, name: str, data: bytes, *, content_type: str = "application/octet-stream") -> str:
        """Write only if nothing is there. Raises Exists: the first stored wins."""

    def replace(self, name: str, data: bytes, tag: str, *, content_type: str = "application/octet-stream") -> str:
        """Write only if the version there is still ``tag``. Raises Exists otherwise."""

    def put_file(self, name: str, path: Path, *, content_type: str = "application/octet-stream") -> str:
        """Write a file's content, in parts where it is large."""

    def existing(self, names: Iterable[str]) -> set[str]:
        """Return those of the names that are there; many at once, concurrently where the store is remote."""

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Objects whose names start with the prefix, each once, in whatever order the server keeps them."""

    def delete(self, names: Iterable[str]) -> None:
        """Remove objects; those not there are no error."""


def check_name(name: str) -> str:
    """Return the name if every store can hold it. Raises Permanent otherwise.

    Refused are absolute names, empty parts, parts that start with a dot (which rules out ``..`` and keeps the
    directory store's own files apart), control characters, and names over what S3 and file systems take.
    """
    parts = name.split("/")
    try:
        sizes = [len(part.encode("utf-8")) for part in parts]
    except UnicodeEncodeError:
        raise Permanent(f"store name {name!r} is not valid Unicode: rename the lesson") from None
    if not all(parts):
        raise Permanent(f"store name {name!r} is absolute or has an empty part: use a relative name like a/b.wav")
    if any(part.startswith(".") for part in parts):
        raise Permanent(f"store name {name!r} has a part that starts with a dot: rename the lesson or course")
    if _UNFIT.search(name):
        raise Permanent(f"store name {name!r} has a control character or a backslash: rename the lesson or course")
    if sum(sizes) + len(parts) - 1 > MAX_NAME or max(sizes) > MAX_PART:
        raise Permanent(
            f"store name {name[:80]!r}... is too long: at most {MAX_NAME} bytes, {MAX_PART} between slashes; "
            "shorten the course or lesson id"
        )
    return name
