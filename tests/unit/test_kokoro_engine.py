"""The Kokoro engine on its real weights: exact repetition, speakers, speed, refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import models.kokoro
from models.catalog import Catalogue
from models.errors import NarrationError, Permanent, VoiceNotInstalled
from models.family import load_engine
from models.kokoro.durations import FRAME, with_durations
from models.kokoro.engine import SPACE, STOP
from models.kokoro.foreign_passages import PAUSE
from models.session import open_session, run_session
from models.voice import Engine, Passage, Speech, SpeechRequest, Utterance

VOCABULARY = json.loads((Path(models.kokoro.__file__).with_name("vocab.json")).read_text(encoding="utf-8"))
PHONEMES = "hˈI."


@pytest.fixture(scope="module")
def engine() -> Engine:
    bundle = Catalogue.load().bundle("kokoro")
    if not all(bundle.installed(voice.name) for voice in bundle.voices):
        pytest.skip("narrator[kokoro] is not installed")
    return load_engine(bundle)


def hi(phonemes: str = PHONEMES) -> Utterance:
    ids = VOCABULARY.get("vocab", VOCABULARY)
    return Utterance(tuple(ids[symbol] for symbol in phonemes))


def speak(engine: Engine, *requests: SpeechRequest) -> list[Speech | NarrationError]:
    results = dict(engine.speak(requests))
    return [results[i] for i in range(len(requests))]


def test_tokens_of_their_own_name() -> None:
    assert [VOCABULARY[symbol] for symbol in " .…"] == [SPACE, STOP, PAUSE]


def test_the_same_request_gives_the_same_samples(engine: Engine) -> None:
    one = SpeechRequest((hi(),), "af_heart", seed=1)
    first, other, again = speak(engine, one, SpeechRequest((hi(),), "jm_kumo", seed=1), one)
    assert isinstance(first, Speech)
    assert isinstance(other, Speech)
    assert isinstance(again, Speech)
    assert first.sample_rate == 24000
    assert first.samples.dtype == np.float32
    assert 0.3 < len(first.samples) / 24000 < 2.5
    assert 0.05 < np.abs(first.samples).max() <= 1
    assert first.stages["acoustic"] > 0
    np.testing.assert_array_equal(first.samples, again.samples)
    assert len(other.samples) != len(first.samples) or not np.array_equal(other.samples, first.samples)


def test_a_named_guest_says_the_passage(engine: Engine) -> None:
    utterance = hi("wo↓ jʊ↘ŋ hˈI.")
    by = {name: Passage(8, len(utterance.tokens), name) for name in ("bf_emma", "af_heart")}
    emma, heart = speak(
        engine,
        *(SpeechRequest((replace(utterance, passages=(who,)),), "zf_xiaobei", 1) for who in by.values()),
    )
    assert isinstance(emma, Speech)
    assert isinstance(heart, Speech)
    assert not np.array_equal(heart.samples[-4800:], emma.samples[-4800:])
    np.testing.assert_array_equal(heart.samples[:4800], emma.samples[:4800])  # the host's own words


def test_speed_shortens(engine: Engine) -> None:
    slow, fast = speak(
        engine,
        SpeechRequest((hi(),), "zf_xiaobei", 1, speed=0.7),
        SpeechRequest((hi(),), "zf_xiaobei", 1, speed=1.4),
    )
    assert isinstance(slow, Speech)
    assert isinstance(fast, Speech)
    assert len(fast.samples) < 0.75 * len(slow.samples)


def test_tokens_are_timed_by_what_they_last(engine: Engine) -> None:
    """``hˈI.`` and again, in one utterance and in two; at every speed the durations make the sound."""
    two = hi("hˈI, hˈI.")
    for speed in (0.5, 1.0, 2.0):
        once, twice = speak(
            engine, SpeechRequest((two,), "af_heart", 1, speed), SpeechRequest((two, two), "af_heart", 1, speed)
        )
        assert isinstance(once, Speech)
        assert isinstance(twice, Speech)
        assert once.token_times is not None
        assert twice.token_times is not None
        (times,) = once.token_times
        assert len(times) == len(two.tokens) + 1
        assert list(times) == sorted(times)
        assert 0 < times[0] < times[-1] <= len(once.samples)
        assert {time % FRAME for time in times[1:]} == {0}
        loud = np.flatnonzero(np.abs(once.samples) > 0.02)
        assert abs(int(loud[0]) - times[0]) < 0.1 * 24000
        first, second = twice.token_times
        assert first[:-1] == times[:-1]
        assert first[-1] <= times[-1]
        assert len({later - sooner for later, sooner in zip(second, times, strict=True)}) == 1  # all as much later
        assert first[-3] <= second[0]
        assert second[-1] <= len(twice.samples)


def test_natural_speech_lasts_as_long_as_its_tokens_may(engine: Engine) -> None:
    utterance = hi("hˈI, hˈI, hˈI, hˈI.")
    (speech,) = speak(engine, SpeechRequest((utterance,), "af_heart", 1))
    assert isinstance(speech, Speech)
    least, most = engine.duration_ms((utterance,))
    assert least < len(speech.samples) / 24 < most
    assert engine.duration_ms((utterance, utterance))[0] == 2 * least


def test_the_sound_is_the_unchanged_file_s(engine: Engine) -> None:
    """Bit by bit: to make the durations an output changes nothing in how the graph runs."""
    session = open_session(Catalogue.load().bundle("kokoro").path("model.onnx"))
    tokens = (0, *hi("hˈI, hˈI!").tokens, 0)
    style = np.linspace(-0.3, 0.3, 256, dtype=np.float32)[None]
    with_words = open_session(with_durations(Catalogue.load().bundle("kokoro").path("model.onnx").read_bytes()))
    for speed in (0.5, 1.0, 2.0):
        feeds = {"tokens": np.array([tokens], np.int64), "style": style, "speed": np.array([speed], np.float32)}
        (plain,) = run_session(session, feeds)
        sound, durations = run_session(with_words, feeds)
        np.testing.assert_array_equal(sound, plain)
        assert durations.shape == (1, len(tokens))
        assert durations.sum() * FRAME == len(sound)


def test_a_graph_without_durations_is_refused() -> None:
    with pytest.raises(VoiceNotInstalled, match="Clip_output_0"):
        open_session(with_durations((Path(__file__).parents[1] / "data/tiny_voice/model.onnx").read_bytes()))


def test_what_cannot_be_spoken_is_refused_and_spares_the_others(engine: Engine) -> None:
    results = speak(
        engine,
        SpeechRequest((Utterance(()),), "af_heart", 1),
        SpeechRequest((hi("a" * 511),), "af_heart", 1),
        SpeechRequest((hi(),), "nobody", 1),
        SpeechRequest((Utterance((100_000,)),), "af_heart", 1),
        SpeechRequest((hi(),), "af_heart", 1),
    )
    for result, words in zip(results, ("0 tokens", "511 tokens", "no such voice", "100000 is no token"), strict=False):
        assert isinstance(result, Permanent)
        assert words in str(result)
    assert isinstance(results[-1], Speech)


def test_a_passage_is_said_by_its_own_voice(engine: Engine) -> None:
    """It is that voice's own sound, and the tokens stay in order."""
    plain = hi("ni↓, hˈI, xau↓.")
    mixed = replace(plain, passages=(Passage(4, 8, "af_heart"),))
    alone, woman, man, again = speak(
        engine,
        SpeechRequest((plain,), "zf_xiaoxiao", 1),
        SpeechRequest((mixed,), "zf_xiaoxiao", 1),
        SpeechRequest((replace(plain, passages=(Passage(4, 8, "am_michael"),)),), "zm_yunxi", 1),
        SpeechRequest((mixed,), "zf_xiaoxiao", 1),
    )
    for speech in (alone, woman, man):
        assert isinstance(speech, Speech)
        assert speech.token_times is not None
        (times,) = speech.token_times
        assert list(times) == sorted(times)
        assert len(times) == len(plain.tokens) + 1
        assert len(set(times)) >= 5
    assert isinstance(woman, Speech)
    assert isinstance(again, Speech)
    np.testing.assert_array_equal(woman.samples, again.samples)
    hi_alone = speak(engine, SpeechRequest((hi(),), "af_heart", 1))[0]
    assert isinstance(hi_alone, Speech)
    assert woman.token_times is not None
    (times,) = woman.token_times
    said, expected = woman.samples[times[4] : times[8]], hi_alone.samples
    found = np.correlate(expected / np.linalg.norm(expected), said[480:-2400] / np.linalg.norm(said[480:-2400]))
    assert found.max() > 0.5  # af_heart's own sound, at another level


@pytest.mark.parametrize(
    "passages",
    [
        (Passage(2, 2, "af_heart"),),
        (Passage(0, 999, "af_heart"),),
        (Passage(-1, 2, "af_heart"),),
        (Passage(2, 4, "af_heart"), Passage(3, 5, "af_heart")),
        (Passage(2, 4, "nobody"),),
    ],
)
def test_passages_that_no_front_end_makes_are_refused(engine: Engine, passages: tuple[Passage, ...]) -> None:
    (refused,) = speak(engine, SpeechRequest((replace(hi(), passages=passages),), "zf_xiaobei", 1))
    assert isinstance(refused, Permanent)
    assert "passage" in str(refused)
