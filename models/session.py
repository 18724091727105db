"""The one place that makes inference sessions, so that every engine runs under the same rules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.errors import Permanent, VoiceNotInstalled

if TYPE_CHECKING:
    import onnxruntime

Session: TypeAlias = "onnxruntime.InferenceSession"
AnySession: TypeAlias = "Session | MatrixSession"


def open_session(model: Path | bytes, threads: int = 1, *, plan: bool = True) -> Session:
    """Open a session over a model file, or over the bytes of one, on ``threads`` threads of the CPU.

    External data is confined by the runtime to the model's own folder. Without ``plan`` the runtime does not look for
    buffers to use twice: its search takes 9 s for a graph of 6,000 nodes of unknown shapes, and gains nothing there.
    Raises VoiceNotInstalled where the runtime refuses the model.
    """
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads  # by default the host's cores, whatever the quota says
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.enable_mem_pattern = False  # every segment has another length: patterns would only pile up
    options.enable_mem_reuse = plan
    options.log_severity_level = 4  # errors are raised, with the same words
    options.use_deterministic_compute = True
    # Idle threads that spin take the core from the neighbour process that has work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    source = model if isinstance(model, bytes) else str(model)
    try:
        session = ort.InferenceSession(source, sess_options=options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime's own exceptions share no base class
        name = f"{len(model)} bytes" if isinstance(model, bytes) else str(model)
        raise VoiceNotInstalled(f"{name}: the inference runtime refuses this model: {error}") from error
    session._model_bytes = None  # kept for a change of providers, which never comes: 92 MB for Kokoro
    return session


class MatrixSession:
    """A float graph on OpenVINO: bfloat16 where the CPU computes in it (AMX, AVX512-BF16), float32 elsewhere.

    Takes the same feeds as the other runtime and gives the same outputs, as far as bfloat16 allows.
    """

    def __init__(self, model: Path, threads: int = 1) -> None:
        """Compile the graph. Raises VoiceNotInstalled where OpenVINO is not installed, or refuses the model."""
        try:
            import openvino
        except ImportError as error:
            raise VoiceNotInstalled(
                f"{model}: this voice runs on OpenVINO: {error}. Remedy: pip install 'narrator[openvino]'"
            ) from None
        core = openvino.Core()
        fast = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self.precision = "bf16" if fast else "f32"
        properties = {
            "INFERENCE_PRECISION_HINT": self.precision,
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "ENABLE_CPU_PINNING": False,  # processes share the cores as the system sees fit
        }
        try:
            self._compiled = core.compile_model(core.read_model(str(model)), "CPU", properties)
        except RuntimeError as error:
            raise VoiceNotInstalled(f"{model}: OpenVINO refuses this model: {error}") from error
        self.inputs = {port.any_name: port.partial_shape for port in self._compiled.inputs}

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """Run one pass; its outputs are copies."""
        found = self._compiled({name: np.asarray(value, order="C") for name, value in feeds.items()})
        return [np.array(found[port]) for port in self._compiled.outputs]


def run_session(
    session: AnySession,
    feeds: Mapping[str, NDArray[Any]],
    *,
    release: bool = False,
) -> list[NDArray[Any]]:
    """Run one pass; its outputs come in the model's order. Raises Permanent quoting the runtime.

    With ``release`` the memory of the pass goes back to the system: for passes of a second, whose lengths vary. A
    Kokoro process then holds 205 MB between passes instead of 630 MB once it has met 20 s of audio, at the same speed.
    """
    try:
        if isinstance(session, MatrixSession):
            return session.run(feeds)
        import onnxruntime as ort

        options = ort.RunOptions()
        if release:
            options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        outputs: list[NDArray[Any]] = session.run(None, dict(feeds), options)
    except MemoryError:
        raise  # no fault of the text
    except Exception as error:  # the runtime's own exceptions share no base class
        shapes = {name: np.shape(value) for name, value in feeds.items()}
        raise Permanent(f"inference failed on inputs of shape {shapes}: {error}") from error
    return outputs


def input_width(session: AnySession, name: str) -> int:
    """Return the first dimension of an input, which the graph fixes."""
    if isinstance(session, MatrixSession):
        return int(session.inputs[name][0].get_length())
    return int(next(each.shape[0] for each in session.get_inputs() if each.name == name))
