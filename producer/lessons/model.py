"""A lesson as its author wrote it: what every reader gives and planning takes. No voices, no keys yet."""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from producer.errors import LessonError
from producer.lessons.options import NO_OPTIONS, NarrationOptions

SPEED_UNIT = 1000  # speed is kept in thousandths
MAX_ID = 100  # characters; worker.contract.messages.Identifier

# What ends with a block: itself; only a sentence ("sentence"); or nothing, its sentence goes on in the next ("clause").
BlockRole = Literal["heading", "paragraph", "list_item", "sentence", "clause"]


@dataclass(frozen=True, slots=True)
class Voicing:
    """The voice, language and manner of a block, where the author said so on the way."""

    voice: str | None = None
    voice_line: int = field(default=0, compare=False)  # of the mark that names it, for errors
    language: str | None = None
    rate: int = SPEED_UNIT  # thousandths of the lesson's own speed
    gain: int = 0  # hundredths of dB


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence that the author asked for, at an offset into the block's text: added to what belongs there anyway."""

    offset: int
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A way to say the span [start, end) of a block's text: in other words, or as these phonemes.

    Where both are set, the words are for voices that take no phonemes. An author's marks and the lexicon both come
    down to readings; captions keep the text itself.
    """

    start: int
    end: int
    words: str | None = None
    ipa: str | None = None
    source: str = field(default="", compare=False)  # file and line of the lexicon that says so, for errors


@dataclass(frozen=True, slots=True)
class Mark:
    """A name that the author gave to a moment: it lands in the timings."""

    offset: int
    name: str


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph, a list item, a table row. In ``text`` a newline is a break that the author forced."""

    text: str
    role: BlockRole
    line: int  # in the source, from 1
    voicing: Voicing = Voicing()
    pauses: tuple[Pause, ...] = ()
    breaks: tuple[int, ...] = ()  # offsets at which the following source lines begin
    readings: tuple[Reading, ...] = ()  # ascending, apart from each other
    marks: tuple[Mark, ...] = ()  # ascending
    whole: bool = False  # one sentence by the author's word: cut only where it is too long for a voice
    id: str = ""  # the author's name for it, or its slide: it lands in the manifest
    pause_ms: int | None = None  # silence after it, in place of its role's
    at_ms: int | None = None  # when it should begin, in the lesson

    def with_pause(self, milliseconds: int) -> Block:
        """Return the block with more silence after it."""
        return replace(self, pauses=(*self.pauses, Pause(len(self.text), milliseconds)))

    def line_at(self, offset: int) -> int:
        """Return the source line of a place in the text."""
        return self.line + bisect.bisect_right(self.breaks, offset)


@dataclass(frozen=True, slots=True)
class Body:
    """The text that is spoken, and notes of what was left out by rule (such as "12: code block, not spoken").

    ``refused`` is what the author asked for and nobody here can do: an error, or notes where the caller is lenient.
    """

    blocks: tuple[Block, ...]
    notes: tuple[str, ...] = ()
    refused: tuple[LessonError, ...] = ()
    title: str = ""  # what the source calls itself, where its head says nothing


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: where it begins, and what stands in its columns, without those that are empty."""

    line: int
    text_line: int  # at which the text begins; 0 where all of it stands on the row's own
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson's head: cheap to read, so that an unchanged one is never parsed. ``readers.read_body`` gives the rest.

    ``lines`` gives the line of each setting, for errors.
    """

    course: str
    id: str
    path: Path
    digest: str  # sha256 of the source, 64 hex digits
    text: str = field(repr=False)  # the source without its head
    first_line: int = 1  # of ``text``, in the file
    title: str | None = None
    options: NarrationOptions = NO_OPTIONS  # that its head gives
    lines: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # known before its body is parsed: "encoding assumed: ..."
    marp: bool = False  # a deck in Markdown, of which only the speaker notes are spoken
    rows: tuple[Row, ...] = field(default=(), repr=False)  # of a table, in place of ``text``
    takes: Mapping[tuple[str, str], int] = field(default_factory=dict)  # of sentences: text and voice, see takes.py

    def head(self) -> Lesson:
        """Return the lesson without what it says."""
        return replace(self, text="", rows=())

    def error(self, setting: str, message: str) -> LessonError:
        """Return an error about one of the settings, at its line."""
        return LessonError(self.path, self.lines.get(setting, 0), message)

    @property
    def folded(self) -> tuple[str, str]:
        """Course and id as a file system that ignores case or Unicode form would see them."""
        return fold_id(self.course), fold_id(self.id)


def slug(name: str) -> str:
    """Make an id of a name: lower case, letters of any script kept, runs of anything else one hyphen.

    Empty where nothing is left.
    """
    words = re.sub(r"[^\w.]+", "-", unicodedata.normalize("NFC", name).lower())
    return words.strip("-._")[:MAX_ID].rstrip("-._")


def fold_id(name: str) -> str:
    """Return one name for all ids that differ only in case or Unicode form."""
    return unicodedata.normalize("NFKC", name).casefold()
