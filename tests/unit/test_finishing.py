"""Finishing keeps everything that is heard, takes what is not, and never changes a level."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.errors import SpeechRejected
from worker.audio.finishing import FADE_MS, LEAD_MS, TAIL_MS, finish_segment

RATE = 24000
FRAME = RATE // 100


def tone(ms: int, db: float = -20.0) -> NDArray[np.float32]:
    return (10 ** (db / 20) * np.sin(2 * np.pi * 200 * np.arange(RATE * ms // 1000) / RATE)).astype(np.float32)


def hiss(ms: int, db: float) -> NDArray[np.float32]:
    noise = np.random.default_rng(7).normal(size=RATE * ms // 1000)
    return (10 ** (db / 20) * noise).astype(np.float32)


def silence(ms: int) -> NDArray[np.float32]:
    return np.zeros(RATE * ms // 1000, np.float32)


def ms(samples: int) -> float:
    return samples * 1000 / RATE


def test_silence_goes_and_margins_stay() -> None:
    whole = np.concatenate([silence(500), tone(1000), silence(700)])
    finished = finish_segment(whole, RATE)
    assert ms(finished.trimmed) == 500 - LEAD_MS
    assert ms(len(finished.samples)) == LEAD_MS + 1000 + TAIL_MS
    kept = whole[finished.trimmed : finished.trimmed + len(finished.samples)]
    np.testing.assert_array_equal(finished.samples, kept)  # the fades fall into silence here


@pytest.mark.parametrize("lead", [0, 30, 79])
def test_margins_are_kept_not_made(lead: int) -> None:
    finished = finish_segment(np.concatenate([silence(lead), tone(500), silence(lead)]), RATE)
    assert finished.trimmed == 0
    assert ms(len(finished.samples)) == 500 + 2 * lead


@pytest.mark.parametrize("offset", range(0, FRAME, 37))
def test_the_margin_holds_wherever_the_onset_falls_in_a_frame(offset: int) -> None:
    before = RATE // 2 + offset
    finished = finish_segment(np.concatenate([np.zeros(before, np.float32), tone(400), silence(600)]), RATE)
    assert before - finished.trimmed >= RATE * LEAD_MS // 1000
    assert len(finished.samples) - (before - finished.trimmed) - RATE * 400 // 1000 >= RATE * TAIL_MS // 1000


@pytest.mark.parametrize(
    ("soft", "gap"),
    [
        (hiss(120, -58), 0),  # an "f" before the vowel
        (hiss(200, -60), 90),  # a breath before the word
        (tone(60, -45), 110),  # a syllable before the closure of a stop
    ],
)
def test_soft_onsets_and_ends_are_kept(soft: NDArray[np.float32], gap: int) -> None:
    speech = np.concatenate([soft, silence(gap), tone(800), silence(gap), soft])
    finished = finish_segment(np.concatenate([silence(600), speech, silence(600)]), RATE)
    assert ms(finished.trimmed) <= 600 - LEAD_MS
    assert ms(finished.trimmed + len(finished.samples)) >= 600 + ms(len(speech)) + TAIL_MS - 10


def test_a_noise_floor_far_below_the_speech_is_trimmed() -> None:
    floor = hiss(3000, -75)
    floor[RATE : 2 * RATE] += tone(1000)
    finished = finish_segment(floor, RATE)
    assert ms(finished.trimmed) == 1000 - LEAD_MS
    assert ms(len(finished.samples)) == LEAD_MS + 1000 + TAIL_MS


def test_inner_silence_is_never_removed() -> None:
    finished = finish_segment(np.concatenate([tone(300), silence(1200), tone(300)]), RATE)
    assert ms(len(finished.samples)) == 1800


@pytest.mark.parametrize("db", [-40.0, -20.0, -3.0])
def test_the_level_is_never_changed(db: float) -> None:
    whole = tone(1000, db)
    finished = finish_segment(whole, RATE)
    inner = slice(FADE_MS * RATE // 1000, -FADE_MS * RATE // 1000)
    np.testing.assert_array_equal(finished.samples[inner], whole[inner])


def test_both_ends_are_faded_and_nothing_else() -> None:
    finished = finish_segment(np.full(RATE, 0.5, np.float32), RATE)
    length = RATE * FADE_MS // 1000
    assert abs(finished.samples[0]) < 0.001
    assert abs(finished.samples[-1]) < 0.001
    assert np.all(np.diff(finished.samples[:length]) > 0)
    assert np.all(finished.samples[length:-length] == 0.5)


def test_overshoots_are_bent_into_range_in_order() -> None:
    finished = finish_segment(np.concatenate([tone(500, -20), tone(500, 3)]), RATE)
    assert np.max(np.abs(finished.samples)) <= 1.0
    np.testing.assert_array_equal(finished.samples[2000:12000], tone(500, -20)[2000:12000])
    rising = finish_segment(np.linspace(-1.4, 1.4, RATE, dtype=np.float32), RATE).samples[1000:-1000]
    assert np.all(np.diff(rising) >= 0)


def test_the_engines_buffer_is_not_written_to() -> None:
    whole = tone(500)
    before = whole.copy()
    finish_segment(whole, RATE)
    np.testing.assert_array_equal(whole, before)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_numbers_are_refused(wrong: float) -> None:
    whole = tone(500)
    whole[777] = wrong
    with pytest.raises(SpeechRejected, match="not numbers"):
        finish_segment(whole, RATE)


@pytest.mark.parametrize("nothing", [silence(0), silence(500), hiss(500, -80), np.zeros((2, 100), np.float32)])
def test_nothing_heard_is_refused(nothing: NDArray[np.float32]) -> None:
    with pytest.raises(SpeechRejected):
        finish_segment(nothing, RATE)


@pytest.mark.parametrize("length", [1, 2, 3, 17])
def test_a_click_survives(length: int) -> None:
    assert len(finish_segment(np.full(length, 0.5, np.float32), RATE).samples) == length
