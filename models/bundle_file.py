"""The files of a bundle: found on disk or in installed Python distributions, verified by sha256."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import re
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from models.atomic_files import write_atomically
from models.errors import Permanent, VoiceNotInstalled
from models.records import FrozenRecord, digest

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def _inside(path: str) -> str:
    """Refuse a path that is absolute or climbs out of its folder."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or re.search(r"[\\:\x00]", path):
        raise ValueError(f"{path!r} is not a plain relative path")
    return path


class PackagedFile(FrozenRecord):
    """A file that an installed Python distribution carries; ``path`` begins with the package's folder."""

    distribution: Annotated[str, StringConstraints(pattern=r"^[\w.\-]+$", max_length=100)]
    path: str

    _confined = field_validator("path")(_inside)

    def locate(self) -> Path | None:
        """Return where it is, or None where the distribution is not installed. The package is never imported."""
        try:
            return Path(str(importlib.metadata.distribution(self.distribution).locate_file(self.path)))
        except importlib.metadata.PackageNotFoundError:
            return None


class BundleFile(FrozenRecord):
    """A file of a bundle. Without ``parts`` it lies beside the TOML under its own name; several parts are joined."""

    name: str
    sha256: Sha256
    size: Annotated[int, Field(ge=0)]  # bytes
    parts: tuple[PackagedFile, ...] = ()

    _confined = field_validator("name")(_inside)

    @classmethod
    def of(cls, path: Path, name: str = "") -> BundleFile:
        """Describe a file that is there, under its own name or another."""
        with path.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        return cls(name=name or path.name, sha256=sha256, size=path.stat().st_size)

    def present(self, folder: Path) -> bool:
        """Tell whether it is there, or all its parts are, and of the right size. Cheap: nothing is read."""
        return self._present(self._places(folder))

    def verified(self, folder: Path) -> Path:
        """Return where it really is, verified by sha256 (once, until it changes on disk).

        Raises VoiceNotInstalled naming the file and what is wrong with it.
        """
        places = self._places(folder)
        if not self._present(places):
            raise self._unusable(folder, f"missing or incomplete; expected {self.size} bytes")
        path = places[0] if len(places) == 1 else self._joined(places)
        stamp = _stamp(path, self.sha256)  # before reading: what changes meanwhile has another stamp
        if not stamp.exists():
            with path.open("rb") as content:
                actual = hashlib.file_digest(content, "sha256").hexdigest()
            if actual != self.sha256:
                raise self._unusable(folder, f"damaged: sha256 is {actual}, expected {self.sha256}")
            _leave(stamp)
        return path

    def _present(self, places: list[Path]) -> bool:
        sizes = [place.stat().st_size for place in places if place.is_file()]
        return bool(places) and len(sizes) == len(places) and sum(sizes) == self.size

    def _places(self, folder: Path) -> list[Path]:
        """Return where the file, or each of its parts, should be; nothing where a distribution is not installed."""
        if self.parts:
            parts = [part for part in (part.locate() for part in self.parts) if part]
            if len(parts) < len(self.parts):
                return []
            # A container image keeps the whole file alone, without the parts beside it.
            return parts if all(part.is_file() for part in parts) or not self._joint.is_file() else [self._joint]
        path = folder / self.name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise Permanent(f"{folder}: the file {self.name!r} leads out of the bundle's folder")
        return [path]

    def _unusable(self, folder: Path, what: str) -> VoiceNotInstalled:
        where = ", ".join(f"{part.distribution}: {part.path}" for part in self.parts) or str(folder / self.name)
        return VoiceNotInstalled(f"file {self.name!r} ({where}) is {what}")

    @property
    def _joint(self) -> Path:
        """The place where the parts stand as one file."""
        return cache_dir() / "joined" / f"{self.sha256[:16]}-{PurePosixPath(self.name).name}"

    def _joined(self, parts: list[Path]) -> Path:
        """Join the parts in the cache; two processes may do this at once, and both end with the whole file."""
        target = self._joint
        if target.is_file() and target.stat().st_size == self.size and _stamp(target, self.sha256).exists():
            return target
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(target, (part.read_bytes() for part in parts))
        except OSError as error:
            raise Permanent(
                f"{target}: cannot be written: {error.strerror}. Remedy: set NARRATOR_CACHE_DIR to a folder with "
                f"{self.size >> 20} MB to spare"
            ) from None
        return target


def cache_dir() -> Path:
    """Return the folder of joined files and of stamps: ``NARRATOR_CACHE_DIR``, or ``~/.cache/narrator``."""
    return Path(os.environ.get("NARRATOR_CACHE_DIR") or "~/.cache/narrator").expanduser()


def _stamp(path: Path, sha256: str) -> Path:
    """Return the empty file whose presence says that this very file, unchanged since, has this sha256."""
    real, state = path.resolve(), path.stat()
    seen = [str(real), state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, sha256]
    return cache_dir() / "verified" / digest({"seen": seen})


def _leave(stamp: Path) -> None:
    try:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
    except OSError:
        return  # a read-only cache costs a second of hashing at every start, nothing else
