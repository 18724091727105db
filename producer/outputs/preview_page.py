"""The HTML of a course's page; its frame, looks and script are preview.html beside this file.

Every text of the author's is escaped, and the page's own policy forbids whatever is not its own script.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Container, Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from string import Template
from typing import Final, Literal
from urllib.parse import quote

from producer.outputs.preview_script import DeliveredLesson, blocks, sentences, short
from worker.contract.manifest import LessonPart
from worker.contract.messages import Message
from worker.contract.timings import chapters

BEST: Final = (".wav", ".flac", ".opus", ".mp3")  # beside the page: where seeking is exact comes first
SMALLEST: Final = (".mp3", ".opus", ".flac", ".wav")  # inside the page; every browser plays MP3
TEMPLATE: Final = Template(Path(__file__).with_name("preview.html").read_text(encoding="utf-8"))
# Nothing but this page's own script runs and nothing is fetched but audio, whatever a caption says.
POLICY: Final = "default-src 'none'; script-src '{script}'; style-src 'unsafe-inline'; media-src {media}; img-src data:"
LANGUAGES: Final = {"en": "English", "zh": "Chinese", "ja": "Japanese", "yue": "Cantonese", "ko": "Korean"}


class Record(Message):
    """A record of what a page was made from, kept in it for the next one. Times are microseconds, UTC."""

    version: Literal[1] = 1
    at: int  # the latest submission shown
    keys: tuple[str, ...]  # of all segments shown
    new: tuple[str, ...] = ()  # those that ``since`` did not have
    since: int = 0  # ``at`` of the page before; 0 for a first page


def sounds(lesson: DeliveredLesson, order: Sequence[str]) -> list[LessonPart]:
    """Return the lesson's audio files, those first whose suffix ``order`` names first."""
    sounds = [part for part in lesson.manifest.parts if part.kind == "audio"]
    return sorted(sounds, key=lambda part: order.index(Path(part.name).suffix))


def page(lessons: Sequence[DeliveredLesson], record: Record, inline: bool, fixed: Container[str]) -> str:
    """Return the whole page. With ``inline`` the audio is in it, else linked; raises OSError where it cannot be read.

    ``fixed`` are the ids of voices that say a sentence in one way only, so that another take makes no sense.
    """
    new = frozenset(record.new)
    script = re.search(r"<script>(.*?)</script>", TEMPLATE.template, re.DOTALL)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script[1].encode("utf-8")).digest()).decode()
    return TEMPLATE.substitute(
        policy=POLICY.format(script=f"sha256-{digest}", media="data:" if inline else "'self' file:"),
        record=record.model_dump_json().replace("<", "\\u003c"),
        title=escape(_course_title(lessons)),
        summary=_summary(lessons, record),
        contents="\n".join(_entry(lesson, new) for lesson in lessons),
        lessons="\n".join(_section(lesson, new, inline, fixed) for lesson in lessons),
    )


def _course_title(lessons: Sequence[DeliveredLesson]) -> str:
    words = re.sub(r"[-_]+", " ", lessons[0].manifest.course)
    return words[:1].upper() + words[1:]


def _summary(lessons: Sequence[DeliveredLesson], record: Record) -> str:
    cues = sum(len(lesson.manifest.cues) for lesson in lessons)
    total = _clock(sum(lesson.seconds for lesson in lessons))
    text = (
        f"<p>{_count(len(lessons), 'lesson')}, {_count(cues, 'sentence')}, {total}.<br>Narrated {_time(record.at)}.</p>"
    )
    if not record.since:
        return text
    if not record.new:
        return f'{text}\n<p class="changes">Nothing rendered since {_time(record.since)}.</p>'
    shown = sum(short(cue) in frozenset(record.new) for lesson in lessons for cue in lesson.manifest.cues)
    changes = f"{_count(shown, 'sentence')} new since {_time(record.since)}."
    return f'{text}\n<p class="changes">{changes} <button type="button" id="next-new">Play the next</button></p>'


def _entry(lesson: DeliveredLesson, new: frozenset[str]) -> str:
    count = sum(short(cue) in new for cue in lesson.manifest.cues)
    mark = f'<span class="count">{count} new</span>' if count else ""
    title = f'<span lang="{lesson.manifest.language}">{escape(lesson.title)}</span>'
    link = f'<a href="#{quote(lesson.id)}">{title}{mark}<span>{_clock(lesson.seconds)}</span></a>'
    return f"<li>{link}{_chapters(lesson)}</li>"


