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
from models.voice import Engine, Speech, SpeechRequest, Utterance

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
    return Utterance("Hi.", "en", phonemes, tuple(ids[symbol] for symbol in phonemes))


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
    utterance = replace(utterance, language="zh", passages=(("en", 8, len(utterance.tokens)),))
    chosen = {"guest-en": "bf_emma/0123"}
    usual, emma, heart = speak(
        engine,
        SpeechRequest((utterance,), "zf_xiaobei", 1),
        SpeechRequest((utterance,), "zf_xiaobei", 1, options=chosen),
        SpeechRequest((utterance,), "zf_xiaobei", 1, options={"guest-en": "af_heart/0123"}),
    )
    assert isinstance(usual, Speech)
    assert isinstance(emma, Speech)
    assert isinstance(heart, Speech)
    np.testing.assert_array_equal(usual.samples, heart.samples)
    assert not np.array_equal(usual.samples[-4800:], emma.samples[-4800:])
    np.testing.assert_array_equal(usual.samples[:4800], emma.samples[:4800])  # the host's own words


def test_speed_shortens(engine: Engine) -> None:
    slow, fast = speak(
        engine,
        SpeechRequest((hi(),), "zf_xiaobei", 1, speed=0.7),
        SpeechRequest((hi(),), "zf_xiaobei", 1, speed=1.4),
    )
    assert isinstance(slow, Speech)
    assert isinstance(fast, Speech)
    assert len(fast.samples) < 0.75 * len(slow.samples)


def test_words_last_as_long_as_their_tokens(engine: Engine) -> None:
    """``hˈI.`` and again, as two words, in one utterance and in two; at every speed the durations make the sound."""
    phonemes = "hˈI, hˈI."
    ids = tuple(VOCABULARY[symbol] for symbol in phonemes)
    two = Utterance("Hi, hi.", "en", phonemes, ids, (("Hi", 0, 3), ("hi", 4, 8)))
    for speed in (0.5, 1.0, 2.0):
        once, twice, wordless = speak(
            engine,
            SpeechRequest((two,), "af_heart", 1, speed),
            SpeechRequest((two, two), "af_heart", 1, speed),
            SpeechRequest((hi(),), "af_heart", 1, speed),
        )
        assert isinstance(once, Speech)
        assert isinstance(twice, Speech)
        assert isinstance(wordless, Speech)
        assert wordless.words is None
        assert once.words is not None
        assert twice.words is not None
        first, second = once.words
        assert (first.text, second.text) == ("Hi", "hi")
        assert 0 < first.start < first.end < second.start < second.end < len(once.samples)
        assert (first.end % FRAME, second.start % FRAME, second.end % FRAME) == (0, 0, 0)
        loud = np.flatnonzero(np.abs(once.samples) > 0.02)
        assert abs(int(loud[0]) - first.start) < 0.1 * 24000
        assert twice.words[0] == first
        assert twice.words[1].start == second.start
        assert second.start < twice.words[1].end <= min(second.end, twice.words[2].start)  # the join may cut its end
        later = [(a.start - b.start, a.end - b.end) for a, b in zip(twice.words[2:], once.words, strict=True)]
        assert len({shift for pair in later for shift in pair}) == 1  # the second time all of it as much later
        assert twice.words[3].end <= len(twice.samples)


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
        SpeechRequest((Utterance("", "en", "", ()),), "af_heart", 1),
        SpeechRequest((hi("a" * 511),), "af_heart", 1),
        SpeechRequest((hi(),), "nobody", 1),
        SpeechRequest((Utterance("?", "en", "", (100_000,)),), "af_heart", 1),
        SpeechRequest((hi(),), "af_heart", 1),
    )
    for result, words in zip(results, ("0 tokens", "511 tokens", "no such voice", "inference failed"), strict=False):
        assert isinstance(result, Permanent)
        assert words in str(result)
    assert isinstance(results[-1], Speech)


def test_a_passage_is_said_by_its_own_voice(engine: Engine) -> None:
    """It is that voice's own sound, and the words stay in order."""
    phonemes = "ni↓, hˈI, xau↓."
    ids = tuple(VOCABULARY[symbol] for symbol in phonemes)
    words = (("你", 0, 3), ("hi", 4, 8), ("好", 9, 14))
    plain = Utterance("你，hi，好。", "zh", phonemes, ids, words)
    mixed = Utterance("你，hi，好。", "zh", phonemes, ids, words, (("en", 4, 8),))
    alone, woman, man, again = speak(
        engine,
        SpeechRequest((plain,), "zf_xiaoxiao", 1),
        SpeechRequest((mixed,), "zf_xiaoxiao", 1),
        SpeechRequest((mixed,), "zm_yunxi", 1),
        SpeechRequest((mixed,), "zf_xiaoxiao", 1),
    )
    for speech in (alone, woman, man):
        assert isinstance(speech, Speech)
        assert speech.words is not None
        edges = [edge for word in speech.words for edge in (word.start, word.end)]
        assert edges == sorted(edges)
        assert len(set(edges)) >= 5
        assert [word.text for word in speech.words] == ["你", "hi", "好"]
    assert isinstance(woman, Speech)
    assert isinstance(again, Speech)
    np.testing.assert_array_equal(woman.samples, again.samples)
    hi_alone = speak(engine, SpeechRequest((hi(),), "af_heart", 1))[0]
    assert isinstance(hi_alone, Speech)
    assert woman.words is not None
    _, word, _ = woman.words
    said, expected = woman.samples[word.start : word.end], hi_alone.samples
    found = np.correlate(expected / np.linalg.norm(expected), said[480:-2400] / np.linalg.norm(said[480:-2400]))
    assert found.max() > 0.5  # af_heart's own sound, at another level
