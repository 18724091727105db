"""A segment's timed words as their author wrote them, where other words were spoken in their place.

spoken      I use cube control daily.    words   I | use | cube | control | daily
written     I use kubectl daily.         words   I | use | kubectl | daily
"""

from __future__ import annotations

from collections.abc import Sequence

from worker.contract.manifest import WordTime
from worker.contract.messages import Respelling


def as_written(words: Sequence[WordTime], text: str, respelt: Sequence[Respelling]) -> tuple[WordTime, ...]:
    """The words of a segment's spoken ``text``; all that touch a respelling become what was written, as one word.

    Times stay; a word that the text does not have is kept as it is.
    """
    found: list[WordTime] = []
    at = 0  # up to here the text is taken
    last, where = (0, 0), 0  # the span of the text that the last respelt word stands for, and its place in found
    for word, start, end in words if respelt else ():
        place = text.find(word, at)
        if place < 0:
            found.append((word, start, end))
            continue
        at = place + len(word)
        touched = [one for one in respelt if one.start < at and place < one.end]
        if not touched:
            found.append((word, start, end))
            continue
        first = min(place, touched[0].start)
        if first < last[1]:  # goes on with the word before
            last = (last[0], max(at, touched[-1].end))
            found[where] = (_written(text, last, respelt), found[where][1], end)
            continue
        last, where = (first, max(at, touched[-1].end)), len(found)
        found.append((_written(text, last, respelt), start, end))
    return tuple(found) if respelt else tuple(words)


def _written(text: str, span: tuple[int, int], respelt: Sequence[Respelling]) -> str:
    """The author's words for a span of the spoken text."""
    out, at = "", span[0]
    for one in respelt:
        if span[0] <= one.start and one.end <= span[1]:
            out += text[at : one.start] + one.written
            at = one.end
    return out + text[at : span[1]]
