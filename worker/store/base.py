"""The seam between the system and its object stores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from models.voice import NarrationError, Permanent, Transient
from worker.settings import Settings


class Missing(NarrationError):
    """No object of that name is in the store."""


class Exists(NarrationError):
    """A create-only write found an object already there, or a conditional write found another version."""


class StoreUnavailable(Transient):
    """The store did not answer, or answered with a passing fault."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An object in a listing; ``modified`` in seconds since 1970, ``tag`` names its version."""

    name: str
    size: int
    modified: float
    tag: str


class Store(Protocol):
    """Named bytes. Names are relative, ``/``-separated, and never escape the store's root.

    A reader sees an object whole or not at all. Faults raise StoreUnavailable after the store's own retries;
    denials, a full disk and bad names raise Permanent.
    """

    url: str  # how a user would name it: a path, or s3://bucket/prefix; no secrets

    def get(self, name: str) -> tuple[bytes, str]:
        """The bytes and the version tag. Raises Missing."""

    def open(self, name: str) -> BinaryIO:
        """A seekable reader over an object too large to hold. Raises Missing."""

    def put(self, name: str, data: bytes, *, content_type: str = "application/octet-stream") -> str:
        """Write, replacing what is there; gives the new version's tag."""

    def create(self, name: str, data: bytes, *, content_type: str = "application/octet-stream") -> str:
        """Write only if nothing is there. Raises Exists: the first stored wins."""

    def replace(self, name: str, data: bytes, tag: str, *, content_type: str = "application/octet-stream") -> str:
        """Write only if the version there is still ``tag``. Raises Exists otherwise."""

    def put_file(self, name: str, path: Path, *, content_type: str = "application/octet-stream") -> str:
        """Write a file's content, in parts where it is large."""

    def existing(self, names: Iterable[str]) -> set[str]:
        """Those of the names that are there; many at once, concurrently where the store is remote."""

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """Objects whose names start with the prefix, in the order of their names."""

    def delete(self, names: Iterable[str]) -> None:
        """Remove objects; those not there are no error."""


def open_store(settings: Settings, where: str | None = None) -> Store:
    """The store that ``where`` or the settings name: ``s3://bucket/prefix``, or a directory, made if absent.

    A namespace is a folder of its own inside it.
    """
    url = where or settings.store
    if not url:
        raise Permanent("no store: set NARRATOR_STORE to a directory or to s3://bucket/prefix")
    if url.startswith("s3://"):
        from worker.store.s3 import S3Store

        return S3Store.open(url, settings)
    from worker.store.directory import DirectoryStore

    root = Path(url.removeprefix("file://")).expanduser()
    return DirectoryStore(root / settings.namespace if settings.namespace else root)
