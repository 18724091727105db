"""The preview of a course, to look at and listen to: one HTML page that needs no network, server or program.

    OUT/<course>/index.html      plays the lessons' own files, which lie beside it
    OUT/<course>/<course>.html   with ``inline``: one file with the audio inside, to be mailed

Every sentence is a link that plays from it; the one being spoken is marked, and its word where the manifest times
words. The page records the segments it was made from, so the next one can mark what has been rendered since.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from models.catalog import Catalogue
from models.errors import Permanent
from models.family import draws
from producer.atomic_file import replacing
from producer.outputs.preview_page import BEST, SMALLEST, Record, page, sounds
from producer.outputs.preview_script import DeliveredLesson, short
from worker.contract.manifest import MANIFEST, Manifest
from worker.contract.settings import load_settings

PAGE: Final = "index.html"
INLINE_LIMIT: Final = 100_000_000  # bytes of audio inside a page: more than anybody can mail


def courses(folder: Path) -> list[Path]:
    """List the course folders that ``folder`` is or holds. Raises Permanent where there is no delivered lesson."""
    if any(_manifests(folder)):
        return [folder]
    if found := sorted({path.parent.parent for path in folder.glob(f"[!.]*/[!.]*/{MANIFEST}")}):
        return found
    raise Permanent(f"{folder}: no lesson in it or in a course in it: give what `narrator make --out` filled")


def preview(folder: Path, *, inline: bool = False) -> Path:
    """Write the page of the course in ``folder``, ``<course>/<lesson>/manifest.json``; gives the page's path.

    A page that is right already is left alone. Raises Permanent where a manifest cannot be read, where an audio file is
    missing or all are too much for one file, where somebody else's page stands in the place, or nothing can be written.
    """
    try:
        shown = lessons(folder)
        record = _record(folder / PAGE, shown)
        target = folder / (f"{Path(os.path.normpath(folder.absolute())).name}.html" if inline else PAGE)
        if inline:
            _check_size(folder, shown)
            _earlier(target)  # refuses somebody else's
        data = page(shown, record, inline, _fixed()).encode("utf-8")
        if not target.is_file() or target.read_bytes() != data:
            with replacing(target) as file:
                file.write(data)
    except OSError as error:
        raise Permanent(f"{error.filename or folder}: {error.strerror or error}") from error
    return target


def lessons(folder: Path) -> list[DeliveredLesson]:
    """Read the lessons of the course in ``folder``, in natural order. Raises Permanent where one cannot be read."""
    found = [_lesson(path) for path in sorted(_manifests(folder), key=_natural)]
    if not found:
        raise Permanent(f"{folder}: no lesson in it: give a course's folder that `narrator make --out` filled")
    return found


def _manifests(folder: Path) -> Iterator[Path]:
    return folder.glob(f"[!.]*/{MANIFEST}")


def _fixed() -> frozenset[str]:
    """Return the ids of the voices, of those that are known here, that say a sentence in one way only."""
    return frozenset(voice.id for voice in Catalogue.load(load_settings().voices_dir).voices if not draws(voice.family))


def _natural(path: Path) -> list[tuple[int, str]]:
    """Return a key that sorts lesson 2 before lesson 10."""
    pieces = re.split(r"(\d+)", path.parent.name)
    return [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in pieces]


def _lesson(path: Path) -> DeliveredLesson:
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise Permanent(f"{path} cannot be read; deliver the lesson again with `narrator make`: {error}") from None
    lesson = DeliveredLesson(path.parent, manifest)
    for part in sounds(lesson, BEST):
        if not (lesson.folder / part.name).is_file():
            raise Permanent(f"{lesson.folder / part.name} is missing; deliver the lesson again with `narrator make`")
    return lesson


def _check_size(folder: Path, lessons: Sequence[DeliveredLesson]) -> None:
    size = sum(
        (lesson.folder / part.name).stat().st_size for lesson in lessons for part in sounds(lesson, SMALLEST)[:1]
    )
    if size > INLINE_LIMIT:
        raise Permanent(
            f"{folder}: {size / 1e6:.0f} MB of audio do not go into one page ({INLINE_LIMIT / 1e6:.0f} MB do): "
            f"make it smaller with `narrator make --outputs mp3`, or send the folder with its {PAGE}"
        )


# --- what is new


def _record(target: Path, lessons: Sequence[DeliveredLesson]) -> Record:
    """Return what is shown now, and what of it the page before did not have. With the same segments its marks stay."""
    keys = tuple(dict.fromkeys(short(cue) for lesson in lessons for cue in lesson.manifest.cues))
    at = max(lesson.manifest.submitted for lesson in lessons)
    earlier = _earlier(target)
    if earlier is None:
        return Record(at=at, keys=keys)
    if set(earlier.keys) == set(keys):
        return Record(at=at, keys=keys, new=earlier.new, since=earlier.since)
    known = frozenset(earlier.keys)
    return Record(at=at, keys=keys, new=tuple(key for key in keys if key not in known), since=earlier.at)


def _earlier(target: Path) -> Record | None:
    """Read the record in a page, None where there is no page. Raises Permanent for a page that is not narrator's."""
    try:
        text = target.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    found = re.search(r'<script type="application/json" id="narrator-record">(.*?)</script>', text)
    if not found:
        raise Permanent(f"{target} is not a preview that narrator wrote: move it away first")
    try:
        return Record.model_validate_json(found[1])
    except ValidationError:  # of another version: nothing can be compared, so nothing is called new
        return None
