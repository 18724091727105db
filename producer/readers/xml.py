"""XML as events with their places: elements and text, nothing else, and nothing that could harm.

A document type is refused, and with it everything that it could declare: entities that expand into gigabytes, entities
and subsets fetched from elsewhere. What is left of XML is bounded by the file's size.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from producer.errors import LessonError

MAX_DEPTH = 100  # elements in each other
FIRST = 1 << 13  # characters given to the parser at once, to begin with: a file's head need not parse the file


@dataclass(frozen=True, slots=True)
class XmlPlace:
    """A place in a file; line and column from 1."""

    path: Path
    line: int
    column: int

    def error(self, message: str) -> LessonError:
        """Return an error about what is wrong here."""
        return LessonError(self.path, self.line, f"column {self.column}: {message}")


@dataclass(frozen=True, slots=True)
class Start:
    """``<tag attribute="value">``."""

    place: XmlPlace
    tag: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class End:
    """``</tag>``."""

    place: XmlPlace
    tag: str


@dataclass(frozen=True, slots=True)
class Text:
    """Characters of one line, or the newline at its end."""

    place: XmlPlace
    text: str


Event = Start | End | Text


def events(path: Path, text: str) -> Iterator[Event]:
    """Yield the events of a document, parsed as far as they are asked for.

    Raises LessonError with line and column where it is not well-formed, has a document type, or is nested too deep.
    """
    source = _Source(path)
    at, size = 0, FIRST
    while at <= len(text):  # the last piece may be empty: it ends the document
        source.feed(text[at : at + size], final=at + size > len(text))
        while source.found:
            yield source.found.popleft()
        at, size = at + size, size * 2  # the parser looks at an unfinished tag again and again


class _Source:
    def __init__(self, path: Path) -> None:
        self.found: deque[Event] = deque()
        self._path = path
        self._depth = 0
        self._parser = parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, text: str, *, final: bool) -> None:
        try:
            self._parser.Parse(text, final)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            place = XmlPlace(self._path, error.lineno, error.offset + 1)
            raise place.error(f"this is not well-formed XML: {reason}{_remedy(error.code)}") from None

    def _place(self) -> XmlPlace:
        return XmlPlace(self._path, self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1)

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._place().error(f"nested more than {MAX_DEPTH} deep: flatten it")
        self.found.append(Start(self._place(), tag, attributes))

    def _end(self, tag: str) -> None:
        self._depth -= 1
        self.found.append(End(self._place(), tag))

    def _text(self, text: str) -> None:
        self.found.append(Text(self._place(), text))

    def _doctype(self, *_: object) -> None:
        raise self._place().error("a document type (<!DOCTYPE>) is refused, and no entity is ever declared: delete it")


def _remedy(code: int) -> str:
    if code == expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]:
        return " (write the character itself; XML has only &amp; &lt; &gt; &quot; &apos;)"
    if code == expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]:
        return " (write & as &amp; and < as &lt;)"
    return ""
