"""What passes for speech, and what does not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.errors import SpeechRejected
from worker.audio.checks import check_speech, duration_band

RATE = 24000
ENGLISH = "The river carries sand and stones down to the sea."
CHINESE = "河流把沙子和石头带到大海里。"
JAPANESE = "川は砂や石を海まで運んでいきます。"


def tone(seconds: float, db: float = -20.0) -> NDArray[np.float32]:
    return (10 ** (db / 20) * np.sin(2 * np.pi * 200 * np.arange(round(RATE * seconds)) / RATE)).astype(np.float32)


@pytest.mark.parametrize("text", [ENGLISH, "Hi."])
def test_the_tone_voice_passes(text: str) -> None:
    check_speech(tone(len(text) * 0.05), RATE, text=text, language="en")


@pytest.mark.parametrize(
    ("text", "language", "usual"), [(ENGLISH, "en", 0.063), (CHINESE, "zh", 0.19), (JAPANESE, "ja", 0.13)]
)
def test_a_third_of_the_usual_time_and_four_times_are_rejected(text: str, language: str, usual: float) -> None:
    expected = usual * len(text)
    for share in (0.75, 1.3):
        check_speech(tone(share * expected), RATE, text=text, language=language)
    for share in (0.35, 3.6):
        with pytest.raises(SpeechRejected, match="were expected"):
            check_speech(tone(share * expected), RATE, text=text, language=language)


def test_a_capital_takes_longer_only_where_it_may_be_spelled_out() -> None:
    assert duration_band("NASA", "en")[1] > duration_band("Nasa", "en")[1] + 1000


@pytest.mark.parametrize(
    ("text", "language", "seconds"),
    [
        (ENGLISH, "en", 3.2),  # natural paces
        (CHINESE, "zh", 2.9),
        (JAPANESE, "ja", 3.4),
        ("No.", "en", 0.3),
        ("好。", "zh", 0.25),
        ("In 1,234,567 cases, 99.9% worked: see https://example.org/a_b?c=d#e.", "en", 19.0),
        ("A B C D E F G H I J K L M N O P Q R S T U V W X Y Z", "en", 13.0),
        ("2024年10月25日，下降了12.5%。", "zh", 7.0),
    ],
)
def test_natural_paces_pass(text: str, language: str, seconds: float) -> None:
    check_speech(tone(seconds), RATE, text=text, language=language)


@pytest.mark.parametrize(("text", "language"), [(ENGLISH, "en"), (CHINESE, "zh"), (JAPANESE, "ja")])
def test_too_short_and_too_long_are_rejected(text: str, language: str) -> None:
    with pytest.raises(SpeechRejected, match="too short"):
        check_speech(tone(0.3), RATE, text=text, language=language)
    with pytest.raises(SpeechRejected, match="too long"):
        check_speech(tone(20), RATE, text=text, language=language)


def test_silence_at_the_ends_does_not_count_as_speech() -> None:
    padded = np.concatenate([np.zeros(RATE, np.float32), tone(0.3), np.zeros(RATE, np.float32)])
    with pytest.raises(SpeechRejected, match="too short"):
        check_speech(padded, RATE, text=ENGLISH, language="en")


def test_the_band_follows_the_pace() -> None:
    least, most = duration_band(ENGLISH, "en")
    assert duration_band(ENGLISH, "en", speed=2.0)[0] == least / 2
    assert duration_band(ENGLISH, "en", speed=0.5)[1] > most * 1.9
    check_speech(tone(0.5), RATE, text=ENGLISH, language="en", speed=4.0)
    with pytest.raises(SpeechRejected, match="too short"):
        check_speech(tone(0.5), RATE, text=ENGLISH, language="en")


def test_a_long_silence_inside_is_rejected() -> None:
    def with_pause(seconds: float) -> NDArray[np.float32]:
        return np.concatenate([tone(1), np.zeros(round(RATE * seconds), np.float32), tone(1)])

    check_speech(with_pause(1.4), RATE, text=ENGLISH, language="en")
    with pytest.raises(SpeechRejected, match=r"a silence of 1\.60 s"):
        check_speech(with_pause(1.6), RATE, text=ENGLISH, language="en")
    check_speech(with_pause(1.6), RATE, text=ENGLISH, language="en", speed=0.5)


def test_clipping_is_rejected() -> None:
    with pytest.raises(SpeechRejected, match="clipped"):
        check_speech(np.clip(tone(3, 6), -1, 1), RATE, text=ENGLISH, language="en")


@pytest.mark.parametrize("db", [-52.0, -2.0])
def test_levels_out_of_the_band_are_rejected(db: float) -> None:
    noise = np.where(np.arange(3 * RATE) % 200 < 100, 1, -1).astype(np.float32) * np.float32(10 ** (db / 20))
    with pytest.raises(SpeechRejected, match="dBFS, outside"):
        check_speech(noise, RATE, text=ENGLISH, language="en")


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.full(RATE, np.nan, np.float32)])
def test_what_is_no_number_is_rejected(samples: NDArray[np.float32]) -> None:
    with pytest.raises(SpeechRejected, match="not numbers"):
        check_speech(samples, RATE, text=ENGLISH, language="en")


@pytest.mark.parametrize(
    "samples",
    [tone(0.3), tone(20), tone(3, -49), np.concatenate([tone(1), np.zeros(2 * RATE, np.float32), tone(1)])],
    ids=["short", "long", "low", "pause"],
)
def test_relaxed_spares_what_was_calibrated_on_speech(samples: NDArray[np.float32]) -> None:
    with pytest.raises(SpeechRejected):
        check_speech(samples, RATE, text=ENGLISH, language="en")
    check_speech(samples, RATE, text=ENGLISH, language="en", relaxed=True)


@pytest.mark.parametrize(
    "samples",
    [np.zeros(0, np.float32), np.full(RATE, np.nan, np.float32), np.zeros(3 * RATE, np.float32),
     np.clip(tone(3, 6), -1, 1)],
    ids=["empty", "nan", "silence", "clipped"],
)  # fmt: skip
def test_relaxed_spares_nothing_that_is_broken(samples: NDArray[np.float32]) -> None:
    with pytest.raises(SpeechRejected):
        check_speech(samples, RATE, text=ENGLISH, language="en", relaxed=True)


def test_all_silence_is_rejected() -> None:
    with pytest.raises(SpeechRejected, match="silence"):
        check_speech(np.zeros(RATE * 3, np.float32), RATE, text=ENGLISH, language="en")
