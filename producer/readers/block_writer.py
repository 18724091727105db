"""The blocks of a lesson, collected: every reader writes to this, a line of its source at a time."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from models.text.languages import HAN, KANA, LANGUAGES
from models.text.segment_cuts import speakable
from producer.errors import LessonError
from producer.lessons.model import Block, BlockRole, Body, Pause, Voicing
from producer.readers import marks
from producer.readers.marks import MAX_PAUSE_MS, Written

_WIDE = re.compile(f"[{HAN}{KANA}\u3000-\u303f\uff01-\uff60]")


class BlockWriter:
    """Blocks in the making. ``id`` is that of the blocks written from here on: a slide's, a row's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.blocks: list[Block] = []
        self.id = ""
        self.voicing = Voicing()
        self._notes: list[str] = []
        self.begin("paragraph", 0)

    def note(self, line: int, what: str) -> None:
        """Note something that its author should know, and where."""
        self._notes.append(f"{line}: {what}")

    def not_spoken(self, line: int, what: str) -> None:
        """Note that something is left out by rule."""
        self.note(line, f"{what}, not spoken")

    def finished(self, title: str = "") -> Body:
        """Return all blocks. Raises LessonError where there is none."""
        if not self.blocks:
            left_out = f" ({'; '.join(self._notes[:3])})" if self._notes else ""
            raise LessonError(self.path, 0, f"nothing to speak in this lesson{left_out}")
        return Body(tuple(self.blocks), tuple(self._notes), title=title)

    # --- a block at a time

    def begin(self, role: BlockRole, line: int) -> None:
        """Begin a new block, whose first line is this."""
        self._role: BlockRole = role
        self._line = line
        self._parts: list[str] = []
        self._length = 0
        self._pauses: list[Pause] = []
        self._breaks: list[int] = []
        self._pending = 0  # line breaks in the source, not yet written

    def write(self, text: str) -> None:
        """Write words of the block at hand."""
        if not text:
            return
        if self._pending:
            self._break_line(text)
        if not self._parts:
            text = text.lstrip()
        if text:
            self._parts.append(text)
            self._length += len(text)

    def soft_break(self) -> None:
        """End a line of the source whose sentence goes on: a space, none between Chinese or Japanese characters."""
        self._pending += 1

    def hard_break(self, *, new_line: bool = True) -> None:
        """End the sentence here; so does the source's line, unless it is said not to."""
        self.write("\n")
        if new_line and self._parts:
            self._breaks.append(self._length)
        elif new_line:
            self._line += 1

    def cell(self, first: bool) -> None:
        """Begin a cell of a table row; ``first`` if it is the row's first."""
        if not first and self._parts:
            self.write("，" if _WIDE.match(self._parts[-1][-1:]) else ", ")

    def end(self) -> None:
        """Complete the block at hand."""
        text = "".join(self._parts).rstrip()
        if speakable(text):
            pauses = tuple(Pause(min(pause.offset, len(text)), pause.milliseconds) for pause in self._pauses)
            breaks = tuple(at for at in self._breaks if at < len(text))
            self.blocks.append(Block(text, self._role, self._line, self.voicing, pauses, breaks, id=self.id))
        elif text:
            self.not_spoken(self._line, "no letter or digit")
        self.begin(self._role, self._line)

    def _break_line(self, following: str) -> None:
        lines, self._pending = self._pending, 0
        before = self._parts[-1][-1:] if self._parts else ""
        if not before:
            self._line += lines
            return
        if not (_WIDE.match(before) and _WIDE.match(following[:1])):
            self._parts.append(" ")
            self._length += 1
        self._breaks += [self._length] * lines

    # --- plain text

    def prose(self, text: str, line: int, *, one_line: bool = False) -> None:
        """Write plain text: empty lines part paragraphs, other line breaks are spaces, marks are obeyed.

        With ``one_line`` all of it stands on one line, or slide, of the source.
        """
        within = False
        first = len(self.blocks)
        for at, source in enumerate(text.split("\n")):
            number = line if one_line else line + at
            if not source.strip():
                self.end()
                within = False
                continue
            if within:
                self.soft_break()
            else:
                self.begin("paragraph", number)
            within = True
            self.marked(source.strip(), number)
        self.end()
        if one_line:
            self.blocks[first:] = [replace(block, line=line, breaks=()) for block in self.blocks[first:]]

    def marked(self, text: str, line: int) -> None:
        """Write words of the block at hand, on one line, with marks among them."""
        start = 0
        bracket = text.find("[")
        while bracket >= 0:
            end = bracket + 1
            if mark := marks.mark_at(text, bracket):
                end = bracket + len(mark.source)
                if text[bracket - 1 : bracket] == "\\":
                    self.write(text[start : bracket - 1])
                    start = bracket
                else:
                    self.write(text[start:bracket])
                    self.obey(mark, line)
                    start = end
            bracket = text.find("[", end)
        self.write(text[start:])

    # --- marks

    def obey(self, mark: Written, line: int) -> None:
        """Do what a mark says. Raises LessonError for one that makes no sense."""
        if mark.what == "pause":
            self._pause(mark, line)
        elif mark.misplaced:
            raise LessonError(
                self.path, line, f"{mark.source} must stand on a line of its own; for the words, write \\{mark.source}"
            )
        else:
            self.end()
            self._switch(mark, line)
            self.begin(self._role, line)

    def _pause(self, mark: Written, line: int) -> None:
        if not mark.pause:
            raise LessonError(
                self.path, line, f"{mark.source} is no pause: write [pause 500ms] or [pause 1.5s], at most "
                f"{MAX_PAUSE_MS // 1000} s; for the words, write \\{mark.source}"
            )  # fmt: skip
        if any(map(speakable, self._parts)):
            self._pauses.append(Pause(self._length, mark.pause))
        elif self.blocks:
            self.blocks[-1] = self.blocks[-1].with_pause(mark.pause)
        else:
            raise LessonError(self.path, line, f"{mark.source} comes before the first words: move it after them")

    def _switch(self, mark: Written, line: int) -> None:
        now, name = self.voicing, None if mark.name == "default" else mark.name
        if mark.what == "voice":
            self.voicing = Voicing(name, line, now.language)
        elif name and name not in LANGUAGES:
            raise LessonError(self.path, line, f"unknown language {name!r}: known are {', '.join(LANGUAGES)}, default")
        else:
            self.voicing = Voicing(now.voice, now.voice_line, name)
