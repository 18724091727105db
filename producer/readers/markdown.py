"""Markdown lessons: CommonMark with tables, strikethrough, task lists and footnotes, and YAML front matter.

Spoken: headings, paragraphs, list items, block quotes, table rows (cell by cell, the head too), the text of links,
inline code, text between inline HTML tags. Not spoken, and noted: code blocks, HTML blocks, pictures, footnotes. Not
spoken, as it is no content: link addresses, HTML comments and tags, list numbers and check boxes, rules.

Marks, which are never spoken:

- ``[pause 500ms]``, ``[pause 1.5s]`` anywhere: silence, added to the pause that belongs there anyway.
- ``[voice zf_xiaobei]``, ``[language zh]`` on a line of its own: from here on, until the next such mark or the end of
  the lesson; ``[voice default]`` and ``[language default]`` go back to the lesson's own.

``[pause here]`` and ``[voice of reason]`` are words, and so is any mark after a backslash: ``\\[pause 500ms]``. A line
break in the source is a space (none between Chinese or Japanese characters); two spaces or a backslash at a line's end,
or ``<br>``, end the sentence.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from models.text.languages import HAN, KANA, LANGUAGES
from models.text.segment import speakable
from producer.lesson import Block, BlockRole, Body, Lesson, LessonError, Pause, Voicing
from producer.readers.source import lesson_of

MAX_NESTING = 50  # lists in lists in quotes; markdown-it drops what lies deeper, so it must be an error
MAX_PAUSE_MS = 300_000

_PAUSE = re.compile(r"\[pause(?:\s*[:=]?\s*(?P<length>[\d.+-][^\]\n]*))?\](?!\()", re.IGNORECASE)
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s)\s*", re.IGNORECASE)
_SWITCH = re.compile(r"\[(voice|language)[ \t]+([^\]\[\s]+)[ \t]*\](?!\()")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_WIDE = re.compile(f"[{HAN}{KANA}\u3000-\u303f\uff01-\uff60]")


def read(path: Path, data: bytes) -> list[Lesson]:
    """One lesson a file; its body is not parsed yet."""
    return [lesson_of(path, data)]


def body(lesson: Lesson) -> Body:
    """Parse a lesson. Raises LessonError with the line for marks that make no sense, or where nothing can be spoken."""
    writer = _Writer(lesson)
    skipping = 0
    tokens = _parser().parse(lesson.text)
    for at, token in enumerate(tokens):
        if token.level >= MAX_NESTING - 1:
            raise LessonError(lesson.path, writer.line(token), f"nested more than {MAX_NESTING} deep: flatten it")
        if token.type in ("footnote_block_open", "footnote_block_close"):
            skipping += token.nesting
        elif skipping:
            if token.type == "inline":
                writer.note(token, "footnote")
        else:
            writer.take(token, tokens[at - 1].type if at else "")
    return writer.finished()


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin).use(tasklists_plugin)
    parser.inline.ruler.before("link", "mark", _mark)
    return parser


def _mark(state: StateInline, silent: bool) -> bool:
    """Inline rule: a mark becomes a token of its own, with the line within its block in ``meta``."""
    if state.src[state.pos] != "[":
        return False
    what: dict[str, Any]
    if match := _PAUSE.match(state.src, state.pos):
        what = {"pause": _milliseconds(match["length"] or "")}
    elif match := _SWITCH.match(state.src, state.pos):
        alone = _alone(state.src, match)
        if not alone and not _meant(match[1], match[2]):
            return False
        what = {match[1]: match[2]} if alone else {"misplaced": True}
    else:
        return False
    if not silent:
        token = state.push("mark", "", 0)
        token.content = match[0]
        token.meta = {**what, "line": state.src.count("\n", 0, state.pos)}
    state.pos = match.end()
    return True


def _milliseconds(length: str) -> int:
    """Zero for what is no length."""
    match = _LENGTH.fullmatch(length)
    if not match:
        return 0
    return round(float(match[1]) * (1 if match[2].lower() == "ms" else 1000))


def _alone(text: str, match: re.Match[str]) -> bool:
    before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
    after = text[match.end() :].partition("\n")[0]
    return not before.strip() and not after.strip()


def _meant(what: str, name: str) -> bool:
    """Whether words in brackets in the middle of a line look like a mark all the same."""
    return name == "default" or (name in LANGUAGES if what == "language" else "_" in name or "/" in name)


class _Writer:
    """Collects blocks from markdown-it's tokens."""

    def __init__(self, lesson: Lesson) -> None:
        self._lesson = lesson
        self._blocks: list[Block] = []
        self._notes: list[str] = []
        self._voicing = Voicing()
        self._lists = 0
        self._cells = 0  # written of the table row at hand
        self._begin("paragraph", 0)

    def line(self, token: Token) -> int:
        """The line in the file at which a block token begins."""
        return self._lesson.first_line + (token.map[0] if token.map else 0)

    def note(self, token: Token, what: str) -> None:
        """Something is left out by rule."""
        self._notes.append(f"{self.line(token)}: {what}, not spoken")

    def take(self, token: Token, parent: str) -> None:
        """One block token; ``parent`` is the type of the one before it."""
        if token.type in ("bullet_list_open", "ordered_list_open", "bullet_list_close", "ordered_list_close"):
            self._lists += token.nesting
        elif token.type in ("fence", "code_block"):
            self.note(token, "code block")
        elif token.type == "html_block" and _COMMENT.sub("", token.content).strip():
            self.note(token, "HTML block")
        elif token.type == "tr_open":
            self._begin("list_item", self.line(token))
            self._cells = 0
        elif token.type == "tr_close":
            self._end()
        elif token.type == "inline" and parent in ("th_open", "td_open"):
            self._cell(token)
        elif token.type == "inline":
            role: BlockRole = "list_item" if self._lists else "paragraph"
            self._begin("heading" if parent == "heading_open" else role, self.line(token))
            self._inline(token)
            self._end()

    def finished(self) -> Body:
        """All blocks. Raises LessonError where there is none."""
        if not self._blocks:
            left_out = f" ({'; '.join(self._notes[:3])})" if self._notes else ""
            raise LessonError(self._lesson.path, 0, f"nothing to speak in this lesson{left_out}")
        return Body(tuple(self._blocks), tuple(self._notes))

    def _begin(self, role: BlockRole, line: int) -> None:
        self._role: BlockRole = role
        self._line = line
        self._text = ""
        self._parts: list[str] = []
        self._length = 0
        self._pauses: list[Pause] = []
        self._breaks: list[int] = []
        self._pending = False  # a line break in the source, not yet written

    def _cell(self, token: Token) -> None:
        if token.content.strip():
            if self._cells and self._parts:
                last = self._parts[-1][-1:]
                self._write("，" if _WIDE.match(last) else ", ")
            self._inline(token)
            self._cells += 1

    def _inline(self, token: Token) -> None:
        for child in token.children or ():
            if child.type in ("text", "code_inline"):
                self._write(child.content)
            elif child.type == "softbreak":
                self._pending = True
            elif child.type == "hardbreak":
                self._write("\n")
                self._breaks.append(self._length)
            elif child.type == "html_inline" and _LINE_BREAK.fullmatch(child.content):
                self._write("\n")
            elif child.type == "image":
                self.note(token, "picture")
            elif child.type == "mark":
                self._obey(child, self.line(token) + child.meta["line"])

    def _write(self, text: str) -> None:
        if self._pending:
            self._pending = False
            before = self._parts[-1][-1:] if self._parts else ""
            joined = _WIDE.match(before) and _WIDE.match(text[:1])
            if before and not joined:
                self._parts.append(" ")
                self._length += 1
            if before:
                self._breaks.append(self._length)
            else:
                self._line += 1
        if not self._parts:
            text = text.lstrip()
        if text:
            self._parts.append(text)
            self._length += len(text)

    def _obey(self, mark: Token, line: int) -> None:
        meta = mark.meta
        if "pause" in meta:
            self._pause(mark.content, meta["pause"], line)
        elif "misplaced" in meta:
            raise LessonError(
                self._lesson.path, line, f"{mark.content} must stand on a line of its own; for the words, write "
                f"\\{mark.content}"
            )  # fmt: skip
        else:
            self._end()
            self._switch(meta, line)
            self._begin(self._role, line)

    def _pause(self, mark: str, milliseconds: int, line: int) -> None:
        if not 0 < milliseconds <= MAX_PAUSE_MS:
            raise LessonError(
                self._lesson.path, line, f"{mark} is no pause: write [pause 500ms] or [pause 1.5s], at most "
                f"{MAX_PAUSE_MS // 1000} s; for the words, write \\{mark}"
            )  # fmt: skip
        if any(map(speakable, self._parts)):
            self._pauses.append(Pause(self._length, milliseconds))
        elif self._blocks:
            last = self._blocks[-1]
            self._blocks[-1] = _with_pause(last, milliseconds)
        else:
            raise LessonError(self._lesson.path, line, f"{mark} comes before the first words: move it after them")

    def _switch(self, meta: dict[str, Any], line: int) -> None:
        now = self._voicing
        if "voice" in meta:
            voice = None if meta["voice"] == "default" else meta["voice"]
            self._voicing = Voicing(voice, line, now.language)
        else:
            language = None if meta["language"] == "default" else meta["language"]
            if language and language not in LANGUAGES:
                raise LessonError(
                    self._lesson.path, line, f"unknown language {language!r}: known are {', '.join(LANGUAGES)}, default"
                )
            self._voicing = Voicing(now.voice, now.voice_line, language)

    def _end(self) -> None:
        text = "".join(self._parts).rstrip()
        if speakable(text):
            pauses = tuple(Pause(min(pause.offset, len(text)), pause.milliseconds) for pause in self._pauses)
            breaks = tuple(at for at in self._breaks if at < len(text))
            self._blocks.append(Block(text, self._role, self._line, self._voicing, pauses, breaks))
        elif text:
            self._notes.append(f"{self._line}: no letter or digit, not spoken")
        self._begin(self._role, self._line)


def _with_pause(block: Block, milliseconds: int) -> Block:
    pauses = (*block.pauses, Pause(len(block.text), milliseconds))
    return Block(block.text, block.role, block.line, block.voicing, pauses, block.breaks)
