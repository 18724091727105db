"""The matrix-engine backend: OpenVINO gives what ONNX Runtime gives; in bfloat16 where the CPU has it, about."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from tests.unit.cosyvoice_reference import DATA, need, need_torch

need_torch()
pytest.importorskip("tiktoken")
need("openvino")

from models.bundle import Bundle  # noqa: E402
from models.cosyvoice.convert import convert_cosyvoice  # noqa: E402
from models.cosyvoice.engine import CosyVoiceEngine  # noqa: E402
from models.cosyvoice.stages import Parameters, load_stages  # noqa: E402
from models.errors import Permanent, VoiceNotInstalled  # noqa: E402
from models.session import MatrixSession, run_session  # noqa: E402
from models.voice import Speech, SpeechRequest, Utterance  # noqa: E402

ALLOWED = {"f32": (1e-5, 1e-5), "bf16": (0.1, 0.1)}  # relative error of the mel after ten steps, of the samples


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    out = tmp_path_factory.mktemp("voices") / "matrix"
    return convert_cosyvoice(DATA, out, "fp32", backend="openvino", speech_tokens_per_text_token=8)


def relative(exact: np.ndarray, found: np.ndarray) -> float:
    assert exact.shape == found.shape
    return float(np.sqrt(np.mean((exact - found) ** 2) / np.mean(exact**2)))


@pytest.mark.parametrize("tokens", [30, 75])
def test_mel_and_samples_equal_those_of_onnx_runtime(bundle: Bundle, tokens: int):
    parameters = Parameters.of(bundle.parameters, bundle.origin)
    exact, other = (load_stages(bundle.path, parameters, backend=name) for name in ("onnxruntime", "openvino"))
    precision = MatrixSession(bundle.path("estimator.onnx")).precision
    ids = np.random.default_rng(0).integers(0, 4096, tokens).tolist()
    mels = [parts.flow.mel(ids, parts.speakers[1][0], 7) for parts in (exact, other)]
    samples = [parts.hift.synthesise(mels[0], 7) for parts in (exact, other)]
    allowed = ALLOWED[precision]
    assert relative(*mels) <= allowed[0]
    assert relative(*samples) <= allowed[1]


def test_a_bundle_says_its_backend_and_is_keyed_by_it(bundle: Bundle):
    read = Bundle.read(bundle.origin)
    assert read.backend == "openvino"
    plain = read.model_copy(update={"backend": "onnxruntime"})
    assert plain.fingerprint("zh-female") != read.fingerprint("zh-female")


def test_the_engine_speaks_with_half_precision_weights(tmp_path: Path):
    made = convert_cosyvoice(DATA, tmp_path / "half", "int8", backend="openvino", speech_tokens_per_text_token=8)
    assert made.precision == "fp16-int8"
    assert made.record["self_check"]["mel"] < 0.05
    request = SpeechRequest((Utterance((5, 6, 7)),), "zh-female", 1)
    ((_, speech),) = CosyVoiceEngine(made).speak([request])
    assert isinstance(speech, Speech), speech
    assert len(speech.samples) > 5000


def test_inputs_that_do_not_fit_are_a_permanent_error(bundle: Bundle):
    with pytest.raises(Permanent, match="inference failed"):
        run_session(MatrixSession(bundle.path("generator.onnx")), {"mel": np.zeros((3, 3), np.float32)})


def test_without_openvino_the_remedy_is_told(bundle: Bundle, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(VoiceNotInstalled, match=r"narrator\[openvino\]"):
        CosyVoiceEngine(bundle)