def _chapters(lesson: DeliveredLesson) -> str:
    """Return the lesson's chapters as links to the sentences that begin them; none where it is a single one.

    A first one named as the lesson is left out: the lesson's own link stands above it.
    """
    starts = {cue.start: number for number, cue in reversed(list(enumerate(lesson.manifest.cues, 1)))}
    starts[0] = 1  # the first chapter begins with the lesson
    found = [(title, start) for title, start, _ in chapters(lesson.manifest) if start or title != lesson.title]
    if not any(start for _, start in found):
        return ""
    links = (
        f'<li><a class="chapter" href="#{quote(f"{lesson.id}:{starts[start]}", safe="")}">{escape(title)}</a></li>'
        for title, start in found
    )
    return f'<ol class="chapters" lang="{lesson.manifest.language}">{"".join(links)}</ol>'


def _section(lesson: DeliveredLesson, new: frozenset[str], inline: bool, fixed: Container[str]) -> str:
    """Return a lesson: title, facts, player, script. Its first heading is the title where it says the same."""
    language = lesson.manifest.language
    spoken = sentences(lesson, new, fixed)
    title = escape(lesson.title)
    if spoken and spoken[0][0].role == "heading" and spoken[0][0].caption == lesson.title:
        title = spoken.pop(0)[1]
    return "\n".join([
        f'<section class="lesson" id="{escape(lesson.id)}" aria-label="{escape(lesson.title)}">',
        f'<h2 lang="{language}">{title}</h2>',
        f'<p class="about">{_about(lesson, inline)}</p>',
        f'<div class="player"><audio controls preload="none" aria-label="{escape(lesson.title)}">',
        *_sources(lesson, inline),
        "</audio>",
        '<p class="lost" hidden>The audio cannot be played: keep this page in its folder, beside the lessons.</p>',
        f'<div class="place" hidden data-source="{escape(lesson.manifest.source)}"><code></code> '
        '<button type="button">Copy</button></div>',
        "</div>",
        f'<div class="script" lang="{language}">',
        *blocks(spoken, language),
        "</div>\n</section>",
    ])  # fmt: skip


def _about(lesson: DeliveredLesson, inline: bool) -> str:
    """Return length, languages, voices, loudness as delivered, and the lesson's files."""
    manifest = lesson.manifest
    languages = dict.fromkeys(LANGUAGES[cue.segment.language] for cue in manifest.cues)
    voices = dict.fromkeys(cue.segment.voice for cue in manifest.cues)
    loudness = manifest.loudness.delivered
    level = "too short to measure" if loudness is None else f"{loudness / 100:.1f} LUFS".replace("-", "−")
    facts = [_clock(lesson.seconds), ", ".join(languages), ", ".join(voices), level]
    text = " · ".join(escape(fact) for fact in facts)
    if inline:
        return text
    links = (f'<a href="{_link(lesson, part)}">{escape(_label(part))}</a>' for part in manifest.parts)
    return f'{text} · <span class="files">{" ".join(links)}</span>'


def _label(part: LessonPart) -> str:
    """Return the name of a file in the page: what it holds, or else its format."""
    return part.kind if part.kind in ("timings", "chapters") else Path(part.name).suffix[1:]


# --- audio


def _sources(lesson: DeliveredLesson, inline: bool) -> Iterator[str]:
    parts = sounds(lesson, SMALLEST if inline else BEST)
    for part in parts[:1] if inline else parts:
        address = _inlined(lesson, part) if inline else _link(lesson, part)
        yield f'<source src="{address}" type="{escape(part.media_type)}">'


def _link(lesson: DeliveredLesson, part: LessonPart) -> str:
    return quote(f"{lesson.folder.name}/{part.name}")


def _inlined(lesson: DeliveredLesson, part: LessonPart) -> str:
    data = base64.b64encode((lesson.folder / part.name).read_bytes()).decode()
    return f"data:{part.media_type.partition(';')[0]};base64,{data}"


# --- figures


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)  # as players count
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _time(microseconds: int) -> str:
    moment = datetime.fromtimestamp(microseconds // 1_000_000, UTC)
    return f'<time datetime="{moment:%Y-%m-%dT%H:%M:%SZ}">{moment:%Y-%m-%d %H:%M} UTC</time>'


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
