"""reveal.js decks (.html): only speaker notes are spoken, slides in the order in which they stand, vertical ones too.

A slide's notes are its ``<aside class="notes">`` and its ``data-notes``, in Markdown slides (``data-markdown``) also
what follows ``Note:``, read as Markdown. Hidden slides, slides without notes, and slides in another file are noted.
"""

from __future__ import annotations

import bisect
import hashlib
import re
from html.parser import HTMLParser
from itertools import accumulate
from pathlib import Path

from producer.errors import LessonError
from producer.lessons.model import Body, Lesson
from producer.readers.block_writer import BlockWriter
from producer.readers.encoding import decode_text
from producer.readers.lesson_head import lesson_head
from producer.readers.markdown_blocks import write_notes

SEPARATOR, NOTES = r"^\r?\n---\r?\n$", r"^\s*notes?:"  # reveal.js's own defaults, for slides in Markdown
BLOCKS = frozenset(
    {
        "p",
        "div",
        "li",
        "ul",
        "ol",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "tr",
        "td",
        "th",
        "dt",
        "dd",
        "pre",
    }
)

_DECK = re.compile(r"""class\s*=\s*["']?[^"'>]*\breveal\b""", re.IGNORECASE)
_TEMPLATE = re.compile(r"<(textarea|script)\b[^>]*>(.*?)</\1\s*>", re.IGNORECASE | re.DOTALL)
_ASIDE = re.compile(
    r"""<aside\b[^>]*class\s*=\s*["']?[^"'>]*\bnotes\b[^>]*>(.*?)</aside\s*>""", re.IGNORECASE | re.DOTALL
)


def is_lesson(path: Path) -> bool:
    """Tell whether an HTML file is a deck: an element of class ``reveal`` says so."""
    try:
        return bool(_DECK.search(path.read_text("latin-1")))
    except OSError:
        return False


def read(path: Path, data: bytes) -> list[Lesson]:
    """Return the one lesson of a deck. Raises LessonError for other HTML."""
    text = decode_text(path, data)
    if not _DECK.search(text):
        raise LessonError(path, 0, "no reveal.js deck: nothing in it has the class reveal")
    return [lesson_head(path, hashlib.sha256(data).hexdigest(), text)]


def body(lesson: Lesson) -> Body:
    """Parse the notes, slide by slide. Raises LessonError with the line for marks that make no sense."""
    deck = _Deck(lesson)
    try:
        deck.feed(lesson.text)
        deck.close()
    except AssertionError as error:  # html.parser's, about declarations
        raise LessonError(lesson.path, deck.getpos()[0], f"broken HTML: {error}") from None
    return deck.finished()


