"""Words of another language in a sentence: who says them, and how their sound is set into the sentence's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.bundle import Bundle
from models.kokoro.foreign_passages import PAUSE, PassageSound, TimedSamples, paused, spliced
from models.kokoro.guest_voices import guest
from models.voice import Samples

RATE = 24_000
KOKORO = Bundle.read(Path(__file__).parents[2] / "models" / "voices" / "kokoro.toml")


@pytest.mark.parametrize(
    ("host", "language", "speaker"),
    [
        ("zf_xiaoxiao", "en", "af_heart"),
        ("zm_yunxi", "en", "am_michael"),
        ("jm_kumo", "zh", "zm_yunxi"),
        ("bf_emma", "ja", "jf_alpha"),
        ("am_michael", "zh", "zm_yunxi"),
        ("zf_xiaobei", "zh", "zf_xiaobei"),  # an English sentence that its author gave to a Mandarin voice
        ("zf_xiaobei", "ko", "zf_xiaobei"),
    ],
)
def test_a_guest_is_of_the_host_s_sex(host: str, language: str, speaker: str) -> None:
    assert guest(KOKORO, host, language) == speaker


def tone(seconds: float, level: float) -> Samples:
    return (level * np.sin(np.arange(round(seconds * RATE)) * 0.2)).astype(np.float32)


def sound(*tokens: tuple[float, float]) -> TimedSamples:
    """Tokens of some seconds and level each, with a tenth of a second of silence around."""
    pieces = [tone(0.1, 0), *(tone(seconds, level) for seconds, level in tokens), tone(0.1, 0)]
    return TimedSamples(np.concatenate(pieces), np.cumsum([len(piece) for piece in pieces[:-1]]))


def loudness(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples))))


def test_the_host_says_a_pause_in_place_of_a_passage() -> None:
    assert paused((1, 2, 3, 4, 5, 6), [(2, 4)]) == (1, 2, PAUSE, 5, 6)
    assert paused((1, 2, 3, 4, 5, 6), [(0, 2), (4, 6)]) == (3, 4, PAUSE)
    assert paused((1, 2), [(0, 2)]) == ()


def test_a_passage_takes_the_place_of_the_pause() -> None:
    """Tokens 0 1 [2 3] 4: the host says 0 1 … 4, the guest, nearly twice as loud, 2 3 and a full stop."""
    host = sound((0.2, 0.1), (0.2, 0.1), (0.5, 0.0), (0.3, 0.1))
    other = sound((0.2, 0.19), (0.25, 0.19), (0.2, 0.0))
    samples, edges = spliced(host, [PassageSound(2, 4, other)], 5, RATE)
    assert len(edges) == 6
    seconds = edges / RATE
    np.testing.assert_allclose(np.diff(seconds), [0.2, 0.24, 0.21, 0.29, 0.3], atol=0.011)  # with the gaps' 40 ms
    for token in (0, 1, 2, 3, 4):
        a, b = edges[token] + 1200, edges[token + 1] - 1200
        assert loudness(samples[a:b]) == pytest.approx(loudness(tone(0.1, 0.1)), rel=0.05), token
    silent = np.abs(samples) < 1e-4
    for before, after in ((edges[2] - 720, edges[2]), (edges[4] - 720, edges[4])):
        assert silent[before + 240 : after - 240].all()
    assert len(samples) / RATE == pytest.approx(0.1 + 0.4 + 0.45 + 0.3 + 0.1 + 0.1, abs=0.03)  # the pause is gone


def test_passages_at_the_head_and_at_the_end() -> None:
    host = sound((0.3, 0.1), (0.4, 0.0))
    first, last = sound((0.2, 0.2), (0.1, 0.0)), sound((0.25, 0.2), (0.1, 0.0))
    samples, edges = spliced(host, [PassageSound(0, 1, first), PassageSound(2, 4, last)], 4, RATE)
    loud = np.flatnonzero(np.abs(samples) > 0.02)
    assert edges[0] == pytest.approx(loud[0], abs=240)
    assert edges[3] == pytest.approx(loud[-1], abs=240)  # token 3 is the closing mark
    assert np.all(np.diff(edges) > 0)
    assert len(samples) - edges[4] == pytest.approx(2400, abs=240)  # the guest's silence stays


def test_a_host_that_makes_no_pause_is_cut_where_it_is_quietest() -> None:
    host = sound((0.2, 0.1), (0.1, 0.03), (0.2, 0.1))
    samples, edges = spliced(host, [PassageSound(1, 2, sound((0.2, 0.1), (0.1, 0)))], 3, RATE)
    assert np.all(np.diff(edges) > 0)
    assert len(samples) / RATE == pytest.approx(0.1 + 0.2 + 0.1 + 0.03 + 0.2 + 0.03 + 0.2 + 0.1, abs=0.03)
