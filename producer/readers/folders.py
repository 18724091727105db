"""The lesson files in a folder, by their places there: what is passed over, and where links may lead.

A source may be a stranger's: a link that leads out of it would have any file of this machine read aloud, and links
that lead to each other would be walked without end.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from producer.errors import LessonError
from producer.lessons import takes
from producer.readers.formats import BY_SUFFIX

NOT_LESSONS = frozenset(  # stems, in lower case
    {"readme", "changelog", "contributing", "license", "licence", "notice", "authors", "requirements", "robots"}
)
DELIVERED = "manifest.json"  # a folder with it holds results, captions among them
MAX_LINKED = 100  # times that one folder is walked through links: twenty folders that link in pairs are a million


def lessons_in(folder: Path, *, follow_links: bool = False) -> Iterator[Path]:
    """Walk a folder in the order of names. Raises LessonError for a link that leads out, nowhere or in a circle."""
    links = _Links(folder, anywhere=follow_links)
    for root, folders, files in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not _hidden(name))
        for name in folders:
            links.check_folder(Path(root, name))
        for name in sorted(files) if DELIVERED not in files else ():
            path = Path(root, name)
            if _beside(name):
                links.check(path)
            elif not _hidden(name) and path.suffix.lower() in BY_SUFFIX and path.stem.lower() not in NOT_LESSONS:
                links.check(path)
                if BY_SUFFIX[path.suffix.lower()].recognises(path):
                    yield path


class _Links:
    """The links of one folder of lessons; ``anywhere`` lets them lead out of it."""

    def __init__(self, folder: Path, *, anywhere: bool) -> None:
        self._folder, self._anywhere = folder, anywhere
        self._real = Path(os.path.realpath(folder))
        self._walked: Counter[Path] = Counter()

    def check(self, path: Path) -> Path | None:
        """Return where a link leads, None for what is no link. Raises LessonError where it may not lead there."""
        if not path.is_symlink():
            return None
        try:
            target = Path(os.path.realpath(path, strict=True))
        except OSError as error:
            raise LessonError(path, 0, f"a link that leads nowhere ({error.strerror}): mend or remove it") from None
        if not (self._anywhere or target.is_relative_to(self._real)):
            raise LessonError(
                path, 0, f"a link that leads out of {self._folder}, to {target}: copy it there, or allow "
                "such links with --follow-links"
            )  # fmt: skip
        return target

    def check_folder(self, path: Path) -> None:
        """Raise LessonError for a link to a folder that may not be walked."""
        target = self.check(path)
        if target is None:
            return
        above = path
        while above != self._folder:
            above = above.parent
            if target == Path(os.path.realpath(above)):
                raise LessonError(path, 0, f"a link that leads round in a circle, to {above}: remove it")
        self._walked[target] += 1
        if self._walked[target] > MAX_LINKED:
            raise LessonError(path, 0, f"a folder that more than {MAX_LINKED} links lead to, {target}: remove some")


def _hidden(name: str) -> bool:
    return name.startswith((".", "_"))


def _beside(name: str) -> bool:
    """Tell whether a file is read for the lessons beside it."""
    return Path(name).stem == "lexicon" or name.endswith(takes.SUFFIX)
