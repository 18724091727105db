"""Marp decks: Markdown with ``marp: true`` in its front matter. Only speaker notes are spoken.

A slide's notes are its HTML comments, except those that give directives (``<!-- class: lead -->``) and
``<!-- fit -->``; they are read as Markdown. A rule (``---``) begins a slide; slides without notes are noted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from markdown_it.token import Token

from producer.lessons.model import Body, Lesson
from producer.readers.block_writer import BlockWriter
from producer.readers.front_matter import MARP, mapping_names
from producer.readers.markdown_blocks import parser, write_notes

_COMMENT = re.compile(r"<!--+(.*?)--+>", re.DOTALL)
_DIRECTIVES = frozenset(MARP) | {f"_{name}" for name in MARP}


def body(lesson: Lesson) -> Body:
    """Parse the notes, slide by slide. Raises LessonError with the line, as Markdown does."""
    writer = BlockWriter(lesson.path)
    title = ""
    for number, (line, tokens) in enumerate(_slides(lesson), 1):
        writer.id = f"slide-{number}"
        spoken = False
        for at, text in _notes(lesson, tokens):
            write_notes(writer, text, at)
            spoken = True
        if not spoken:
            writer.note(line, f"slide {number} without notes")
        title = title or next((_title(t) for before, t in pairwise(tokens) if _heads(before)), "")
    return writer.finished(title)


def _slides(lesson: Lesson) -> Iterator[tuple[int, list[Token]]]:
    """Each slide's tokens, and the line at which it begins."""
    line, slide = lesson.first_line, list[Token]()
    for token in parser().parse(lesson.text):
        if token.type == "hr" and token.level == 0:
            yield line, slide
            line, slide = lesson.first_line + (token.map or [0])[0] + 1, []
        else:
            slide.append(token)
    yield line, slide


def _notes(lesson: Lesson, tokens: list[Token]) -> Iterator[tuple[int, str]]:
    """The comments of a slide that are notes, each with its line."""
    for token in tokens:
        first = lesson.first_line + (token.map[0] if token.map else 0)
        if token.type == "html_block":
            yield from _comments(token.content, first)
        for child in token.children or ():
            if child.type in ("softbreak", "hardbreak"):
                first += 1
            elif child.type == "html_inline":
                yield from _comments(child.content, first)
                first += child.content.count("\n")


def _comments(content: str, line: int) -> Iterator[tuple[int, str]]:
    for match in _COMMENT.finditer(content):
        text = match[1]
        if text.strip() and text.strip() != "fit" and not _DIRECTIVES & mapping_names(text):
            yield line + content.count("\n", 0, match.start(1)), text


def _heads(token: Token) -> bool:
    return token.type == "heading_open"


def _title(token: Token) -> str:
    return " ".join("".join(child.content for child in token.children or () if child.type == "text").split())
