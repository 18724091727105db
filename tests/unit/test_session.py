"""Sessions and the cores they may use; how the utterances of a segment are joined."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from models.cores import available_cores
from models.errors import VoiceNotInstalled
from models.session import open_session
from models.utterance_joining import AFTER_LAST, AFTER_SENTENCE, BEFORE_ONSET, join
from models.voice import PreparedUtterance, Samples, Utterance, spoken_by
from tests.make_tiny_voice import FOLDER

RATE = 16_000
ALL = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def host(root: Path, cgroup: str, files: dict[str, str]) -> Path:
    for name, content in {"proc/self/cgroup": cgroup, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


@pytest.mark.parametrize(
    ("cgroup", "files", "cores"),
    [
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "max 100000\n"}, ALL),
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "100000 100000\n"}, 1),
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "20000 100000\n"}, 1),
        ("0::/a/b\n", {"sys/fs/cgroup/a/cpu.max": "50000 50000\n", "sys/fs/cgroup/a/b/cpu.max": "max 50000\n"}, 1),
        ("0::/../host\n", {"sys/fs/cgroup/cpu.max": "100000 100000\n"}, 1),
        (
            "3:memory:/x\n2:cpu,cpuacct:/x\n",
            {"sys/fs/cgroup/cpu/x/cpu.cfs_quota_us": "90000\n", "sys/fs/cgroup/cpu/x/cpu.cfs_period_us": "100000\n"},
            1,
        ),
        (
            "2:cpu,cpuacct:/\n",
            {
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            },
            ALL,
        ),
        ("nonsense\n", {}, ALL),
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "nonsense\n"}, ALL),
    ],
)
def test_available_cores(tmp_path: Path, cgroup: str, files: dict[str, str], cores: int) -> None:
    assert available_cores(host(tmp_path, cgroup, files)) == cores


def test_a_quota_of_one_and_a_half_is_two_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    assert available_cores(host(tmp_path, "0::/\n", {"sys/fs/cgroup/cpu.max": "150000 100000\n"})) == 2


def test_without_linux_s_files_the_affinity_decides(tmp_path: Path) -> None:
    assert available_cores(tmp_path) == ALL


def test_a_session_has_the_threads_it_is_given() -> None:
    for threads in (1, 2):
        options = open_session(FOLDER / "model.onnx", threads).get_session_options()
        assert options.intra_op_num_threads == threads
        assert options.inter_op_num_threads == 1
        assert not options.enable_mem_pattern
        assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_a_file_that_is_no_model_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"nothing of the kind")
    with pytest.raises(VoiceNotInstalled, match=r"model.onnx: the inference runtime refuses"):
        open_session(tmp_path / "model.onnx")


@pytest.mark.parametrize("where", ["../outside.bin", "/etc/hostname", "link.bin"])
def test_external_data_outside_the_folder_is_refused(tmp_path: Path, where: str) -> None:
    (tmp_path / "voice").mkdir()
    np.ones(4, np.float32).tofile(tmp_path / "outside.bin")
    (tmp_path / "voice/link.bin").symlink_to(tmp_path / "outside.bin")
    weights = TensorProto(name="w", data_type=1, dims=[4], data_location=TensorProto.EXTERNAL)
    weights.external_data.add(key="location", value=where)
    value = helper.make_tensor_value_info
    made = helper.make_graph(
        [helper.make_node("Add", ["x", "w"], ["y"])], "g", [value("x", 1, [4])], [value("y", 1, [4])], [weights]
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    (tmp_path / "voice/model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(VoiceNotInstalled, match="refuses this model"):
        open_session(tmp_path / "voice/model.onnx")
    assert onnx.load(tmp_path / "voice/model.onnx", load_external_data=False).graph.node  # it is a model


def tone(before: float, seconds: float, after: float, level: float = 0.5) -> Samples:
    """Silence, a tone, silence; lengths in seconds."""
    time = np.arange(round(seconds * RATE)) / RATE
    parts = [np.zeros(round(before * RATE)), level * np.sin(2 * np.pi * 440 * time), np.zeros(round(after * RATE))]
    return np.concatenate(parts).astype(np.float32)


def said(text: str) -> Utterance:
    """As the first of two utterances."""
    return spoken_by([PreparedUtterance(text, "en", "", (1,)), PreparedUtterance("On.", "en", "", (1,))], str)[0]


def test_one_utterance_is_left_alone() -> None:
    piece = tone(1, 1, 1)
    assert join([said("One.")], [piece], RATE) is piece


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("a clause,", 0.0),
        ("A sentence.", AFTER_SENTENCE),
        ("“A question?”", AFTER_SENTENCE),
        ("一句。", AFTER_SENTENCE),
        ("no end", 0.0),
    ],
)
def test_silence_between_utterances_has_one_length(text: str, added: float) -> None:
    first, second = tone(0.4, 1, 0.9), tone(0.7, 1, 0.3)
    joined = join([said(text), said("Two.")], [first, second], RATE)
    frame = 0.005
    gap = AFTER_LAST + BEFORE_ONSET + added
    assert len(joined) / RATE == pytest.approx(0.4 + 1 + gap + 1 + 0.3, abs=4 * frame)
    np.testing.assert_array_equal(joined[: round(1.4 * RATE)], first[: round(1.4 * RATE)])
    np.testing.assert_array_equal(joined[-round(1.3 * RATE) :], second[-round(1.3 * RATE) :])


def test_a_soft_end_is_kept() -> None:
    loud, soft = tone(0, 1, 0), tone(0, 0.5, 0.5, level=0.5 * 10 ** (-40 / 20))
    joined = join([said("a,"), said("b.")], [np.concatenate([loud, soft]), loud], RATE)
    assert len(joined) / RATE == pytest.approx(1.5 + AFTER_LAST + 1, abs=0.02)


def test_silent_and_empty_pieces_lose_nothing() -> None:
    silent, empty = np.zeros(RATE, np.float32), np.zeros(0, np.float32)
    assert len(join([said("a,"), said("b,"), said("c.")], [silent, empty, silent], RATE)) == 2 * RATE