class _Deck(HTMLParser):
    """Walks through the tags. ``_until`` is the offset up to which the source was taken as Markdown."""

    def __init__(self, lesson: Lesson) -> None:
        super().__init__(convert_charrefs=True)
        self._lesson = lesson
        self._writer = BlockWriter(lesson.path)
        self._starts = [0, *accumulate(len(line) + 1 for line in lesson.text.split("\n"))]
        self._until = 0
        self._open: list[_Section] = []
        self._slides = 0
        self._aside = False
        self._in_title = False
        self._title = ""

    def finished(self) -> Body:
        """Return all notes."""
        self._writer.end()
        while self._open:
            self._close_section()
        title = " ".join(self._title.split())
        return self._writer.finished("" if title.lower().startswith("reveal") else title)

    # --- html.parser's events

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a slide, its notes, or a paragraph of them."""
        given = {name: value or "" for name, value in attrs}
        if self._offset() < self._until:
            return
        if tag == "section":
            self._section(given)
        elif tag == "aside" and "notes" in given.get("class", "").split():
            self._notes_begin(given)
        elif tag == "title" and not self._open:
            self._in_title = True
        elif self._aside and tag == "br":
            self._writer.hard_break(new_line=False)
        elif self._aside and tag in BLOCKS:
            self._paragraph()

    def handle_endtag(self, tag: str) -> None:
        """End a slide, its notes, or a paragraph of them."""
        if self._offset() < self._until:
            return
        if tag == "section":
            self._writer.end()
            self._aside = False
            self._close_section()
        elif tag == "aside" and self._aside:
            self._writer.end()
            self._aside = False
        elif tag == "title":
            self._in_title = False
        elif self._aside and tag in BLOCKS:
            self._paragraph()

    def handle_data(self, data: str) -> None:
        """Take words of a note, perhaps on several lines."""
        if self._in_title:
            self._title += data
        if not self._aside or self._offset() < self._until:
            return
        first = self.getpos()[0]
        for number, line in enumerate(data.split("\n"), first):
            if number > first:
                self._writer.soft_break()
            self._writer.marked(re.sub(r"\s+", " ", line.lstrip() if number > first else line), number)

    # --- slides

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._starts[line - 1] + column

    def _line_at(self, offset: int) -> int:
        return bisect.bisect_right(self._starts, offset)

    def _section(self, given: dict[str, str]) -> None:
        line = self.getpos()[0]
        if self._open:
            self._open[-1].nested = True
        hidden = given.get("data-visibility") == "hidden" or any(section.hidden for section in self._open)
        section = _Section(line, hidden)
        self._open.append(section)
        self._slides += 1
        if hidden:
            self._writer.not_spoken(line, "hidden slide")
            section.spoken = True
            return
        if given.get("data-notes", "").strip():
            self._begin_slide()
            self._writer.prose(given["data-notes"], line, one_line=True)
        if "data-markdown" in given:
            self._markdown_slides(given)

    def _begin_slide(self) -> None:
        if self._open:
            self._open[-1].spoken = True
        self._writer.id = f"slide-{self._slides}"

    def _close_section(self) -> None:
        if self._open:
            section = self._open.pop()
            if not section.spoken and not section.nested:
                self._writer.note(section.line, "slide without notes")

    def _notes_begin(self, given: dict[str, str]) -> None:
        if self._open and self._open[-1].hidden:
            return
        self._begin_slide()
        if "data-markdown" in given:
            start, end = self._inside("aside")
            self._write_markdown(self._lesson.text[start:end], start)
        else:
            self._aside = True
            self._writer.begin("paragraph", self.getpos()[0])

    def _paragraph(self) -> None:
        self._writer.end()
        self._writer.begin("paragraph", self.getpos()[0])

    # --- Markdown inside of HTML

    def _inside(self, tag: str) -> tuple[int, int]:
        """Return where the tag at hand ends and where it is closed; the parser's events there are passed over."""
        start = self._offset() + len(self.get_starttag_text() or "")
        closing = re.compile(rf"</{tag}\s*>", re.IGNORECASE).search(self._lesson.text, start)
        self._until = closing.start() if closing else len(self._lesson.text)
        return start, self._until

    def _markdown_slides(self, given: dict[str, str]) -> None:
        line = self.getpos()[0]
        start, end = self._inside("section")
        section = self._open[-1]
        section.spoken = True
        if given["data-markdown"].strip():
            self._writer.not_spoken(line, f"slides in {given['data-markdown'].strip()!r}")
            return
        if template := _TEMPLATE.search(self._lesson.text, start, end):
            start, end = template.span(2)
        separators = [given.get("data-separator") or SEPARATOR, given.get("data-separator-vertical", "")]
        parting = self._pattern("|".join(filter(None, separators)), line)
        noting = self._pattern(given.get("data-separator-notes") or NOTES, line)
        text, at = self._lesson.text[start:end], 0
        for number, match in enumerate([*parting.finditer(text), None]):
            self._slides += 1 if number else 0
            self._markdown_slide(text[at : match.start() if match else len(text)], start + at, noting)
            at = match.end() if match else 0

    def _markdown_slide(self, text: str, offset: int, noting: re.Pattern[str]) -> None:
        notes = [match.span(1) for match in _ASIDE.finditer(text)]
        if found := noting.search(text):
            notes.append((found.end(), len(text)))
        if not any(text[a:b].strip() for a, b in notes):
            self._writer.note(self._line_at(offset + len(text) - len(text.lstrip())), "slide without notes")
        self._begin_slide()
        for a, b in notes:
            self._write_markdown(text[a:b], offset + a)

    def _write_markdown(self, text: str, offset: int) -> None:
        write_notes(self._writer, text, self._line_at(offset))

    def _pattern(self, source: str, line: int) -> re.Pattern[str]:
        try:
            return re.compile(source, re.MULTILINE | re.IGNORECASE)
        except re.error as error:
            raise LessonError(self._lesson.path, line, f"separator {source!r} is no pattern: {error}") from None


class _Section:
    """A slide that is open, or a stack of vertical ones."""

    def __init__(self, line: int, hidden: bool) -> None:
        self.line, self.hidden = line, hidden
        self.spoken = False
        self.nested = False
