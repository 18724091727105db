"""A bundle's files, loaded: language model, flow and vocoder, the stages between text tokens and sound."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue, TypeAdapter, ValidationError

from models.cosyvoice.config import Sampling
from models.cosyvoice.flow import STEPS, Flow
from models.cosyvoice.language_model import LanguageModel, Tables
from models.cosyvoice.tokenizer import IDS
from models.errors import Permanent
from models.records import FrozenRecord, wrong
from models.session import AnySession, MatrixSession, open_session
from models.vocoders.harmonic_source import HarmonicSource
from models.vocoders.hift import Hift

GRAPHS = ("text_encoder", "positions", "decoder", "flow_encoder", "estimator", "pitch", "generator")
MATRIX_ENGINE = ("estimator", "generator")  # most of the time; OpenVINO runs them in bundles of that backend
TABLES = "tables.npz"
SLOTS = 16  # segments in one pass of the language model
KEYS_AND_VALUES = 512 << 20  # bytes they may take; fewer slots for longer segments

Array = NDArray[np.float32]


class SourceParameters(FrozenRecord):
    """The numbers of the harmonic source."""

    amplitude: float
    noise: float
    voiced: float


class Parameters(FrozenRecord):
    """The ``parameters`` of ``voice.toml``: all that shapes the sound beside the files."""

    sampling: Sampling
    source: SourceParameters
    guidance: float
    steps: int = STEPS
    text_vocabulary: int = IDS  # fewer only in test checkpoints: the front-end folds ids into it
    # Speech tokens drawn per text token whatever the model says. Only for tests and measurements: random weights end
    # nowhere. It is part of the fingerprint, so it can never pass for the real thing.
    speech_tokens_per_text_token: int | None = None

    @classmethod
    def of(cls, values: Mapping[str, JsonValue], origin: Path) -> Parameters:
        """Check a bundle's parameters. Raises Permanent naming the file."""
        try:
            return TypeAdapter(cls).validate_python(dict(values))
        except ValidationError as error:
            raise Permanent(f"{origin}: {wrong(error, 'parameters.')}; convert the voice again") from None


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages, loaded. ``speakers`` are projected: [n, width] for the language model, [n, 80] for the flow."""

    language_model: LanguageModel
    flow: Flow
    hift: Hift
    speakers: tuple[Array, Array]


def load_stages(
    locate: Callable[[str], Path], parameters: Parameters, threads: int = 1, *, backend: str = "onnxruntime"
) -> Stages:
    """Open every graph. ``locate`` gives the path of a file of the bundle; ``backend`` is the bundle's."""
    tables = read_tables(locate(TABLES))
    estimator, generator = (_heavy(locate(f"{name}.onnx"), threads, backend) for name in MATRIX_ENGINE)
    flow_encoder, pitch = (
        open_session(locate(f"{name}.onnx"), threads, plan=False) for name in ("flow_encoder", "pitch")
    )
    sound = parameters.source
    source = HarmonicSource(
        tables["source_weight"], float(tables["source_bias"]), sound.amplitude, sound.noise, sound.voiced
    )
    return Stages(
        load_language_model(locate, tables, parameters, threads),
        Flow(flow_encoder, estimator, parameters.guidance),
        Hift(pitch, generator, source),
        (tables["speakers_language_model"], tables["speakers_flow"]),
    )


def _heavy(path: Path, threads: int, backend: str) -> AnySession:
    """Open a graph that most of the time is spent in, on the bundle's backend."""
    return MatrixSession(path, threads) if backend == "openvino" else open_session(path, threads, plan=False)


def load_language_model(
    locate: Callable[[str], Path], tables: Mapping[str, Array], parameters: Parameters, threads: int = 1
) -> LanguageModel:
    """Open the language model's three graphs alone."""
    encoder, positions, decoder = (open_session(locate(f"{name}.onnx"), threads, plan=False) for name in GRAPHS[:3])
    embeddings = Tables(tables["speech"], tables.get("speech_scale"), tables["signs"])
    return LanguageModel((encoder, positions, decoder), embeddings, parameters.sampling, SLOTS, KEYS_AND_VALUES)


def read_tables(path: Path) -> dict[str, Array]:
    """Read the arrays that are no graph: embeddings of speech tokens and signs, speakers, the source's weights."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def needs_reduced_range() -> bool:
    """Tell whether 8-bit products saturate on this machine: x86 without VNNI."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.machine().lower() in ("x86_64", "amd64")  # unknown: the safe choice
    return "sse2" in flags and not re.search(r"\bavx512_vnni\b|\bavx_vnni\b", flags)
