"""What passes for speech, and what does not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.errors import SpeechRejected
from models.kokoro.vocabulary import MARK_MS, duration_ms, vocabulary
from models.voice import Utterance
from worker.audio.checks import check_speech

RATE = 24000
# As Kokoro's front-end writes them: "The river carries sand and stones down to the sea." and so on.
ENGLISH = "ðə ɹˈɪvəɹ kˈɛɹiz sˈænd ænd stˈOnz dˌWn tə ðə sˈi."
CHINESE = "xɤ↗ljou↗ pa↓ ʂa→ʦɨ xɤ↗ ʂɨ↗tʰou tai↘tau↘ ta↘xai↓ li↓."
JAPANESE = "kawa wa sɯna ja iɕi o ɯmi made hakonde ikimasɯ."


def band(phonemes: str) -> tuple[float, float]:
    tokens = tuple(vocabulary()[symbol] for symbol in phonemes if symbol in vocabulary())
    return duration_ms([Utterance(tokens)])


def tone(seconds: float, db: float = -20.0) -> NDArray[np.float32]:
    return (10 ** (db / 20) * np.sin(2 * np.pi * 200 * np.arange(round(RATE * seconds)) / RATE)).astype(np.float32)


@pytest.mark.parametrize(
    ("phonemes", "seconds"),
    [
        (ENGLISH, 3.2),  # natural paces
        (CHINESE, 2.9),
        (JAPANESE, 3.4),
        ("nˈO.", 0.3),
        ("xau↓.", 0.25),
        ("ˌA bˌi sˌi dˌi ˈi ˌɛf ʤˌi", 1.7),  # spelled out
    ],
)
def test_natural_paces_pass(phonemes: str, seconds: float) -> None:
    for share in (0.75, 1.3):
        check_speech(tone(share * seconds), RATE, duration_ms=band(phonemes))


@pytest.mark.parametrize("phonemes", [ENGLISH, CHINESE, JAPANESE])
def test_too_short_and_too_long_are_rejected(phonemes: str) -> None:
    with pytest.raises(SpeechRejected, match=r"too short.*were expected"):
        check_speech(tone(0.9), RATE, duration_ms=band(phonemes))
    with pytest.raises(SpeechRejected, match=r"too long.*were expected"):
        check_speech(tone(9), RATE, duration_ms=band(phonemes))


def test_pauses_and_sounds_take_time_and_stress_and_tones_take_none() -> None:
    least, most = band("hˈI, hˈI→.")
    assert (least, most) == band("hI, hI.")
    assert band("hI hI")[1] == most - 2 * MARK_MS[1]


def test_silence_at_the_ends_does_not_count_as_speech() -> None:
    padded = np.concatenate([np.zeros(RATE, np.float32), tone(0.3), np.zeros(RATE, np.float32)])
    with pytest.raises(SpeechRejected, match="too short"):
        check_speech(padded, RATE, duration_ms=band(ENGLISH))


def test_the_band_follows_the_pace() -> None:
    check_speech(tone(0.6), RATE, duration_ms=band(ENGLISH), speed=4.0)
    with pytest.raises(SpeechRejected, match="too short"):
        check_speech(tone(0.6), RATE, duration_ms=band(ENGLISH))
    check_speech(tone(9), RATE, duration_ms=band(ENGLISH), speed=0.5)


def test_a_long_silence_inside_is_rejected() -> None:
    def with_pause(seconds: float) -> NDArray[np.float32]:
        return np.concatenate([tone(1), np.zeros(round(RATE * seconds), np.float32), tone(1)])

    check_speech(with_pause(1.4), RATE, duration_ms=band(ENGLISH))
    with pytest.raises(SpeechRejected, match=r"a silence of 1\.60 s"):
        check_speech(with_pause(1.6), RATE, duration_ms=band(ENGLISH))
    check_speech(with_pause(1.6), RATE, duration_ms=band(ENGLISH), speed=0.5)


def test_clipping_is_rejected() -> None:
    with pytest.raises(SpeechRejected, match="clipped"):
        check_speech(np.clip(tone(3, 6), -1, 1), RATE, duration_ms=band(ENGLISH))


@pytest.mark.parametrize("db", [-52.0, -2.0])
def test_levels_out_of_the_band_are_rejected(db: float) -> None:
    noise = np.where(np.arange(3 * RATE) % 200 < 100, 1, -1).astype(np.float32) * np.float32(10 ** (db / 20))
    with pytest.raises(SpeechRejected, match="dBFS, outside"):
        check_speech(noise, RATE, duration_ms=band(ENGLISH))


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.full(RATE, np.nan, np.float32)])
def test_what_is_no_number_is_rejected(samples: NDArray[np.float32]) -> None:
    with pytest.raises(SpeechRejected, match="not numbers"):
        check_speech(samples, RATE, duration_ms=band(ENGLISH))


@pytest.mark.parametrize(
    "samples",
    [tone(0.3), tone(20), tone(3, -49), np.concatenate([tone(1), np.zeros(2 * RATE, np.float32), tone(1)])],
    ids=["short", "long", "low", "pause"],
)
def test_relaxed_spares_what_was_calibrated_on_speech(samples: NDArray[np.float32]) -> None:
    with pytest.raises(SpeechRejected):
        check_speech(samples, RATE, duration_ms=band(ENGLISH))
    check_speech(samples, RATE, duration_ms=band(ENGLISH), relaxed=True)


@pytest.mark.parametrize(
    "samples",
    [np.zeros(0, np.float32), np.full(RATE, np.nan, np.float32), np.zeros(3 * RATE, np.float32),
     np.clip(tone(3, 6), -1, 1)],
    ids=["empty", "nan", "silence", "clipped"],
)  # fmt: skip
def test_relaxed_spares_nothing_that_is_broken(samples: NDArray[np.float32]) -> None:
    with pytest.raises(SpeechRejected):
        check_speech(samples, RATE, duration_ms=band(ENGLISH), relaxed=True)


def test_all_silence_is_rejected() -> None:
    with pytest.raises(SpeechRejected, match="silence"):
        check_speech(np.zeros(RATE * 3, np.float32), RATE, duration_ms=band(ENGLISH))
