"""A lesson brought to the loudness wanted: one gain for all of it, and a limiter where the gain lifts peaks too high.

Limiting costs a little loudness, and how much only listening tells: so the lesson is measured as it would come out,
and the gain corrected, a few times. Every pass streams.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from worker.assemble.sound import LessonSound
from worker.audio.limiter import Limiter
from worker.audio.loudness import Measured, Meter
from worker.audio.resample import rounded
from worker.audio.wav import FULL_SCALE, Pcm
from worker.contract.manifest import MeasuredLoudness
from worker.contract.messages import Loudness

MOST_LIMITED: Final = 900  # hundredths of dB: peaks higher above the ceiling than that are not speech to be squeezed
MARGIN: Final = 10  # hundredths of dB below the limit: the limiter's filter and the meter's differ by less
CLOSE: Final = 10  # hundredths of LU: near enough
PASSES: Final = 4


@dataclass(frozen=True, slots=True)
class Levels:
    """The change to a lesson's level: ``gain`` in hundredths of dB, ``ceiling`` of dBTP; without one, no limiter."""

    gain: int = 0
    ceiling: int | None = None

    def blocks(self, lesson: LessonSound, limiter: Limiter | None = None) -> Iterator[Pcm]:
        """The lesson's samples, a block at a time, as they come out; ``limiter`` is to be looked at afterwards."""
        if not self.gain and self.ceiling is None:
            yield from lesson.blocks()
            return
        if self.ceiling is None:
            factor = np.float32(amplitude(self.gain))
            for block in lesson.blocks():
                yield rounded(block.astype(np.float32) * factor)
            return
        limiter = limiter or self.limiter(lesson.rate)
        for block in lesson.blocks():
            yield rounded(limiter.feed(block.astype(np.float64) * amplitude(self.gain)))
        yield rounded(limiter.finish())

    def limiter(self, rate: int) -> Limiter:
        """A fresh limiter for these levels."""
        assert self.ceiling is not None
        return Limiter(rate, FULL_SCALE * amplitude(self.ceiling))


def levelled(lesson: LessonSound, wanted: Loudness) -> tuple[Levels, MeasuredLoudness]:
    """Find the levels that bring a lesson to the loudness wanted; gives them with what was measured."""
    before = _measured(lesson, Levels(), true_peak=wanted.lufs is not None)
    if wanted.lufs is None or before.integrated is None or before.true_peak is None:
        return Levels(), MeasuredLoudness(target=wanted.lufs, integrated=before.integrated,
                                          true_peak=before.true_peak, gain=0)  # fmt: skip
    gain, room = wanted.lufs - before.integrated, wanted.true_peak - before.true_peak
    if gain <= room:
        after = Measured(before.integrated + gain, before.true_peak + gain)
        return Levels(gain), _record(wanted, before, gain, after)
    return _limited(lesson, wanted, before, min(gain, room + MOST_LIMITED), room)


def _limited(
    lesson: LessonSound, wanted: Loudness, before: Measured, gain: int, room: int
) -> tuple[Levels, MeasuredLoudness]:
    """Correct gain and ceiling until both loudness and peaks are right; no further than MOST_LIMITED."""
    assert wanted.lufs is not None
    ceiling = wanted.true_peak - MARGIN
    for left in reversed(range(PASSES)):
        levels = Levels(gain, ceiling)
        limiter = levels.limiter(lesson.rate)
        after = _measured(lesson, levels, limiter=limiter)
        assert after.integrated is not None
        assert after.true_peak is not None
        corrected = min(gain + wanted.lufs - after.integrated, room + MOST_LIMITED)
        excess = after.true_peak - wanted.true_peak
        if (abs(corrected - gain) <= CLOSE and excess <= 0) or not left:
            break
        gain, ceiling = corrected, ceiling - max(0, excess)
    record = _record(wanted, before, gain, after)
    share = round(limiter.touched / lesson.samples * 10_000)
    return levels, record.model_copy(update={"limited": round(limiter.deepest * 100), "limited_share": share})


def _record(wanted: Loudness, before: Measured, gain: int, after: Measured) -> MeasuredLoudness:
    return MeasuredLoudness(
        target=wanted.lufs,
        integrated=before.integrated,
        true_peak=before.true_peak,
        gain=gain,
        integrated_after=after.integrated,
        true_peak_after=after.true_peak,
    )


def _measured(
    lesson: LessonSound, levels: Levels, *, true_peak: bool = True, limiter: Limiter | None = None
) -> Measured:
    meter = Meter(lesson.rate, true_peak=true_peak)
    for block in levels.blocks(lesson, limiter):
        meter.feed(block.astype(np.float32) / np.float32(FULL_SCALE))
    return meter.measured()


def amplitude(hundredths: int) -> float:
    """Convert hundredths of dB to a factor."""
    return float(10 ** (hundredths / 2000))
