"""Markdown lessons: CommonMark with tables, strikethrough, task lists and footnotes, and YAML front matter.

Spoken: headings, paragraphs, list items, block quotes, table rows (cell by cell, the head too), the text of links,
inline code, text between inline HTML tags. Not spoken, and noted: code blocks, HTML blocks, pictures, footnotes. Not
spoken, as it is no content: link addresses, HTML comments and tags, list numbers and check boxes, rules.

Marks for pauses, voices and languages: see ``marks.py``. A line break in the source is a space (none between Chinese or
Japanese characters); two spaces or a backslash at a line's end, or ``<br>``, end the sentence.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from producer.lesson import BlockRole, Body, Lesson, LessonError
from producer.readers import marks
from producer.readers.source import lesson_of
from producer.readers.writer import Writer

MAX_NESTING = 50  # lists in lists in quotes; markdown-it drops what lies deeper, so it must be an error

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def read(path: Path, data: bytes) -> list[Lesson]:
    """One lesson a file; its body is not parsed yet."""
    return [lesson_of(path, data)]


def body(lesson: Lesson) -> Body:
    """Parse a lesson. Raises LessonError with the line for marks that make no sense, or where nothing can be spoken."""
    writer = Writer(lesson.path)
    _Markdown(writer, lesson.first_line).take_all(_parser().parse(lesson.text))
    return writer.finished()


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin).use(tasklists_plugin)
    parser.inline.ruler.before("link", "mark", _mark)
    return parser


def _mark(state: StateInline, silent: bool) -> bool:
    """Inline rule: a mark becomes a token of its own, with the line within its block in ``meta``."""
    if state.src[state.pos] != "[" or not (mark := marks.at(state.src, state.pos)):
        return False
    if not silent:
        token = state.push("mark", "", 0)
        token.meta = {"mark": mark, "line": state.src.count("\n", 0, state.pos)}
    state.pos += len(mark.source)
    return True


class _Markdown:
    """Writes blocks from markdown-it's tokens. ``first_line`` is that of the text in the file."""

    def __init__(self, writer: Writer, first_line: int) -> None:
        self._writer = writer
        self._first_line = first_line
        self._lists = 0
        self._skipping = 0  # inside of footnotes
        self._cells = 0  # written of the table row at hand

    def take_all(self, tokens: list[Token]) -> None:
        """The tokens of a text. Raises LessonError where they lie too deep."""
        for at, token in enumerate(tokens):
            if token.level >= MAX_NESTING - 1:
                raise LessonError(
                    self._writer.path, self._line(token), f"nested more than {MAX_NESTING} deep: flatten it"
                )
            if token.type in ("footnote_block_open", "footnote_block_close"):
                self._skipping += token.nesting
            elif self._skipping:
                if token.type == "inline":
                    self._leave_out(token, "footnote")
            else:
                self._take(token, tokens[at - 1].type if at else "")

    def _line(self, token: Token) -> int:
        """The line in the file at which a block token begins."""
        return self._first_line + (token.map[0] if token.map else 0)

    def _leave_out(self, token: Token, what: str) -> None:
        self._writer.not_spoken(self._line(token), what)

    def _take(self, token: Token, parent: str) -> None:
        """One block token; ``parent`` is the type of the one before it."""
        if token.type in ("bullet_list_open", "ordered_list_open", "bullet_list_close", "ordered_list_close"):
            self._lists += token.nesting
        elif token.type in ("fence", "code_block"):
            self._leave_out(token, "code block")
        elif token.type == "html_block" and _COMMENT.sub("", token.content).strip():
            self._leave_out(token, "HTML block")
        elif token.type == "tr_open":
            self._writer.begin("list_item", self._line(token))
            self._cells = 0
        elif token.type == "tr_close":
            self._writer.end()
        elif token.type == "inline" and parent in ("th_open", "td_open"):
            if token.content.strip():
                self._writer.cell(first=not self._cells)
                self._inline(token)
                self._cells += 1
        elif token.type == "inline":
            role: BlockRole = "list_item" if self._lists else "paragraph"
            self._writer.begin("heading" if parent == "heading_open" else role, self._line(token))
            self._inline(token)
            self._writer.end()

    def _inline(self, token: Token) -> None:
        for child in token.children or ():
            if child.type in ("text", "code_inline"):
                self._writer.write(child.content)
            elif child.type == "softbreak":
                self._writer.soft_break()
            elif child.type == "hardbreak":
                self._writer.hard_break()
            elif child.type == "html_inline" and _LINE_BREAK.fullmatch(child.content):
                self._writer.hard_break(new_line=False)
            elif child.type == "image":
                self._leave_out(token, "picture")
            elif child.type == "mark":
                self._writer.obey(child.meta["mark"], self._line(token) + child.meta["line"])
