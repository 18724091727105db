"""Objects as files under one directory: the store of the embedded stack and of a shared file system.

Written whole or not at all: a temporary file, fsync, then ``link`` (create-only) or ``rename`` (replace), then fsync of
the folder. All temporary files live in ``.tmp`` under the root, on the same file system, so that sweeping those of
killed writers never walks the store. A version's tag is taken from the file's inode, time and size; files are never
changed in place, so equal tags mean equal bytes.
"""
# ruff: noqa: ARG002 - a directory keeps no content types

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import stat
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from models.errors import Permanent
from worker.errors import Exists, Missing
from worker.store.base import StoredObject, check_name
from worker.store.os_errors import translate

STALE = 24 * 3600  # seconds after which a temporary file belongs to nobody
TEMPORARY = ".tmp"
LOCK = ".lock"
TWINS_REFUSED = "lessons/"  # below it, names come from authors, and may meet a Mac's file system
COPY_BYTES = 1 << 20


class DirectoryStore:
    """A Store in a directory, made if absent. Safe for any number of threads and processes on one file system."""

    width = 1  # threads would only wait for each other: 1,000 manifests take a fifth longer

    def __init__(self, root: Path) -> None:
        """Open, and sweep the temporary files of writers killed more than a day ago. Raises Permanent."""
        with translate(root):
            root.mkdir(parents=True, exist_ok=True)
            self._root = str(root.resolve(strict=True))
            self._temporary = f"{self._root}/{TEMPORARY}"
            with contextlib.suppress(FileExistsError):
                Path(self._temporary).mkdir()
        self.url = self._root
        self._sweep()

    def get(self, name: str) -> tuple[bytes, str]:
        """Return the bytes and the version tag. Raises Missing."""
        with self.open(name) as file, translate(name):
            return file.read(), _tag(os.fstat(file.fileno()))

    def open(self, name: str) -> BinaryIO:
        """Return a seekable reader; it keeps its version even when the object is replaced meanwhile. Raises Missing."""
        path = self._path(name)
        try:
            with translate(path, FileNotFoundError, NotADirectoryError):
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            raise self._missing(name) from None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise self._missing(name)
        return os.fdopen(descriptor, "rb")

    def put(self, name: str, data: bytes, *, content_type: str = "application/octet-stream") -> str:
        """Write, replacing what is there; returns the new version's tag."""
        return self._write(name, lambda file: _write_all(file, data), self._rename)

    def create(self, name: str, data: bytes, *, content_type: str = "application/octet-stream") -> str:
        """Write only if nothing is there. Raises Exists: the first stored wins."""
        if _tag_at(f"{self._root}/{check_name(name)}"):  # spares the write; link decides
            raise self._exists(name)
        return self._write(name, lambda file: _write_all(file, data), self._link)

    def replace(self, name: str, data: bytes, tag: str, *, content_type: str = "application/octet-stream") -> str:
        """Write only if the version there is still ``tag``. Raises Exists otherwise, also when it is gone."""

        def publish(temporary: str, path: str) -> None:
            with self._locked():
                if _tag_at(path) != tag:
                    raise Exists(f"{name} in {self.url} is no longer version {tag}")
                Path(temporary).rename(path)

        return self._write(name, lambda file: _write_all(file, data), publish)

    def put_file(self, name: str, path: Path, *, content_type: str = "application/octet-stream") -> str:
        """Write a file's content, without holding it in memory."""
        with translate(path), path.open("rb") as source:
            return self._write(name, lambda file: _copy(source, file), self._rename)

    def existing(self, names: Iterable[str]) -> set[str]:
        """Return those of the names that are there: a stat each, 5 us warm, 70 us cold; folders are no faster."""
        return {name for name in names if _tag_at(f"{self._root}/{check_name(name)}")}

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Objects whose names start with the prefix, in the order of their names. Symbolic links are not objects."""
        folder = prefix.rpartition("/")[0]
        if folder:
            check_name(folder)
        yield from self._walk(f"{folder}/" if folder else "", prefix)

    def delete(self, names: Iterable[str]) -> None:
        """Remove objects, and folders that this empties; those not there are no error."""
        folders = set()
        for name in names:
            path = self._path(name)
            with translate(path), contextlib.suppress(FileNotFoundError, NotADirectoryError):
                Path(path).unlink()
            folders.add(path.rpartition("/")[0])
        for emptied in folders:
            folder = emptied
            with contextlib.suppress(OSError):  # not empty, or in use: it stays
                while folder != self._root:
                    Path(folder).rmdir()
                    folder = folder.rpartition("/")[0]

    # --- where things are
    def _path(self, name: str) -> str:
        """The file of a name, having made sure that no symbolic link leads out of the root."""
        folder, _, last = f"{self._root}/{check_name(name)}".rpartition("/")
        real = os.path.realpath(folder)
        if real != folder and not real.startswith(f"{self._root}/"):
            raise Permanent(f"{folder} leads out of the store at {self._root}: replace the symbolic link by a folder")
        return f"{folder}/{last}"

    def _missing(self, name: str) -> Missing:
        return Missing(f"{name} is not in {self.url}")

    def _exists(self, name: str) -> Exists:
        return Exists(f"{name} is in {self.url} already")

    def _walk(self, folder: str, prefix: str) -> Iterator[StoredObject]:
        try:
            with os.scandir(f"{self._root}/{folder}") as entries:
                found = [entry for entry in entries if not entry.name.startswith(".")]
        except (FileNotFoundError, NotADirectoryError):
            return
        names = {}
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                names[f"{folder}{entry.name}/"] = entry
            elif entry.is_file(follow_symlinks=False):
                names[f"{folder}{entry.name}"] = entry
        for name in sorted(names):  # a folder sorts with its slash, as its objects do in S3
            if name.endswith("/"):
                if name.startswith(prefix) or prefix.startswith(name):
                    yield from self._walk(name, prefix)
            elif name.startswith(prefix):
                with contextlib.suppress(FileNotFoundError):
                    status = names[name].stat(follow_symlinks=False)
                    yield StoredObject(name, status.st_size, status.st_mtime, _tag(status))

    # --- writing
    def _write(self, name: str, fill: Callable[[int], None], publish: Callable[[str, str], None]) -> str:
        path = self._path(name)
        temporary = f"{self._temporary}/{secrets.token_hex(12)}"
        with translate(path):
            file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            try:
                try:
                    fill(file)
                    os.utime(file, ns=(now := time.time_ns(), now))  # the kernel's own clock ticks in milliseconds
                    os.fsync(file)
                    tag = _tag(os.fstat(file))
                finally:
                    os.close(file)
                self._publish(name, temporary, path, publish)
            except FileExistsError:
                if Path(path).is_dir() or Path(path).is_symlink():
                    raise Permanent(f"{path} is a folder or a link where an object should be: remove it") from None
                raise self._exists(name) from None
            finally:
                with contextlib.suppress(FileNotFoundError):
                    Path(temporary).unlink()
            _sync(path.rpartition("/")[0])
        return tag

    def _publish(self, name: str, temporary: str, path: str, publish: Callable[[str, str], None]) -> None:
        for _ in range(3):  # a delete elsewhere may take an empty folder away again
            try:
                return publish(temporary, path)
            except FileNotFoundError:
                self._make_folders(name)
        publish(temporary, path)

    def _rename(self, temporary: str, path: str) -> None:
        with self._locked():  # so that a replace never misses a put between its look and its rename
            Path(temporary).rename(path)

    def _link(self, temporary: str, path: str) -> None:
        try:
            os.link(temporary, path)
        except (PermissionError, NotImplementedError):  # a file system without hard links: exFAT, some SMB mounts
            with self._locked():
                if os.path.lexists(path):
                    raise FileExistsError(path) from None
                Path(temporary).rename(path)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the root's lock, for a look and a rename: microseconds. The kernel frees it when its holder dies."""
        lock = os.open(f"{self._root}/{LOCK}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _make_folders(self, name: str) -> None:
        parent = self._root
        for part in name.split("/")[:-1]:
            folder = f"{parent}/{part}"
            made = True
            try:
                Path(folder).mkdir()
            except FileExistsError:
                made = False
            if name.startswith(TWINS_REFUSED):
                _refuse_twins(parent, part, made)
            if made:
                _sync(parent)
            parent = folder

    def _sweep(self) -> None:
        oldest = time.time() - STALE
        with translate(self._temporary), os.scandir(self._temporary) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError, PermissionError):
                    if entry.stat(follow_symlinks=False).st_mtime < oldest:
                        Path(entry.path).unlink()


def _tag(status: os.stat_result) -> str:
    return f"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}"


def _tag_at(path: str) -> str | None:
    """The tag of the object in that place, None where there is none."""
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return _tag(status) if stat.S_ISREG(status.st_mode) else None


def _refuse_twins(parent: str, part: str, made: bool) -> None:
    """Refuse a folder beside one that differs only in case or Unicode form: on a Mac they would be one."""
    with os.scandir(parent) as entries:
        twins = [entry.name for entry in entries if entry.name != part and _folded(entry.name) == _folded(part)]
    if twins:
        if made:
            with contextlib.suppress(OSError):
                Path(parent, part).rmdir()
        raise Permanent(
            f"{part!r} differs from {twins[0]!r} in {parent} only in case or Unicode form: "
            "rename one of the two, they would be one folder on other file systems"
        )


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _write_all(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


def _copy(source: BinaryIO, file: int) -> None:
    with os.fdopen(file, "wb", closefd=False) as target:
        shutil.copyfileobj(source, target, COPY_BYTES)


def _sync(folder: str) -> None:
    """Make a folder's entries durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
