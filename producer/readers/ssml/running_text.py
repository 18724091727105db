"""Blocks from running text: white space folded, lines counted, a new block wherever somebody or something else speaks.

Where a voice, a language, a speed or a volume changes inside a sentence, the block before it has the role "clause": the
sentence goes on. Marks of punctuation after the change stay with the words before them, as far as they touch them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from models.text.languages import HAN, KANA
from models.text.segment_cuts import speakable
from producer.lessons.model import Block, BlockRole, Mark, Pause, Reading, Voicing

_RUNS = re.compile(r"\s+|\S+")
_WIDE = re.compile(f"[{HAN}{KANA}\u3000-\u303f\uff01-\uff60]")
_CLOSING = re.compile(r"[,.;:!?…)\]}\"'”’»]+$|[、。，；：！？」』）】》〉”’…]+")
_OPENING = re.compile(r"^[(\[{\"'“‘«]+$|[「『（【《〈“‘]+$")
_RANK = {"clause": 0, "sentence": 1, "paragraph": 2}


@dataclass(slots=True)
class _Fragment:
    """A block in the making."""

    voicing: Voicing
    whole: bool
    parts: list[str] = field(default_factory=list)
    length: int = 0
    first_line: int = 0
    line: int = 0  # of what was written last
    pauses: list[Pause] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)

    def write(self, text: str, line: int) -> None:
        if not self.parts:
            self.first_line = self.line = line
        self.breaks += [self.length] * (line - self.line)
        self.line = line
        self.parts.append(text)
        self.length += len(text)

    def opening(self) -> str:
        """Take off what opens a bracket or quotation at the end: it belongs to what follows."""
        match = _OPENING.search(self.parts[-1])
        length = self.length - len(match[0]) if match else 0
        if not match or any(place > length for place in self._places()):
            return ""
        self.parts[-1] = self.parts[-1][: match.start()]
        text = "".join(self.parts).rstrip()
        self.parts, self.length = [text], len(text)
        return match[0]

    def _places(self) -> list[int]:
        return [
            *(pause.offset for pause in self.pauses),
            *(mark.offset for mark in self.marks),
            *(reading.end for reading in self.readings),
        ]

    @property
    def speakable(self) -> bool:
        return bool(self.readings) or any(map(speakable, self.parts))

    def block(self, role: BlockRole) -> Block:
        return Block(
            "".join(self.parts), role, self.first_line, self.voicing, tuple(self.pauses), tuple(self.breaks),
            tuple(self.readings), tuple(self.marks), self.whole,
        )  # fmt: skip


class RunningText:
    """Takes text and what belongs to it, in order; ``voicing`` and ``whole`` hold for the text that follows."""

    def __init__(self) -> None:
        self.voicing = Voicing()
        self.whole = False
        self.blocks: list[Block] = []
        self.notes: list[str] = []
        self._space = ""  # white space seen and not yet written
        self._now = _Fragment(self.voicing, self.whole)

    def text(self, text: str, line: int) -> None:
        """Take running text that begins on a line."""
        for run in _RUNS.findall(text):
            if run.isspace():
                self._space += run
                line += run.count("\n")
            else:
                self._word(run, line)

    def reading(self, text: str, line: int, *, words: str | None = None, ipa: str | None = None) -> None:
        """Take text that is said in a way of its own."""
        folded = " ".join(text.split())
        if text[:1].isspace():
            self._space += " "
        self._turn()
        self._separate(folded)
        start = self._now.length
        self._now.write(folded, line)
        self._now.readings.append(Reading(start, self._now.length, words, ipa))
        self._space = " " if text[-1:].isspace() else ""

    def pause(self, milliseconds: int) -> bool:
        """Add silence at this place; False before the first words, where none can be."""
        if self._now.speakable:
            self._now.pauses.append(Pause(self._now.length, milliseconds))
        elif self.blocks:
            self.blocks[-1] = self.blocks[-1].with_pause(milliseconds)
        else:
            return False
        return True

    def mark(self, name: str) -> None:
        """Name the moment at which the following words begin."""
        self._now.marks.append(Mark(self._now.length, name))

    def boundary(self, role: BlockRole) -> None:
        """End a sentence or a paragraph here, if one has begun."""
        now, last = self._now, self.blocks[-1] if self.blocks else None
        marks: list[Mark] = []
        if now.speakable:
            self._flush(role)
        else:
            marks = [Mark(0, mark.name) for mark in now.marks]
            if last and now.parts and last.role == "clause":
                self.blocks[-1] = replace(last, text=f"{last.text} {''.join(now.parts)}")
            elif now.parts:
                self.notes.append(f"{now.first_line}: no letter or digit, not spoken")
            if self.blocks and _RANK[self.blocks[-1].role] < _RANK[role]:
                self.blocks[-1] = replace(self.blocks[-1], role=role)
        self._now = _Fragment(self.voicing, self.whole, marks=marks)
        self._space = ""

    def finish(self) -> None:
        """End the text: marks that nothing follows are at the end of what was said."""
        self.boundary("paragraph")
        if self.blocks and self._now.marks:
            last = self.blocks[-1]
            late = (Mark(len(last.text), mark.name) for mark in self._now.marks)
            self.blocks[-1] = replace(last, marks=(*last.marks, *late))

    def _word(self, word: str, line: int) -> None:
        if self._changed() and self._now.speakable and not self._space and (closing := _CLOSING.match(word)):
            self._now.write(closing[0], line)
            word = word[closing.end() :]
        if word:
            self._turn()
            self._separate(word)
            self._now.write(word, line)

    def _changed(self) -> bool:
        return (self._now.voicing, self._now.whole) != (self.voicing, self.whole)

    def _turn(self) -> None:
        """Begin a block where another voicing holds; what has no sound yet goes along."""
        if not self._changed():
            return
        if self._now.speakable:
            opening = self._now.opening() if not self._space else ""
            line = self._now.line
            self._flush("clause")
            self._now = _Fragment(self.voicing, self.whole)
            if opening:
                self._now.write(opening, line)
        else:
            self._now.voicing, self._now.whole = self.voicing, self.whole

    def _separate(self, after: str) -> None:
        before = self._now.parts[-1][-1:] if self._now.parts else ""
        joined = "\n" in self._space and _WIDE.match(before) and _WIDE.match(after)
        if self._space and before and not joined:
            self._now.parts.append(" ")
            self._now.length += 1
        self._space = ""

    def _flush(self, role: BlockRole) -> None:
        self.blocks.append(self._now.block(role))
