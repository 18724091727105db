"""Files, and folders that conversions write into, which appear whole or not at all.

A killed conversion leaves its hidden folder behind, locked by nobody; the next one to the same place removes it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

from models.errors import Permanent

MADE = "made"  # within the folder to work in: what becomes the result


def write_atomically(target: Path, blocks: Iterable[bytes]) -> None:
    """Write a file that is whole or absent, whatever happens meanwhile. Raises OSError."""
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        try:
            for block in blocks:
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(0o644)
            Path(file.name).replace(target)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def must_be_free(out: Path) -> None:
    """Raise Permanent where something is there already. ``atomic_folder`` asks, too; ask before the long part."""
    if out.exists():
        raise Permanent(f"{out} exists already; give another place or remove it")


@contextmanager
def atomic_folder(out: Path) -> Iterator[Path]:
    """Give a folder to work in; what lies in its folder ``made`` at the end, on disk by then, becomes ``out``.

    Raises Permanent where ``out`` is there already, or cannot be written: a full disk, no right to.
    """
    must_be_free(out)
    prefix = f".{out.resolve().name}.converting."
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        for left in out.parent.glob(f"{prefix}*"):
            _remove_abandoned(left)
        with TemporaryDirectory(dir=out.parent, prefix=prefix) as temporary, _locked(Path(temporary)):
            yield Path(temporary)
            made = Path(temporary, MADE)
            for path in made.iterdir():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
            made.rename(out)
    except OSError as error:
        raise Permanent(f"{out}: cannot be written: {error.strerror or error}") from None


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder for as long as this process works in it. Raises BlockingIOError where another is."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(held)


def _remove_abandoned(folder: Path) -> None:
    try:
        with _locked(folder):
            shutil.rmtree(folder)
    except (BlockingIOError, FileNotFoundError):  # another conversion is at it, or was just done
        pass
