"""Finishing of a segment: silence trimmed at both ends, short fades, overshoots rounded off. Never a gain.

Where speech is: the level of each 10 ms frame is compared with two thresholds (hysteresis). A frame is certainly
speech above VOICED_DB below the segment's own level, its 95th percentile frame. From the first such frame the onset is
followed back, and from the last one the end is followed on, through every frame above the lower QUIET_DB, across gaps
of up to GAP_MS: soft fricatives, stop closures and breaths belong to the speech. Both thresholds have an absolute
floor, under which nothing is audible beside speech.

What lies between onset and end is never shortened. A gain per segment would undo the balance between neighbours, so
there is none; a lesson's loudness is set once, over the whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import SpeechRejected
from models.voice import Samples
from worker.audio.levels import FRAME_MS, frame_length, frame_levels, loud_level

LEAD_MS = 80  # of the sound before the onset is kept
TAIL_MS = 150  # of the sound after the last voiced frame is kept
FADE_MS = 5  # raised cosine at both ends, so that a cut in low noise does not click
GAP_MS = 120  # a breath, or the closure of a stop, this far from the word still belongs to it

VOICED_DB = 30.0  # below the segment's level: vowels, nasals, loud fricatives
QUIET_DB = 45.0  # below the segment's level: soft fricatives, breaths, decays
VOICED_FLOOR_DB = -55.0  # absolute
QUIET_FLOOR_DB = -65.0  # absolute

KNEE = 0.9  # above it, overshoots are bent towards 1.0


@dataclass(frozen=True, slots=True)
class Finished:
    """Finished samples (n,) float32 in [-1, 1], and how many samples were taken off the front."""

    samples: Samples
    trimmed: int


def finish_segment(samples: Samples, rate: int) -> Finished:
    """Trim, fade and round off one segment: samples (n,) float32 at ``rate`` Hz, as they came from the engine.

    Raises SpeechRejected where a sample is not a number, or nothing is heard at all.
    """
    if samples.ndim != 1 or not len(samples):
        raise SpeechRejected(f"the engine gave no samples (shape {samples.shape})")
    if not np.isfinite(samples).all():
        raise SpeechRejected("the engine gave samples that are not numbers")
    span = speech_span(frame_levels(samples, rate))
    if span is None:
        raise SpeechRejected("the engine gave silence")
    length = frame_length(rate)
    start = max(0, span[0] * length - rate * LEAD_MS // 1000)
    end = min(len(samples), span[1] * length + rate * TAIL_MS // 1000)
    kept = soften(samples[start:end].astype(np.float32))  # a copy: the engine may use its buffer again
    fade(kept, rate)
    return Finished(kept, start)


def speech_span(levels: NDArray[np.float64]) -> tuple[int, int] | None:
    """The span of speech in frame levels (frames,) in dBFS: [first, end) in frames; None where there is none."""
    level = loud_level(levels)
    voiced = np.flatnonzero(levels >= max(level - VOICED_DB, VOICED_FLOOR_DB))
    if not len(voiced):
        return None
    quiet = np.flatnonzero(levels >= max(level - QUIET_DB, QUIET_FLOOR_DB))
    return -_reach(-quiet[::-1], -int(voiced[0])), _reach(quiet, int(voiced[-1])) + 1


def _reach(frames: NDArray[np.intp], start: int) -> int:
    """The last of the ascending frames that is reached from ``start`` without a gap longer than GAP_MS."""
    onward = frames[frames >= start]
    wide = np.flatnonzero(np.diff(onward) - 1 > GAP_MS // FRAME_MS)
    return int(onward[wide[0]] if len(wide) else onward[-1])


def soften(samples: Samples) -> Samples:
    """Bend overshoots of full scale into [-1, 1]; samples that stay within full scale come back as they are.

    Above the knee the curve is a hyperbolic tangent with the same slope, so no corner is heard: 1.0 becomes 0.976.
    """
    size = np.abs(samples)
    if float(size.max(initial=0.0)) <= 1.0:
        return samples
    room = 1.0 - KNEE
    bent = KNEE + room * np.tanh((size - KNEE) / room)
    return np.where(size > KNEE, np.copysign(bent, samples), samples).astype(np.float32)


def fade(samples: Samples, rate: int) -> None:
    """Fade both ends of samples (n,) in place with a raised cosine of FADE_MS, less where there is no room."""
    length = min(rate * FADE_MS // 1000, len(samples) // 2)
    ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / max(length, 1))).astype(np.float32)
    samples[:length] *= ramp
    samples[len(samples) - length :] *= ramp[::-1]
