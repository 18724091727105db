"""From a lesson to the plan that workers carry out: its segments with their keys, captions and pauses."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import pairwise

from models.records import digest
from models.text.segment import VERSION as SEGMENTATION
from models.text.segment import SegmentText, ends, fold, pieces, punctuated
from producer import readers
from producer.errors import LessonError
from producer.lessons.model import SPEED_UNIT, Block, Lesson
from producer.lessons.options import FASTEST, SLOWEST, NarrationOptions
from producer.lexicon import emoji as emoji_names
from producer.lexicon import lexicon_of, pronounced
from producer.plan.readings import Voiced, check, check_size, voiced_part
from producer.plan.voices import Cast
from worker.contract.messages import SCHEMA, CaptionMark, LessonEntry, LessonPlan, Loudness, Role, Segment

VERSION = 3  # of this file and the readers; a rise plans every lesson anew, and renders only what comes out different
PAUSE_MS: dict[Role, int] = {"heading": 700, "paragraph": 500, "list_item": 350, "sentence": 250, "clause": 120}
MAX_PAUSE_MS = 600_000
MAX_MARKS = 1_000  # worker.contract.messages.LessonEntry
MAX_ENTRIES = 100_000  # worker.contract.messages.LessonPlan

Part = tuple[SegmentText, Role, int]  # a segment's text, the boundary after it, and the silence there in milliseconds


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan, and what its author should know: ("12: code block, not spoken", ...)."""

    plan: LessonPlan
    notes: tuple[str, ...]
    stale_takes: tuple[str, ...] = ()  # texts of takes that no sentence matches any more


def draft(lesson: Lesson, cast: Cast, options: NarrationOptions) -> Draft:
    """Segment, voice and key a lesson. Raises LessonError, with the line, or VoiceNotInstalled."""
    own = options.over(lesson.options)
    body = readers.body(replace(lesson, options=replace(lesson.options, language=own.language)))
    language = cast.language(lesson, body)
    cast.check(lesson, language)
    if body.refused and not options.lenient:
        raise body.refused[0]
    refusals = [f"{error.line}: {error.reason}" for error in body.refused]
    notes: dict[str, None] = dict.fromkeys([*lesson.notes, *body.notes, *refusals])
    lexicon = lexicon_of(lesson.path.parent, options.lexicon)
    emoji = own.emoji == "name"
    entries: list[LessonEntry] = []
    for written in body.blocks:
        block = pronounced(written, lexicon, language)
        if emoji:
            block = emoji_names.named(block, language)
        check(lesson, block)
        cut = list(parts(block, language))
        for part, marks in zip(cut, _marks(block, cut), strict=True):
            if len(marks) > MAX_MARKS:
                raise LessonError(lesson.path, block.line, f"{len(marks)} marks in one sentence: at most {MAX_MARKS}")
            voiced = voiced_part(lesson, block, part[0], language, cast)
            entry, note = _entry(lesson, block, part, voiced, cast, options, first=part is cut[0])
            entries.append(entry.model_copy(update={"marks": marks}) if marks else entry)
            if note:
                notes[f"{entry.line}: {note}"] = None
    if not 0 < len(entries) <= MAX_ENTRIES:
        raise LessonError(lesson.path, 0, f"{len(entries)} segments: a lesson has 1 to {MAX_ENTRIES}; split it")
    heading = body.title or next((b.text for b in body.blocks if b.role == "heading"), lesson.id)
    plan = LessonPlan(
        course=lesson.course,
        lesson=lesson.id,
        title=lesson.title or " ".join(heading.split()),
        language=language,
        source=str(lesson.path),
        source_digest=source_digest(lesson, cast, options, {(e.segment.voice, e.segment.language) for e in entries}),
        entries=tuple(entries),
        loudness=_loudness(own),
        outputs=own.outputs or ("wav",),
    )
    matched = {(fold(entry.caption), entry.segment.voice) for entry in entries}
    return Draft(plan, tuple(notes), tuple(text for text, voice in lesson.takes if (text, voice) not in matched))


