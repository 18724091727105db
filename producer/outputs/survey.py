"""A survey of how the lessons of a folder came out: loudness, speaking rate, pitch, and sentences out of line.

Rate is letters a second while speech is heard, at speed 1.0, of the text as it is said (a Han character or kana counts
three letters, Hangul two). A sentence is an outlier where its rate or its pitch lies further from the median of its
voice and language than FAR robust standard deviations (median absolute deviation times 1.4826), on a scale of ratios.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final, Literal

from models.text.normalise import normalise
from models.text.segment_cuts import width
from producer.outputs.preview import courses, lessons
from worker.contract.manifest import Cue, Manifest, MeasuredLoudness

FAR: Final = 3.5  # as recommended by Iglewicz and Hoaglin (1993) for the modified z-score
ENOUGH: Final = 8  # sentences of a voice before anything can be called unusual
LEAST_MS: Final = 1000  # of speech: shorter sentences vary by nature
SPREAD: Final = {"rate": 0.08, "pitch": 0.05}  # the least standard deviation: smaller differences are not heard

Measure = Literal["rate", "pitch"]


@dataclass(frozen=True, slots=True)
class SurveyedSentence:
    """A sentence: letters a second and Hz, None where that cannot be told."""

    where: str  # file:line
    text: str
    voice: str
    language: str
    rate: float | None
    pitch: float | None


@dataclass(frozen=True, slots=True)
class Outlier:
    """A sentence whose ``measure`` is ``value`` where its voice's median is ``usual``; ``score`` is signed."""

    where: str
    text: str
    voice: str
    measure: Measure
    value: float
    usual: float
    score: float


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A lesson, with the medians of its sentences."""

    course: str
    lesson: str
    seconds: float
    loudness: MeasuredLoudness
    rate: float | None
    pitch: float | None
    segments: tuple[SurveyedSentence, ...]
    outliers: tuple[Outlier, ...]


def survey(folder: Path) -> list[Surveyed]:
    """Measure all lessons delivered into ``folder``, or of the one course that it is; voices are compared over all.

    Raises Permanent where there is none, or one cannot be read.
    """
    manifests = [lesson.manifest for course in courses(folder) for lesson in lessons(course)]
    spoken = [[_spoken(manifest, cue) for cue in manifest.cues] for manifest in manifests]
    strange = outliers(one for segments in spoken for one in segments)
    return [_surveyed(manifest, segments, strange) for manifest, segments in zip(manifests, spoken, strict=True)]


def outliers(spoken: Iterable[SurveyedSentence]) -> dict[SurveyedSentence, list[Outlier]]:
    """Find the sentences out of line with the others of their voice and language."""
    groups: dict[tuple[str, str], list[SurveyedSentence]] = defaultdict(list)
    for one in spoken:
        groups[one.voice, one.language].append(one)
    found: dict[SurveyedSentence, list[Outlier]] = defaultdict(list)
    for group in groups.values():
        for measure in SPREAD:
            for outlier, one in _far(group, "rate" if measure == "rate" else "pitch"):
                found[one].append(outlier)
    return found


def _far(group: Sequence[SurveyedSentence], measure: Measure) -> Iterable[tuple[Outlier, SurveyedSentence]]:
    values = [(value, one) for one in dict.fromkeys(group) if (value := getattr(one, measure))]
    if len(values) < ENOUGH:
        return
    usual = median(value for value, _ in values)
    spread = 1.4826 * median(abs(math.log(value / usual)) for value, _ in values)
    for value, one in values:
        score = math.log(value / usual) / max(spread, SPREAD[measure])
        if abs(score) > FAR:
            yield Outlier(one.where, one.text, one.voice, measure, value, round(usual, 1), round(score, 1)), one


def _spoken(manifest: Manifest, cue: Cue) -> SurveyedSentence:
    segment, rate = cue.segment, None
    if cue.speech_ms is not None and cue.speech_ms >= LEAST_MS:
        letters = width(normalise(segment.text, segment.language))
        rate = round(letters / cue.speech_ms * 1000 / (segment.speed / 1000), 1) or None
    return SurveyedSentence(
        where=f"{manifest.source}:{cue.line}",
        text=cue.caption,
        voice=segment.voice,
        language=segment.language,
        rate=rate,
        pitch=cue.pitch / 10 if cue.pitch else None,
    )


def _surveyed(
    manifest: Manifest, segments: list[SurveyedSentence], strange: dict[SurveyedSentence, list[Outlier]]
) -> Surveyed:
    rates = [one.rate for one in segments if one.rate]
    pitches = [one.pitch for one in segments if one.pitch]
    return Surveyed(
        course=manifest.course,
        lesson=manifest.lesson,
        seconds=round(manifest.samples / manifest.sample_rate, 3),
        loudness=manifest.loudness,
        rate=round(median(rates), 1) if rates else None,
        pitch=round(median(pitches), 1) if pitches else None,
        segments=tuple(segments),
        outliers=tuple(found for one in dict.fromkeys(segments) for found in strange.get(one, ())),
    )
