"""The second step: blocks are cut into segments, each with the silence after it and the marks in it."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from models.text.segment import SegmentText, ends, fold, pieces
from producer.errors import LessonError
from producer.lessons.model import Block
from producer.plan.narration import Narration
from producer.plan.readings import SpokenText, check_words, spoken
from worker.contract.messages import CaptionMark, Role

PAUSE_MS: dict[Role, int] = {"heading": 700, "paragraph": 500, "list_item": 350, "sentence": 250, "clause": 120}
MAX_PAUSE_MS = 600_000
MAX_MARKS = 1_000  # worker.contract.messages.LessonEntry
Part = tuple[SegmentText, Role, int]  # a segment's text, the boundary after it, and the silence there in milliseconds


@dataclass(frozen=True, slots=True)
class CutSegment:
    """A segment as it is cut from its block: what is written and what is said, and what follows it."""

    block: Block
    written: SegmentText
    said: SpokenText
    role: Role  # the boundary that follows: a clause, a sentence, or the end of the block
    pause_ms: int  # silence after it
    marks: tuple[CaptionMark, ...] = ()
    first: bool = True  # of its block

    @property
    def line(self) -> int:
        """The line in the source where it begins."""
        return self.block.line_at(self.written.start)


def cut(blocks: Iterable[Block], narration: Narration) -> list[CutSegment]:
    """Cut blocks into segments. Raises LessonError for too many marks, too much silence, too long a word."""
    path = narration.lesson.path
    found: list[CutSegment] = []
    for block in blocks:
        check_words(path, block.text, block.line_at)
        found += cut_block(block, narration.language)
    for one in found:
        if len(one.marks) > MAX_MARKS:
            raise LessonError(path, one.line, f"{len(one.marks)} marks in one sentence: at most {MAX_MARKS}")
        if one.pause_ms > MAX_PAUSE_MS:
            raise LessonError(path, one.line, f"pauses of more than {MAX_PAUSE_MS // 60_000} minutes in a row")
    return found


def cut_block(block: Block, language: str) -> list[CutSegment]:
    """Cut a block into segments; ``language`` is that of blocks that name none.

    A pause that the author asked for ends a segment, and is added to what is there anyway. Where a sentence goes on in
    the next block, because somebody else speaks or the speed changes, its punctuation alone says what is there.
    """
    language = block.voicing.language or language
    parts = list(_parts(block, language))
    marks = _marks(block, [text for text, _, _ in parts])
    return [
        CutSegment(block, text, spoken(block, text, language), role, pause, marks[at], first=at == 0)
        for at, (text, role, pause) in enumerate(parts)
    ]


def uncut(block: Block, language: str) -> CutSegment:
    """Return a whole block as one segment, in this very language."""
    text = block.text
    whole = SegmentText(fold(text), language, "sentence", len(text) - len(text.lstrip()), len(text.rstrip()))
    return CutSegment(block, whole, spoken(block, whole, language), "paragraph", PAUSE_MS["paragraph"])


def _parts(block: Block, language: str) -> Iterator[Part]:
    cuts = sorted({pause.offset for pause in block.pauses} | {0, len(block.text)})
    found: list[tuple[SegmentText, int]] = []
    for start, end in pairwise(cuts):
        kept = [(r.start - start, r.end - start) for r in block.readings if start <= r.start and r.end <= end]
        for piece in pieces(block.text[start:end], language, whole=block.whole, kept=kept):
            found.append((replace(piece, start=piece.start + start, end=piece.end + start), 0))
        if found:
            wanted = sum(pause.milliseconds for pause in block.pauses if pause.offset == end)
            found[-1] = (found[-1][0], found[-1][1] + wanted)
    for at, (piece, wanted) in enumerate(found):
        if at < len(found) - 1:
            role: Role = "clause" if wanted and not ends(piece.text) else piece.boundary
            yield piece, role, PAUSE_MS[role] + wanted
        elif block.role == "clause":
            role = "sentence" if ends(piece.text) == "sentence" else "clause"
            usual = PAUSE_MS[role] if ends(piece.text) else 0
            yield piece, role, (usual if block.pause_ms is None else block.pause_ms) + wanted
        else:
            usual = PAUSE_MS[block.role] if block.pause_ms is None else block.pause_ms
            yield piece, block.role, usual + wanted


def _marks(block: Block, texts: Sequence[SegmentText]) -> list[tuple[CaptionMark, ...]]:
    """The marks of each text, by offset into its caption: in the one that says what follows, else where it ends."""
    found: list[list[CaptionMark]] = [[] for _ in texts]
    starts = [text.start for text in texts]
    for mark in block.marks if texts else ():
        at = max(0, bisect.bisect_right(starts, mark.offset) - 1)
        offset = len(fold(block.text[starts[at] : mark.offset] + "x")) - 1
        if offset >= len(texts[at].text) and at + 1 < len(texts):
            at, offset = at + 1, 0
        found[at].append(CaptionMark(name=mark.name, offset=max(0, min(offset, len(texts[at].text)))))
    return [tuple(marks) for marks in found]
