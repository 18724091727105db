"""Checks that sound is speech at all: the first line against an engine that fails in sound, not with an error.

The bands let every natural voice and pace pass, and catch what is broken: nothing said, half the text lost, a phrase
repeated again and again, a roar. They were set by planting faults in real speech (docs/checks.md). A lost or a swapped
word is not seen here; listening back is the second line.
"""

from __future__ import annotations

import numpy as np

from models.errors import SpeechRejected
from models.voice import Samples
from worker.audio.finishing import LEAD_MS, TAIL_MS, speech_span
from worker.audio.levels import FRAME_MS, decibels, frame_levels, loud_level

SILENCE_MS = 1500  # inside a segment; longer ones are an engine that lost its way
SILENCE_DB = 45.0  # below the segment's level
SILENCE_FLOOR_DB = -65.0  # absolute

CLIPPED = 0.976  # what finishing makes of full scale
MAX_CLIPPED = 0.005  # share of samples
LEVEL_BAND_DB = (-50.0, -3.0)  # RMS of the frames that are not silent


def check_speech(
    samples: Samples, rate: int, *, duration_ms: tuple[float, float], speed: float = 1.0, relaxed: bool = False
) -> None:
    """Raise SpeechRejected, saying why, where samples (n,) float32 at ``rate`` Hz are no speech of what was asked for.

    ``duration_ms`` is the least and the most that its tokens may take at speed 1.0, as ``Engine.duration_ms`` gives it;
    ``speed`` 2.0 is twice as fast. ``relaxed`` spares what was calibrated on real speech (duration, pauses, level):
    random weights are to pass, in tests.
    """
    if not len(samples) or not np.isfinite(samples).all():
        raise SpeechRejected("the engine gave samples that are not numbers, or none")
    levels = frame_levels(samples, rate)
    span = speech_span(levels)
    if span is None:
        raise SpeechRejected("the engine gave silence")
    clipped = float(np.mean(np.abs(samples) >= CLIPPED))
    if clipped > MAX_CLIPPED:
        raise SpeechRejected(f"{clipped:.1%} of the samples are clipped, more than {MAX_CLIPPED:.1%}")
    if relaxed:
        return
    _check_duration((span[1] - span[0]) * FRAME_MS, duration_ms, speed)
    quiet = levels < max(loud_level(levels) - SILENCE_DB, SILENCE_FLOOR_DB)
    _check_pauses(quiet[span[0] : span[1]], speed)
    level = decibels(float(np.sqrt(np.mean(10.0 ** (levels[~quiet] / 10.0)))))
    low, high = LEVEL_BAND_DB
    if not low <= level <= high:
        raise SpeechRejected(f"the speech is at {level:.0f} dBFS, outside {low:.0f} to {high:.0f}")


def _check_duration(heard: float, expected: tuple[float, float], speed: float) -> None:
    least, most = expected[0] / speed, expected[1] / speed + LEAD_MS + TAIL_MS
    if not least <= heard <= most:
        wrong = "short" if heard < least else "long"
        raise SpeechRejected(
            f"{heard / 1000:.2f} s are too {wrong} for what is to be said:"
            f" {least / 1000:.2f} to {most / 1000:.2f} s were expected"
        )


def _check_pauses(quiet: np.ndarray[tuple[int], np.dtype[np.bool_]], speed: float) -> None:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], quiet, [False])).astype(np.int8)))
    longest = int((edges[1::2] - edges[::2]).max(initial=0)) * FRAME_MS
    allowed = SILENCE_MS / min(speed, 1.0)
    if longest > allowed:
        raise SpeechRejected(f"a silence of {longest / 1000:.2f} s inside the speech; at most {allowed / 1000:.2f} s")
