"""The script in a course's page: a lesson's sentences as links to their sound, in the author's blocks."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Final
from urllib.parse import quote

from worker.contract.manifest import Cue, Manifest
from worker.contract.timings import UNSPACED

SHORT_KEY: Final = 16  # hex digits of a segment key that tell it apart within a course


@dataclass(frozen=True)
class DeliveredLesson:
    """A delivered lesson: its folder and what its manifest says."""

    folder: Path
    manifest: Manifest

    @property
    def id(self) -> str:
        """The lesson's name in the page."""
        return self.folder.name

    @property
    def title(self) -> str:
        """The title as the author wrote it, else the lesson's id."""
        return self.manifest.title or self.manifest.lesson

    @cached_property
    def seconds(self) -> float:
        """The length of the audio."""
        return self.manifest.samples / self.manifest.sample_rate


def short(cue: Cue) -> str:
    """The cue's segment key, as far as a record keeps it."""
    return cue.key[:SHORT_KEY]


def sentences(lesson: DeliveredLesson, new: Container[str], fixed: Container[str]) -> list[tuple[Cue, str]]:
    """Return each cue with its HTML: a link to itself, marked where its short key is among ``new``.

    ``fixed`` are the ids of voices that say a sentence in one way only, so that another take makes no sense.
    """
    return [
        (cue, _link(lesson, number, cue, command, short(cue) in new))
        for number, (cue, command) in enumerate(_commands(lesson, fixed), 1)
    ]


def blocks(spoken: Iterable[tuple[Cue, str]], language: str) -> Iterator[str]:
    """Give sentences as the author's blocks: a block ends with the cue whose role is not "sentence" or "clause"."""
    blocks: list[tuple[str, str]] = []  # role, HTML
    text, role, before = "", "paragraph", language
    for cue, link in spoken:
        spaced = {before, cue.segment.language} - UNSPACED
        text += (" " if text and spaced else "") + link
        before, role = cue.segment.language, cue.role
        if role not in ("sentence", "clause"):
            blocks.append((role, text))
            text = ""
    if text:
        blocks.append(("paragraph", text))
    for kind, group in groupby(blocks, key=lambda block: block[0]):
        texts = [text for _, text in group]
        if kind == "list_item":
            yield "<ul>" + "".join(f"<li>{text}</li>" for text in texts) + "</ul>"
        else:
            tag = "h3" if kind == "heading" else "p"
            yield from (f"<{tag}>{text}</{tag}>" for text in texts)


def _commands(lesson: DeliveredLesson, fixed: Container[str]) -> list[tuple[Cue, str]]:
    """Return every cue with the command that goes on with it and its place: `retake` by line, and by number where that
    is not enough; `explain` where there is no other take.
    """
    lines: dict[int, dict[tuple[str, str], int]] = {}
    for cue in lesson.manifest.cues:
        here = lines.setdefault(cue.line, {})
        here.setdefault((cue.caption, cue.segment.voice), len(here) + 1)

    def command(cue: Cue) -> str:
        here = lines[cue.line]
        if cue.segment.voice in fixed:
            return f"explain {cue.line}"
        if len(here) == 1:
            return f"retake {cue.line}"
        return f"retake {cue.line}:{here[cue.caption, cue.segment.voice]}"

    return [(cue, command(cue)) for cue in lesson.manifest.cues]


def _link(lesson: DeliveredLesson, number: int, cue: Cue, command: str, fresh: bool) -> str:
    """Return a cue as a link to itself; only a lesson's first is in the order of the Tab key, preview.html moves on."""
    name = f"{lesson.id}:{number}"
    attributes = [
        f'class="cue{" new" if fresh else ""}" id="{escape(name)}" href="#{quote(name, safe="")}"',
        f'data-at="{_seconds(cue.start, lesson)}" data-command="{command}"',
        f'title="line {cue.line}{", new" if fresh else ""}"',
    ]
    if cue.segment.language != lesson.manifest.language:
        attributes.append(f'lang="{cue.segment.language}"')
    if number > 1:
        attributes.append('tabindex="-1"')
    return f"<a {' '.join(attributes)}>{_words(cue, lesson)}</a>"


def _words(cue: Cue, lesson: DeliveredLesson) -> str:
    """Return the caption with its words timed; plain where the timed words are not all of its words."""
    pieces, at = [], 0
    for text, start, _ in cue.words or ():
        found = cue.caption.find(text, at)
        if found < 0 or _speaks(cue.caption[at:found]):
            return escape(cue.caption)
        timed = f'<span class="word" data-at="{_seconds(start, lesson)}">{escape(text)}</span>'
        pieces.append(escape(cue.caption[at:found]) + timed)
        at = found + len(text)
    rest = cue.caption[at:]
    return escape(cue.caption) if _speaks(rest) else "".join(pieces) + escape(rest)


def _speaks(text: str) -> bool:
    return any(map(str.isalnum, text))


def _seconds(samples: int, lesson: DeliveredLesson) -> str:
    return f"{samples / lesson.manifest.sample_rate:.5f}".rstrip("0").rstrip(".")  # finer than a sample
