"""PowerPoint decks (.pptx): the speaker notes are spoken, a lesson a deck. Places are slides: ``deck.pptx:4``.

Each paragraph of a slide's notes is one of the lesson; empty ones are nothing, and marks are as in Markdown. Hidden
slides and slides without notes are noted. The title is the deck's own, else its first slide's.
Needs python-pptx: the extra ``narrator[slides]``.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from producer.errors import LessonError
from producer.lessons.model import Body, Lesson
from producer.readers.block_writer import BlockWriter
from producer.readers.encoding import clean_text
from producer.readers.lesson_head import lesson_head

MAX_DECK = 2 << 30  # bytes of a file, pictures and films included
MAX_PARTS = 20_000  # files inside
MAX_XML = 128 << 20  # bytes of all XML inside, unpacked
DEFAULT_TITLES = ("powerpoint presentation", "powerpoint-präsentation", "presentation", "演示文稿", "")
PLACEHOLDER = b"\0"  # stands for pictures and films, which nobody reads here

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")  # how Office writes control characters


def read(path: Path, _: bytes) -> list[Lesson]:
    """Return the one lesson of a deck; it is not opened yet, so that an unchanged one costs its digest."""
    return [lesson_head(path, _digest(path), "")]


def body(lesson: Lesson) -> Body:
    """Parse the notes of its slides. Raises LessonError, with the slide, for what cannot be read or makes no sense."""
    deck = _open(lesson.path)
    if _digest(lesson.path) != lesson.digest:
        raise LessonError(lesson.path, 0, "changed while it was read: run the command again")
    writer = BlockWriter(lesson.path)
    title = _title(deck)
    for number, hidden, heading, notes in _slides(lesson.path, deck):
        title = title or heading
        if hidden:
            writer.not_spoken(number, "hidden slide")
        elif not notes.strip():
            writer.note(number, "slide without notes")
        else:
            writer.id = f"slide-{number}"
            writer.prose(notes, number, one_line=True)
    return writer.finished(title)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LessonError(path, 0, f"cannot be read: {error.strerror}") from None


def _open(path: Path) -> Any:
    """The deck, by python-pptx. Its errors on broken files are of every kind, so all of them are caught."""
    try:
        from pptx import Presentation
    except ImportError:
        raise LessonError(path, 0, "PowerPoint decks need python-pptx: pip install 'narrator[slides]'") from None
    data = _without_media(path)
    try:
        return Presentation(io.BytesIO(data))
    except Exception as error:  # noqa: BLE001
        raise _broken(path, error) from None


def _broken(path: Path, error: Exception) -> LessonError:
    return LessonError(path, 0, f"no PowerPoint deck that can be read ({error}): open it and save it as .pptx again")


def _without_media(path: Path) -> bytes:
    """The deck's XML as a package of its own: bounded, however large its films, or its bomb, would be unpacked."""
    small = io.BytesIO()
    left = MAX_XML
    try:
        if path.stat().st_size > MAX_DECK:
            raise LessonError(path, 0, f"larger than {MAX_DECK >> 30} GB")
        with zipfile.ZipFile(path) as deck, zipfile.ZipFile(small, "w") as kept:
            parts = deck.infolist()
            if len(parts) > MAX_PARTS:
                raise LessonError(path, 0, f"more than {MAX_PARTS} parts")
            for part in parts:
                data = PLACEHOLDER
                if part.filename.endswith((".xml", ".rels")):
                    with deck.open(part) as file:
                        data = file.read(left + 1)  # what is really there, whatever the directory says
                    left -= len(data)
                    if b"<!DOCTYPE" in data:
                        raise LessonError(path, 0, f"{part.filename} declares entities, which no deck does")
                    if left < 0:
                        raise LessonError(path, 0, f"more than {MAX_XML >> 20} MB of XML: no deck")
                kept.writestr(part.filename, data)
    except zipfile.BadZipFile:
        raise LessonError(
            path, 0, "no .pptx file, or one with a password: open it in PowerPoint and save it without one"
        ) from None
    except (RuntimeError, NotImplementedError, ValueError, EOFError, zlib.error, OSError) as error:
        raise _broken(path, error) from None
    return small.getvalue()


def _title(deck: Any) -> str:
    try:
        title = " ".join(str(deck.core_properties.title).split())
    except Exception:  # noqa: BLE001 a broken property is no reason to refuse the deck
        return ""
    return "" if title.lower() in DEFAULT_TITLES else title


def _slides(path: Path, deck: Any) -> Iterator[tuple[int, bool, str, str]]:
    """Yield of each slide its number, whether it is hidden, its title, its notes with a line for each paragraph."""
    try:
        slides = list(deck.slides)
    except Exception as error:  # noqa: BLE001
        raise _broken(path, error) from None
    for number, slide in enumerate(slides, 1):
        try:
            heading = slide.shapes.title.text_frame.text if slide.shapes.title is not None else ""
            frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
            paragraphs = [paragraph.text for paragraph in frame.paragraphs] if frame is not None else []
            hidden = slide.element.get("show") in ("0", "false")
        except Exception as error:  # noqa: BLE001
            raise LessonError(path, number, f"slide that cannot be read: {error}") from None
        notes = "\n\n".join(_plain(path, number, text).replace("\n", "\n\n") for text in paragraphs)
        yield number, hidden, " ".join(_plain(path, number, heading).split()), notes


def _plain(path: Path, number: int, text: str) -> str:
    """Text with line breaks (a vertical tab, in Office) as newlines. Raises LessonError for control characters."""
    text = _ESCAPED.sub(lambda m: chr(int(m[1], 16)) if int(m[1], 16) < 32 else m[0], text)
    return clean_text(path, text.replace("\v", "\n"), number).replace("\r", "\n")
