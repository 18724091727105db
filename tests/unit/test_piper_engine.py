"""The Piper engine: the same request gives the same samples, whoever asks, in whatever order."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from models.catalog import Catalogue
from models.errors import NarrationError, Permanent, VoiceNotInstalled
from models.family import load_engine, load_frontend
from models.piper.engine import MAX_TOKENS
from models.piper.noise_inputs import expose_noise
from models.piper.voice_config import read_piper_config
from models.session import open_session, run_session
from models.voice import Engine, Samples, Speech, SpeechRequest, Utterance, spoken_by
from tests.make_tiny_voice import AMPLITUDE, NOISE, SAMPLE_RATE, SAMPLES_A_TOKEN, graph, make

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine(Catalogue.load(DATA).bundle("tiny"))


def utterance(text: str = "Plants turn light into sugar.") -> Utterance:
    prepared = load_frontend(Catalogue.load(DATA).bundle("tiny")).prepare(text, "en")
    (one,) = spoken_by(prepared, lambda language: "one")
    return one


def request(text: str = "Plants turn light into sugar.", speaker: str = "one", seed: int = 1) -> SpeechRequest:
    return SpeechRequest((utterance(text),), speaker, seed)


def speak(engine: Engine, *requests: SpeechRequest) -> list[Speech | NarrationError]:
    results = dict(engine.speak(requests))
    return [results[i] for i in range(len(requests))]


def samples(engine: Engine, one: SpeechRequest) -> Samples:
    (result,) = speak(engine, one)
    assert isinstance(result, Speech), result
    return result.samples


def test_the_committed_voice_is_what_the_script_makes(tmp_path: Path) -> None:
    made = make(tmp_path / "tiny")
    for path in made.iterdir():
        if path.suffix != ".onnx":  # another onnx may lay its bytes out differently
            assert (DATA / "tiny_voice" / path.name).read_bytes().splitlines()[:9] == path.read_bytes().splitlines()[:9]
    assert onnx.load(made / "model.onnx").graph == onnx.load(DATA / "tiny_voice/model.onnx").graph


def test_a_token_is_a_tone_of_25_ms_at_minus_20_dbfs(engine: Engine) -> None:
    one = request()
    (speech,) = speak(engine, one)
    assert isinstance(speech, Speech)
    assert speech.sample_rate == SAMPLE_RATE
    assert speech.samples.dtype == np.float32
    assert speech.samples.shape == (len(one.utterances[0].tokens) * SAMPLES_A_TOKEN,)
    level = 20 * np.log10(np.sqrt(np.mean(np.square(speech.samples))))
    assert level == pytest.approx(-20, abs=0.2)
    assert np.abs(speech.samples).max() < AMPLITUDE * 1.05
    assert set(speech.stages) == {"acoustic"}
    assert speech.stages["acoustic"] > 0


def test_the_same_request_gives_the_same_samples_in_any_order(engine: Engine) -> None:
    texts = ["One.", "A second, rather longer sentence of many more words.", "Three, four."]
    requests = [request(text, seed=seed) for text in texts for seed in (1, 2**64 - 1)]
    first = [samples(engine, one).tobytes() for one in requests]
    assert len(set(first)) == len(requests)
    fresh = load_engine(Catalogue.load(DATA).bundle("tiny"))
    for result, sound in zip(speak(fresh, *reversed(requests)), reversed(first), strict=True):
        assert isinstance(result, Speech)
        assert result.samples.tobytes() == sound


def test_another_process_says_the_same(engine: Engine) -> None:
    code = (
        "import hashlib; from tests.unit.test_piper_engine import *; "
        "e = load_engine(Catalogue.load(DATA).bundle('tiny')); samples(e, request('Something else.', seed=9)); "
        "print(hashlib.sha256(samples(e, request()).tobytes()).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hashlib.sha256(samples(engine, request()).tobytes()).hexdigest()


def test_draws_are_standard_normal_and_the_seed_s(engine: Engine) -> None:
    one, two = samples(engine, request(seed=1)), samples(engine, request(seed=2))
    difference = (one - two) / (NOISE * 0.667 * np.sqrt(2))
    assert np.std(difference) == pytest.approx(1, abs=0.02)
    assert np.mean(difference) == pytest.approx(0, abs=0.03)
    assert np.mean(difference**4) == pytest.approx(3, abs=0.3)


def test_utterances_of_a_segment_draw_apart(engine: Engine) -> None:
    same = replace(utterance("Again."), closes=True)
    both = samples(engine, SpeechRequest((same, same), "one", 1))
    size = len(same.tokens) * SAMPLES_A_TOKEN
    assert len(both) == 2 * size + round(0.120 * SAMPLE_RATE)  # a sentence's pause; tones leave no silence to trim
    np.testing.assert_array_equal(both[:size], samples(engine, SpeechRequest((same,), "one", 1)))
    assert np.abs(both[:size] - both[-size:]).max() > NOISE * 0.1


@pytest.mark.parametrize(("speed", "length"), [(2.0, 100), (0.5, 400), (1.0, 200)])
def test_speed(engine: Engine, speed: float, length: int) -> None:
    one = utterance()
    assert len(samples(engine, SpeechRequest((one,), "one", 1, speed))) == len(one.tokens) * length


def test_speakers_differ(engine: Engine) -> None:
    assert np.abs(samples(engine, request()) - samples(engine, request(speaker="two"))).max() > AMPLITUDE / 2


def test_one_failure_spares_the_others(engine: Engine) -> None:
    bad = Utterance((1, 9_999, 2))
    results = speak(
        engine,
        SpeechRequest((bad,), "one", 1),
        request(),
        request(speaker="three"),
        SpeechRequest((Utterance(()),), "one", 1),
        SpeechRequest((Utterance((5,) * (MAX_TOKENS + 1)),), "one", 1),
        request(seed=2),
    )
    assert [type(result) for result in results] == [Permanent, Speech, Permanent, Permanent, Permanent, Speech]
    assert "9999 is no token of this voice" in str(results[0])
    assert "describes no such voice" in str(results[2])
    assert "has 0 tokens" in str(results[3])
    assert "takes 1 to" in str(results[4])


def test_other_weights_sound_different(engine: Engine, tmp_path: Path) -> None:
    make(tmp_path / "tiny", seed=1)
    other = Catalogue.load(tmp_path)
    assert other.find("tiny/one").fingerprint != Catalogue.load(DATA).find("tiny/one").fingerprint
    assert not np.array_equal(samples(load_engine(other.bundle("tiny")), request()), samples(engine, request()))


def test_a_damaged_model_does_not_load(tmp_path: Path) -> None:
    path = make(tmp_path / "tiny") / "model.onnx"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(VoiceNotInstalled, match="damaged: sha256 is"):
        load_engine(Catalogue.load(tmp_path).bundle("tiny"))


def random_graph(kind: str = "RandomNormalLike", **attributes: object) -> bytes:
    """x [n] -> the first 3 * n draws, [3, n]."""
    like = kind.endswith("Like")
    nodes = [
        helper.make_node("Concat", ["x", "x", "x"], ["long"], axis=0),
        helper.make_node("Reshape", ["long", "shape"], ["square"]),
        helper.make_node(kind, ["square"] if like else [], ["y"], **attributes),
    ]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [3, "m"])]
    shape = helper.make_tensor("shape", TensorProto.INT64, [2], [3, -1])
    made = helper.make_graph(nodes, "random", inputs, outputs, [shape])
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 15)], ir_version=8).SerializeToString()


def test_the_rewritten_graph_is_valid_and_reads_its_draws() -> None:
    model, names = expose_noise(random_graph(dtype=1, seed=3.0, mean=0.0, scale=1.0))
    onnx.checker.check_model(onnx.load_from_string(model), full_check=True)
    assert names == ("narrator_noise_0",)
    draws = np.arange(20, dtype=np.float32)
    (y,) = run_session(open_session(model), {"x": np.zeros(4, np.float32), names[0]: draws})
    np.testing.assert_array_equal(y, draws[:12].reshape(3, 4))


def test_too_few_draws_name_their_input() -> None:
    """The engine learns from this message how many draws a token takes."""
    model, names = expose_noise(random_graph())
    with pytest.raises(Permanent, match="Name:'narrator_noise_0'"):
        run_session(open_session(model), {"x": np.zeros(4, np.float32), names[0]: np.zeros(11, np.float32)})


@pytest.mark.parametrize(
    ("kind", "attributes", "complaint"),
    [
        ("RandomNormalLike", {"mean": 1.0}, "unusual 'mean'"),
        ("RandomNormalLike", {"scale": 0.5}, "unusual 'scale'"),
        ("RandomNormalLike", {"dtype": 11}, "unusual 'dtype'"),
        ("RandomUniformLike", {}, "draws by RandomUniformLike"),
        ("RandomNormal", {"shape": [3]}, "draws by RandomNormal,"),
    ],
)
def test_draws_that_cannot_be_seeded_are_refused(kind: str, attributes: dict[str, object], complaint: str) -> None:
    with pytest.raises(Permanent, match=complaint):
        expose_noise(random_graph(kind, **attributes))


def test_a_graph_without_draws_is_left_alone() -> None:
    model = graph()
    for node in list(model.graph.node):
        if node.op_type == "RandomNormalLike":
            node.op_type = "Identity"
            node.ClearField("attribute")
    assert expose_noise(model.SerializeToString()) == (model.SerializeToString(), ())


def test_what_is_no_onnx_file_is_refused() -> None:
    whole = random_graph()
    for wrong in (b"", b"RIFF....", b"\xff" * 40, whole[:-3]):
        with pytest.raises(Permanent, match="not an ONNX file"):
            expose_noise(wrong)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"{", "Invalid JSON"),
        (b"{}", "audio: Field required"),
        (b'{"audio": {"sample_rate": 1}}', "audio.sample_rate"),
        (b'{"audio": {"sample_rate": 16000}, "inference": {"length_scale": 0}}', "inference.length_scale"),
        (b'{"audio": {"sample_rate": 16000}, "num_speakers": 0}', "num_speakers"),
    ],
)
def test_a_wrong_json_is_named(tmp_path: Path, text: bytes, complaint: str) -> None:
    path = tmp_path / "voice.json"
    path.write_bytes(text)
    with pytest.raises(Permanent, match=f"voice.json: .*{complaint}"):
        read_piper_config(path)


def test_a_published_voice_repeats_exactly() -> None:
    catalogue = Catalogue.load()
    voice = catalogue.find("piper-joe/joe")
    if not catalogue.installed(voice):
        pytest.skip("narrator[piper] is not installed")
    engine = load_engine(catalogue.bundle(voice.bundle))
    hello = Utterance((1, 0, 20, 0, 59, 0, 24, 0, 120, 0, 27, 0, 100, 0, 10, 0, 2))
    longer = Utterance((*hello.tokens[:-4], 0, 8, 0, 3, *hello.tokens[1:]))
    first = samples(engine, SpeechRequest((hello,), "joe", 1))
    second = samples(engine, SpeechRequest((hello, longer), "joe", 2))
    assert 0.3 < len(first) / 22050 < 1.5
    np.testing.assert_array_equal(samples(engine, SpeechRequest((hello,), "joe", 1)), first)
    again = load_engine(catalogue.bundle(voice.bundle))
    np.testing.assert_array_equal(samples(again, SpeechRequest((hello, longer), "joe", 2)), second)
