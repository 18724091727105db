"""Lexicons of authors: how a course says its words, in a file beside its lessons, and how all courses do, in another.

    course/lexicon.toml (or .pls)     holds for the lessons in that folder, and wins over
    --lexicon FILE, NARRATOR_LEXICON  which holds for all

Both come down to readings of a lesson's blocks; an author's marks in the text win over either.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from models.errors import Permanent
from models.text.lexicon import Lexicon, LexiconEntry
from models.text.segment import fold, pieces
from producer.errors import LessonError
from producer.lessons.model import Block, Reading
from producer.lexicon import pls, toml
from producer.readers.encoding import decode_text

NAMES = ("lexicon.toml", "lexicon.pls")  # beside the lessons of a course
MAX_FILE = 8 << 20  # bytes
MAX_ENTRIES = 50_000
READERS: dict[str, Callable[[Path, str], list[LexiconEntry]]] = {".toml": toml.entries, ".pls": pls.entries}

_Stamp = tuple[str, int, int]  # path, nanoseconds, bytes


def lexicon_of(folder: Path, everyones: Path | None = None) -> Lexicon:
    """Return the lexicon that holds for the lessons of a folder. Files are read again only where they have changed.

    Raises LessonError, naming file and line, for what a lexicon cannot say; Permanent where ``everyones`` is absent.
    """
    own = [stamp for name in NAMES if (stamp := _stamp(folder / name))]
    if len(own) > 1:
        raise Permanent(f"{folder} holds {' and '.join(NAMES)}: keep one of them")
    stamps = [stamp for stamp in (everyones and _stamp(everyones), *own) if stamp]
    if everyones and len(stamps) == len(own):
        raise Permanent(f"{everyones}: there is no such lexicon")
    return _joined(tuple(stamps))


def apply_lexicon(lexicon: Lexicon, block: Block, language: str) -> Block:
    """Give a block readings for the words that the lexicon has; ``language`` is that of blocks that name none."""
    if not len(lexicon):
        return block
    language = block.voicing.language or language
    sentences: list[tuple[int, str]] = []  # where each ends, and its language

    def language_at(place: int) -> str:
        if not sentences:
            sentences.extend((piece.end, piece.language) for piece in pieces(block.text, language))
        at = bisect_right(sentences, (place, ""))
        return sentences[min(at, len(sentences) - 1)][1] if sentences else language

    def free(start: int, end: int) -> bool:
        return not any(r.start < end and start < r.end for r in block.readings) and not any(
            start < pause.offset < end for pause in block.pauses
        )

    found = [
        Reading(start, end, entry.say, entry.ipa, entry.source)
        for start, end, entry in lexicon.find(block.text, language_at, free)
        if entry.ipa or fold(block.text[start:end]) != entry.say
    ]
    if not found:
        return block
    return replace(block, readings=tuple(sorted((*block.readings, *found), key=lambda reading: reading.start)))


def read_lexicon(path: Path) -> list[LexiconEntry]:
    """The entries of one file. Raises LessonError, naming file and line."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise LessonError(path, 0, f"no lexicon: its name must end in {' or '.join(READERS)}")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise LessonError(path, 0, f"cannot be read: {error.strerror}") from None
    if len(data) > MAX_FILE:
        raise LessonError(path, 0, f"a lexicon of more than {MAX_FILE >> 20} MB")
    found = reader(path, decode_text(path, data))
    if len(found) > MAX_ENTRIES:
        raise LessonError(path, 0, f"{len(found)} entries: a lexicon has at most {MAX_ENTRIES}")
    seen: dict[tuple[str, bool, str | None], LexiconEntry] = {}
    for entry in found:
        other = seen.setdefault(entry.place, entry)
        if other is not entry:
            line = int(entry.source.rpartition(":")[2])
            raise LessonError(path, line, f"{entry.written!r} is in {other.source} already: keep one of the two")
    return found


def _stamp(path: Path) -> _Stamp | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return str(path), state.st_mtime_ns, state.st_size


@lru_cache(maxsize=256)
def _joined(stamps: tuple[_Stamp, ...]) -> Lexicon:
    return Lexicon([entry for stamp in stamps for entry in _entries(stamp)])


@lru_cache(maxsize=256)
def _entries(stamp: _Stamp) -> tuple[LexiconEntry, ...]:
    return tuple(read_lexicon(Path(stamp[0])))
