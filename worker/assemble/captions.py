"""Captions from the lesson's own timing: WebVTT and SRT from one description.

A cue holds at most two lines of 42 columns (20 Chinese, Japanese or Korean characters), and stands 1 to 7 seconds where
the speech allows. A longer segment is divided at the best place near its middle, again and again: after a sentence,
else after a clause, else between words, and only inside a word where that alone would not fit. Where words are
timed, a cue begins with its first word; between timed words, and where there are none, time is shared out by how long
the characters take to say. The segment's own start and end are exact.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from worker.assemble.caption_text import Atom, atoms_of, best_break, caption_lines, fits_caption, spoken_length
from worker.contract.manifest import Manifest, WordTime
from worker.contract.timings import chapters

LEAST_MS: Final = 1000  # a cue stands at least so long, if the next one leaves it the time
MOST_MS: Final = 7000
REACH: Final = 40  # characters of the text that may lie between a word and the one before it


@dataclass(frozen=True, slots=True)
class Caption:
    """Text shown from ``start`` to ``end``, in milliseconds of the lesson; one or two lines."""

    start: int
    end: int
    lines: tuple[str, ...]


def lesson_captions(
    entries: Iterable[tuple[str, int, int, Sequence[WordTime]]], rate: int, samples: int
) -> list[Caption]:
    """Captions of a lesson: entries are (text, start, end, words) in samples at ``rate``, in order and apart.

    Words that the text does not have, and an entry without any, do no harm.
    Times are rounded one by one, never added up, so nothing drifts. A cue shorter than LEAST_MS stands on into the
    pause after it, up to the next cue or the lesson's end at ``samples``.
    """
    cues = [
        cue
        for text, start, end, words in entries
        for cue in _segment_cues(
            " ".join(text.split()),
            to_milliseconds(start, rate),
            to_milliseconds(end, rate),
            [(word, to_milliseconds(at, rate)) for word, at, _ in words],
        )
    ]
    limits = [*(cue.start for cue in cues), to_milliseconds(samples, rate)][1:]
    return [
        Caption(cue.start, max(cue.end, min(cue.start + LEAST_MS, limit)), cue.lines)
        for cue, limit in zip(cues, limits, strict=False)  # without cues the lesson's end is nobody's limit
    ]


def chapter_captions(manifest: Manifest) -> Iterator[Caption]:
    """The chapters as captions, for a WebVTT file of the kind "chapters"."""
    rate = manifest.sample_rate
    for title, start, end in chapters(manifest):
        yield Caption(to_milliseconds(start, rate), to_milliseconds(end, rate), (" ".join(title.split()),))


def webvtt(cues: Iterable[Caption]) -> str:
    """Captions as a WebVTT file. ``&``, ``<`` and ``>`` are escaped, so ``-->`` in a text cannot end it."""
    blocks = ["WEBVTT\n"]
    for cue in cues:
        text = "\n".join(cue.lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{text}\n")
    return "\n".join(blocks)


def srt(cues: Iterable[Caption]) -> str:
    """Captions as an SRT file, UTF-8.

    SRT knows no escapes, but players take ``<b>`` for markup and ``-->`` for a time line: an invisible word joiner
    (U+2060) after ``<`` and within ``-->`` keeps both as they are read.
    """
    blocks = []
    for number, cue in enumerate(cues, 1):
        text = "\n".join(cue.lines).replace("<", "<\u2060").replace("-->", "--\u2060>")
        blocks.append(f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{text}\n")
    return "\n".join(blocks)


def to_milliseconds(samples: int, rate: int) -> int:
    """Convert samples to the nearest millisecond."""
    return (samples * 2000 + rate) // (2 * rate)


def _clock(ms: int, point: str) -> str:
    seconds, ms = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{ms:03}"


def _segment_cues(text: str, start: int, end: int, words: Sequence[tuple[str, int]]) -> Iterator[Caption]:
    """Captions of a text said from ``start`` to ``end``, in ms; ``words`` are (word, when it begins)."""
    atoms = atoms_of(text)
    yield from _divide(atoms, _times(atoms, start, end, list(_anchors(text, words))))


def _divide(atoms: Sequence[Atom], times: Sequence[int]) -> Iterator[Caption]:
    """Divide atoms into captions that fit; ``times`` are when each of them begins and the last one ends, in ms."""
    if not atoms:
        return
    if len(atoms) == 1 or (times[-1] - times[0] <= MOST_MS and fits_caption(atoms)):
        yield Caption(times[0], times[-1], caption_lines(atoms))
        return
    at = best_break(atoms, range(1, len(atoms)))
    yield from _divide(atoms[:at], times[: at + 1])
    yield from _divide(atoms[at:], times[at:])


def _anchors(text: str, words: Sequence[tuple[str, int]]) -> Iterator[tuple[int, int]]:
    """Yield, for each word found in the text, the length of what is said before it, and when it begins; ascending."""
    said = at = 0
    for word, start in words:
        found = text.find(word, at, at + REACH + len(word))
        if found >= 0:
            said += spoken_length(text[at:found])
            yield said, start
            said += spoken_length(word)
            at = found + len(word)


def _times(atoms: Sequence[Atom], start: int, end: int, anchors: Sequence[tuple[int, int]]) -> list[int]:
    """The times at which each atom begins and the last one ends, in ms: exact at an anchor, shared out between them."""
    places = list(accumulate((atom.spoken for atom in atoms), initial=0))
    said, times = zip((0, start), *anchors, (places[-1], end), strict=True)
    out = []
    for place in places[:-1]:
        n = bisect_left(said, place)
        if said[n] == place:
            out.append(times[n])
        else:
            share = (place - said[n - 1]) / (said[n] - said[n - 1])
            out.append(times[n - 1] + int((times[n] - times[n - 1]) * share))
    return [*out, end]
