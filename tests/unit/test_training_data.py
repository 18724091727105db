"""Sentences and shards that light vocoders are trained on, and the teacher: Kokoro's graph in two."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path

import numpy as np
import pytest

from models.bundle import Bundle
from models.catalog import BUILT_IN
from models.kokoro.engine import KokoroEngine
from models.kokoro.frontend import KokoroFrontEnd
from models.training.data import HELD_OUT, HOP, Teacher, make_shard, read_shard, shards
from models.training.sentences import HERE, sentence
from models.training.teacher import FEATURES, STYLE, Spoken, TeacherVocoder, TextSide, read_graph
from models.voice import SpeechRequest


class ToneSpeaker:
    """Stands in for the teacher: sounds of a length that the text gives, quickly."""

    bundle = Bundle.read(BUILT_IN / "kokoro.toml")
    voices = Teacher.voices

    def features(self, text: str, language: str, voice: str, speed: float) -> list[Spoken]:
        frames = 70 + len(text) % 30
        draws = np.random.default_rng(len(text))
        pulses = 0.1 * np.sin(np.arange(frames * HOP, dtype=np.float32) * 0.05)
        features = draws.standard_normal((FEATURES, frames), np.float32)
        return [Spoken(features, pulses, draws.standard_normal(STYLE, np.float32), np.zeros((22, 1), np.float32))]

    def sound(self, spoken: Spoken) -> np.ndarray:
        return spoken.source * 2


def test_the_same_seed_gives_the_same_sentences_and_every_slot_is_filled():
    for language in ("en", "zh", "ja"):
        one, again = ([sentence(language, random.Random(n)) for n in range(200)] for _ in range(2))
        assert one == again
        assert len(set(one)) > 150
        assert not [text for text in one if "{" in text or "}" in text]


def test_held_out_sentences_are_sixty_and_none_is_in_the_examples():
    listed = tomllib.loads((HERE / "held_out.toml").read_text("utf-8"))
    assert {language: len(set(texts)) for language, texts in listed.items()} == {"en": 20, "zh": 20, "ja": 20}
    examples = "".join(path.read_text("utf-8") for path in Path("examples").rglob("*.md"))
    assert not [text for texts in listed.values() for text in texts if text in examples]


def test_a_shard_is_whole_comes_again_from_its_seed_and_holds_no_voice_that_is_held_out(tmp_path):
    (tmp_path / ".shard-00000").mkdir()  # a run was killed here
    (tmp_path / ".shard-00000" / "features.npy").write_bytes(b"half")
    for name in ("shard-00000", "shard-00001"):
        make_shard(ToneSpeaker(), tmp_path / name, "seed", seconds=20)
    assert [folder.name for folder in shards(tmp_path)] == ["shard-00000", "shard-00001"]
    one, again = (read_shard(folder) for folder in shards(tmp_path))
    assert one.lines == again.lines
    assert np.array_equal(one.sound, again.sound)
    assert len(one.sound) == len(one.source) == len(one.features) * HOP >= 20 * 24_000
    assert len(one.style) == len(one.lines)
    assert [line.first for line in one.lines[1:]] == [line.first + line.frames for line in one.lines[:-1]]
    assert not {line.voice for line in one.lines} & set(HELD_OUT)
    assert {line.language for line in one.lines} == {"en", "zh", "ja"}


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.read(BUILT_IN / "kokoro.toml")


def test_text_side_and_int8_vocoder_together_are_the_graph_and_in_float_they_are_close(bundle, tmp_path):
    (utterance,) = KokoroFrontEnd(bundle).prepare("Salt.", "en")
    engine = KokoroEngine(bundle)
    ((_, whole),) = engine.speak([SpeechRequest((utterance,), "af_heart", seed=0)])
    graph = read_graph(bundle)
    style = np.load(bundle.path("kokoro/af_heart.npy")).astype(np.float32).reshape(-1, 2 * STYLE)
    count = len(utterance.tokens)
    spoken = TextSide(graph)(utterance.tokens, style[count - 1 : count], 1.0)
    assert spoken.features.shape[1] * HOP == len(spoken.source)
    parts = TeacherVocoder(graph, tmp_path, matrix=False, quantised=True)(spoken)
    assert np.array_equal(parts, whole.samples)
    clean = TeacherVocoder(graph, tmp_path, matrix=False)(spoken)
    noise = clean - parts
    assert 8 < 10 * np.log10(np.mean(clean**2) / np.mean(noise**2)) < 40  # dB: the same sound, without int8's noise