def source_digest(lesson: Lesson, cast: Cast, options: NarrationOptions, used: AbstractSet[tuple[str, str]]) -> str:
    """A digest over all that shapes a lesson's plan: on a match with the manifest's, it need not even be parsed.

    ``used`` are the (voice id, language) pairs of its segments: their voices and front-ends as they are now are in it,
    and so is the voice that each of those languages would get today.
    """
    own = options.over(lesson.options)
    voices = []
    for voice_id, language in sorted(used):
        voice = cast.by_id(voice_id)
        if voice is None:
            voices.append([voice_id, language])
            continue
        today = cast.usual(lesson, language)
        voices.append([voice_id, language, voice.fingerprint, cast.fingerprint(voice.bundle, language), today])
    return digest(
        {
            "versions": [VERSION, SEGMENTATION, SCHEMA, LessonPlan.model_fields["assembly"].default],
            "source": lesson.digest,
            "lesson": [lesson.course, lesson.id],
            "language": own.language,
            "voice": options.voice,
            "speed": _speed(own),
            "loudness": own.loudness,
            "outputs": own.outputs,
            "take": options.take,
            "takes": sorted([*said, take] for said, take in lesson.takes.items()),
            "vocoder": options.vocoder,
            "voices": voices,
            **({"lenient": True} if options.lenient else {}),
            **({"relaxed": True} if options.relaxed else {}),
            **({"lexicon": lexicon} if (lexicon := lexicon_of(lesson.path.parent, options.lexicon).digest) else {}),
            **({"emoji": emoji_names.edition()} if own.emoji == "name" else {}),
        }
    )


def parts(block: Block, language: str) -> Iterator[Part]:
    """A block's segments, each with its place and the silence after it, in milliseconds.

    The role names the boundary that follows: a clause, a sentence, or the end of the block. A pause that the author
    asked for ends a segment, and is added to what is there anyway. Where a sentence goes on in the next block, because
    somebody else speaks or the speed changes, its punctuation alone says what is there.
    """
    language = block.voicing.language or language
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


def _entry(  # noqa: PLR0917
    lesson: Lesson, block: Block, part: Part, voiced: Voiced, cast: Cast, options: NarrationOptions, *, first: bool
) -> tuple[LessonEntry, str]:
    """A segment in its place, and a note where its voice cannot speak all of it."""
    piece, role, pause = part
    said, voice = voiced.said, voiced.voice
    line = block.line_at(piece.start)
    if pause > MAX_PAUSE_MS:
        raise LessonError(lesson.path, line, f"pauses of more than {MAX_PAUSE_MS // 60_000} minutes in a row")
    check_size(lesson, line, said)
    segment = Segment(
        voice=voice.id,
        fingerprint=voice.fingerprint,
        backend=voice.backend,
        precision=voice.precision,
        language=said.language,
        text=punctuated(said.text, said.language, role),
        readings=said.readings,
        frontend=cast.fingerprint(voice.bundle, said.language),
        speed=_speed_here(lesson, block, line, options),
        take=lesson.takes.get((fold(piece.text), voice.id), options.take),
        options=cast.rendering(lesson, voice, text=said.plain, language=said.language, vocoder=options.vocoder),
        relaxed=options.relaxed,
    )
    entry = LessonEntry(
        key=segment.key(),
        segment=segment,
        caption=piece.text,
        role=role,
        pause_ms=pause,
        line=line,
        gain=block.voicing.gain,
        id=block.id,
        at_ms=block.at_ms if first else None,
        respelt=said.respelt,
    )
    return entry, voiced.note


def _marks(block: Block, cut: Sequence[Part]) -> list[tuple[CaptionMark, ...]]:
    """The marks of each part, by offset into its caption: in the part that says what follows, else where it ends."""
    found: list[list[CaptionMark]] = [[] for _ in cut]
    starts = [piece.start for piece, _, _ in cut]
    for mark in block.marks if cut else ():
        at = max(0, bisect.bisect_right(starts, mark.offset) - 1)
        offset = len(fold(block.text[starts[at] : mark.offset] + "x")) - 1
        if offset >= len(cut[at][0].text) and at + 1 < len(cut):
            at, offset = at + 1, 0
        found[at].append(CaptionMark(name=mark.name, offset=max(0, min(offset, len(cut[at][0].text)))))
    return [tuple(marks) for marks in found]


def _speed_here(lesson: Lesson, block: Block, line: int, options: NarrationOptions) -> int:
    """The lesson's speed times that of the block."""
    speed = round(_speed(options.over(lesson.options)) * block.voicing.rate / SPEED_UNIT)
    if not SLOWEST <= speed / SPEED_UNIT <= FASTEST:
        raise LessonError(
            lesson.path, line, f"a rate of {block.voicing.rate / SPEED_UNIT:g} times the lesson's speed is "
            f"{speed / SPEED_UNIT:g}, not from {SLOWEST:g} to {FASTEST:g}"
        )  # fmt: skip
    return speed


def _speed(own: NarrationOptions) -> int:
    return round((own.speed or 1) * SPEED_UNIT)


def _loudness(own: NarrationOptions) -> Loudness:
    wanted = own.loudness or "off"
    return Loudness() if wanted == "off" else Loudness(lufs=int(wanted) * 100)
