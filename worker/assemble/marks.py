"""Times of the moments that an author named: by the words around them where those are timed, else by their share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from models.text.segment_cuts import speakable
from worker.assemble.caption_text import spoken_length
from worker.assemble.captions import REACH
from worker.contract.manifest import WordTime

Timing = Literal["word", "segment", "share"]


def moment(caption: str, offset: int, span: tuple[int, int], words: Sequence[WordTime] | None) -> tuple[int, Timing]:
    """The sample at which the character at ``offset`` of a caption is said, and how that is known.

    "segment": nothing is said before it, or after it, so it is the segment's own start or end. "word": a timed word
    begins there. "share": shared out between the nearest known times by how long the characters take to say. A word
    that is written otherwise than it is said is looked for between its neighbours.
    """
    start, end = span
    if not speakable(caption[:offset]):
        return start, "segment"
    if not speakable(caption[offset:]):
        return end, "segment"
    before, after, between = (0, start), (len(caption), end), list(words or ())
    at = 0
    for n, (word, begins, ends) in enumerate(words or ()):
        found = caption.find(word, at, at + REACH + len(word))
        if found < 0:
            continue
        at = found + len(word)
        if at <= offset or not speakable(caption[offset:at]):
            before, between = (at, ends), list((words or ())[n + 1 :])
        else:
            if found >= offset or not speakable(caption[found:offset]):
                after = (found, begins)
            else:
                before, after = (found, begins), (at, ends)
            between = [other for other in between if before[1] <= other[1] < begins]
            break
    if after[0] < len(caption) and not speakable(caption[offset : after[0]]):
        return after[1], "word"
    if between and not speakable(caption[before[0] : offset]):
        return between[0][1], "word"
    whole = spoken_length(caption[before[0] : after[0]])
    share = spoken_length(caption[before[0] : offset]) / whole if whole else 0
    return before[1] + round((after[1] - before[1]) * share), "share"
