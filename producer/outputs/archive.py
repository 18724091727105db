"""The archive of a course, one file to upload: ``<course>.zip`` holds its page and a folder a lesson, as delivered.

Equal folders give equal bytes: members stand in order, carry a fixed time and are stored as they are (audio is
compressed already, or is a master that nothing should touch).
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from models.errors import Permanent
from producer.atomic_file import replacing
from producer.outputs.deliver import BLOCK
from producer.outputs.preview import PAGE, lessons
from worker.contract.manifest import MANIFEST

LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)  # the first moment that a ZIP can name
READABLE: Final = 0o100644 << 16  # a file that everybody may read


def pack(course: Path) -> Path:
    """Write ``<course>.zip`` beside a course's folder; gives its path. One that is right already is left alone.

    Only what the lessons' manifests name is in it, and the page. Raises Permanent where something is missing.
    """
    target = course.with_name(f"{course.name}.zip")
    try:
        members = dict(sorted(_members(course)))
        if not _is_right(target, members):
            with replacing(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                for name, path in members.items():
                    entry = zipfile.ZipInfo(name, LONG_AGO)
                    entry.external_attr, entry.create_system = READABLE, 3  # 3: Unix, wherever it was made
                    entry.file_size = path.stat().st_size
                    with path.open("rb") as source, archive.open(entry, "w") as member:
                        shutil.copyfileobj(source, member, BLOCK)
    except OSError as error:
        raise Permanent(f"{error.filename or target}: {error.strerror or error}") from error
    return target


def _members(course: Path) -> Iterator[tuple[str, Path]]:
    """Give names in the archive and their files. A part's name has no slash, so none leads out of its folder."""
    yield PAGE, course / PAGE
    for lesson in lessons(course):
        names = [MANIFEST, *(part.name for part in lesson.manifest.parts)]
        for name in names:
            path = lesson.folder / name
            if path.is_symlink() or not path.is_file():
                raise Permanent(f"{path} is missing, or not a file; deliver the lesson again with `narrator make`")
            yield f"{lesson.folder.name}/{name}", path


def _is_right(target: Path, members: dict[str, Path]) -> bool:
    """Tell whether the archive is younger than its files and holds them, by name and size."""
    try:
        written = target.stat().st_mtime_ns
        with zipfile.ZipFile(target) as archive:
            held = {entry.filename: entry.file_size for entry in archive.infolist()}
    except (FileNotFoundError, zipfile.BadZipFile):
        return False
    found = {name: path.stat() for name, path in members.items()}
    return held == {n: f.st_size for n, f in found.items()} and all(f.st_mtime_ns <= written for f in found.values())
