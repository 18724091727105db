"""Bring a finished lesson from the store into a folder, under plain names.

    OUT/<course>/<lesson>/<lesson>.wav  .vtt  .srt  .timings.json  .chapters.vtt  manifest.json

The manifest is renamed into place last and names its neighbours by their plain names. Files that are already right are
left alone, so delivering an unchanged catalogue again reads its manifests and nothing else.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from models.errors import Permanent
from producer.atomic_file import replacing
from worker.contract.manifest import MANIFEST, LessonPart, Manifest
from worker.contract.messages import lesson_folder
from worker.errors import Missing
from worker.store import manifests
from worker.store.base import Store

KEY: Final = re.compile(r"\.[0-9a-f]{8}(?=\.)")  # of the lesson, in a part's name
BLOCK: Final = 1 << 20  # bytes copied at once


def deliver(store: Store, course: str, lesson: str, out: Path) -> list[Path]:
    """Bring one lesson's parts to ``out/<course>/<lesson>/``; gives their paths, the manifest's last.

    Raises Permanent where the lesson has no manifest yet, where a part is gone from the store or is not what its
    manifest says, and where the folder cannot be written.
    """
    manifest = _read_manifest(store, course, lesson)
    folder = out / course / lesson
    plain = {part: lesson + KEY.sub("", part.name.removeprefix(lesson), count=1) for part in manifest.parts}
    local = manifest.model_copy(update={"parts": tuple(p.model_copy(update={"name": n}) for p, n in plain.items())})
    text = (local.model_dump_json(indent=1) + "\n").encode()
    target = folder / MANIFEST
    try:
        folder.mkdir(parents=True, exist_ok=True)
        earlier = _earlier(target)
        trusted = target.stat().st_mtime_ns if earlier == text else -1
        changed = [part for part, name in plain.items() if not _is_right(folder / name, part, trusted)]
        for part in changed:
            _fetch(store, lesson_folder(course, lesson) + part.name, part, folder / plain[part])
        if changed or earlier != text:
            with replacing(target) as file:
                file.write(text)
            _remove_former(folder, earlier, local)
    except OSError as error:
        raise Permanent(f"{error.filename or folder}: {error.strerror or error}") from error
    return [*(folder / name for name in plain.values()), target]


def _read_manifest(store: Store, course: str, lesson: str) -> Manifest:
    try:
        return manifests.read(store, course, lesson)
    except Missing:
        name = manifests.manifest_name(course, lesson)
        raise Permanent(f"{course}/{lesson} is not finished: {store.url} has no {name} yet") from None


def _earlier(manifest: Path) -> bytes:
    try:
        return manifest.read_bytes()
    except FileNotFoundError:
        return b""


def _is_right(path: Path, part: LessonPart, trusted: int) -> bool:
    """Tell whether a delivered file is still what the manifest says.

    It is read only where it could have changed: it is younger than the manifest at ``trusted`` (ns), which was
    written after it.
    """
    try:
        found = path.stat()
        if found.st_size != part.size:
            return False
        if found.st_mtime_ns <= trusted:
            return True
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == part.sha256
    except FileNotFoundError:
        return False


def _fetch(store: Store, name: str, part: LessonPart, path: Path) -> None:
    """Copy a part into place, having made sure on the way that it is what the manifest says."""
    sha256 = hashlib.sha256()
    try:
        with store.open(name) as source, replacing(path) as file:
            while block := source.read(BLOCK):
                sha256.update(block)
                file.write(block)
            if (file.tell(), sha256.hexdigest()) != (part.size, part.sha256):
                raise Permanent(f"{store.url}: {name} is not what its manifest says: submit the lesson again")
    except Missing:
        raise Permanent(f"{store.url}: {name} is gone, though its manifest names it: submit the lesson again") from None


def _remove_former(folder: Path, earlier: bytes, present: Manifest) -> None:
    """Remove what the earlier manifest names and the present one does not: an output that is no longer wanted."""
    try:
        former = Manifest.model_validate_json(earlier).parts
    except ValidationError:
        return
    for name in {part.name for part in former} - {part.name for part in present.parts}:
        (folder / name).unlink(missing_ok=True)
