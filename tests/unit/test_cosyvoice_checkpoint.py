"""The checkpoint reader: public spellings accepted, everything else named."""

from __future__ import annotations

import dataclasses
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from models.conversion.onnx_graph import Graph
from models.cosyvoice import config as configuration
from models.cosyvoice.checkpoint import read_cosyvoice_checkpoint, read_hift
from models.cosyvoice.checkpoint_shapes import flow_shapes, hift_shapes, language_model_shapes
from models.cosyvoice.config import read_cosyvoice_config
from models.cosyvoice.convert import convert_cosyvoice
from models.cosyvoice.convert_hift import hift_generator
from models.errors import Permanent
from models.session import open_session, run_session
from tests.benchmarks import full_size
from tests.unit.cosyvoice_reference import DATA, need_torch

need_torch()

import torch  # noqa: E402


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the checkpoint, to be spoiled."""
    for path in DATA.iterdir():
        if path.suffix in (".pt", ".yaml"):
            shutil.copyfile(path, tmp_path / path.name)
    return tmp_path


def edit(folder: Path, old: str, new: str, count: int = 1) -> None:
    path = folder / "cosyvoice.yaml"
    text = path.read_text()
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, count))


def change(folder: Path, name: str, **changes) -> None:
    state = torch.load(folder / name, weights_only=True)
    state.update(changes)
    torch.save({key: value for key, value in state.items() if value is not None}, folder / name)


def test_shapes_of_the_full_size_checkpoint(folder):
    (folder / "cosyvoice.yaml").write_text(full_size.configuration())
    config = read_cosyvoice_config(folder)
    assert language_model_shapes(config.language_model) == full_size.tensors("llm")
    assert flow_shapes(config.flow) == full_size.tensors("flow")
    renamed = {
        key.replace("parametrizations.weight.original0", "weight_g").replace(
            "parametrizations.weight.original1", "weight_v"
        ): shape
        for key, shape in full_size.tensors("hift").items()
    }
    assert hift_shapes(config.hift) == renamed
    sizes = [sum(np.prod(shape) for shape in full_size.tensors(name).values()) for name in ("llm", "flow", "hift")]
    assert [round(size / 1e6, 1) for size in sizes] == [310.7, 104.9, 20.5]


def test_references_defaults_and_unknown_sections(folder):
    edit(
        folder, "sample_rate: 22050\n", "sample_rate: 22050\nfeatures: !apply:os.system ['echo harm']\nrate: !ref <x>\n"
    )
    text = (folder / "cosyvoice.yaml").read_text()
    (folder / "cosyvoice.yaml").write_text(re.sub(r"    sampling: .*?\n\n", "\n", text, flags=re.DOTALL))
    assert "ras_sampling" not in (folder / "cosyvoice.yaml").read_text()
    config = read_cosyvoice_config(folder)
    assert config.language_model.sampling == configuration.Sampling(0.8, 25, 10, 0.1)
    assert config.language_model.text_width == 32  # by reference


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("text_token_size: 600", "text_token_size: 60515", "25 Hz variant"),
        ("input_frame_rate: 50", "input_frame_rate: 25", "25 Hz variant"),
        ("cosyvoice.llm.llm.TransformerLM", "cosyvoice.llm.llm.Qwen2LM", "CosyVoice 2 or 3"),
        ("cosyvoice.flow.flow.MaskedDiffWithXvec", "cosyvoice.flow.flow.CausalMaskedDiffWithXvec", "CosyVoice 2 or 3"),
        ("sample_rate: 22050", "sample_rate: 24000", "CosyVoice 2 and 3"),
        ("static_chunk_size: 1", "static_chunk_size: 0", "not causal"),
        ("act_fn: 'gelu'", "act_fn: 'snake'", r"act_fn is 'snake'"),
        ("speech_token_size: 4096", "speech_token_size: many", r"llm.speech_token_size is 'many'"),
        ("speech_token_size: 4096", "", r"llm.speech_token_size is missing"),
        ("!ref <sample_rate>", "!ref <nothing>", "refers to nothing"),
        ("sample_rate: 22050\n", "sample_rate: !ref <sample_rate>\n", "in a circle"),
        ("attention_heads: 4", "attention_heads: 5", "do not divide"),
        ("hop_len: 4", "hop_len: 8", "512 samples of a frame"),
        ("in_channels: 320", "in_channels: 240", "estimator.in_channels is not 320"),
        ("    in_channels: 80\n    base", "    in_channels: 64\n    base", "80 mel bands, hift takes 64"),
        ("llm:", "llm: [", "not readable as YAML"),
    ],
)
def test_refused_configurations(folder, old, new, message):
    edit(folder, old, new)
    with pytest.raises(Permanent, match=message) as caught:
        read_cosyvoice_config(folder)
    assert "cosyvoice.yaml" in str(caught.value)


def test_another_models_file_is_named(folder):
    (folder / "cosyvoice.yaml").rename(folder / "cosyvoice2.yaml")
    with pytest.raises(Permanent, match=r"cosyvoice2\.yaml: CosyVoice 2 and 3"):
        read_cosyvoice_config(folder)


def test_every_wrong_tensor_is_named(folder):
    change(
        folder,
        "flow.pt",
        **{"encoder_proj.bias": None, "prompt.weight": torch.zeros(2), "input_embedding.weight": torch.zeros(3, 32)},
    )
    with pytest.raises(Permanent) as caught:
        read_cosyvoice_checkpoint(folder)
    message = str(caught.value)
    assert "3 tensors" in message
    assert "missing: encoder_proj.bias [80]" in message
    assert "surplus: prompt.weight [2]" in message
    assert "misshapen: input_embedding.weight is [3, 32], expected [4096, 32]" in message


def test_not_a_number_is_refused(folder):
    change(folder, "llm.pt", **{"llm_decoder.bias": torch.full((4097,), float("nan"))})
    with pytest.raises(Permanent, match=r"llm.pt: .*\n.*not finite: llm_decoder.bias"):
        read_cosyvoice_checkpoint(folder)


def test_bookkeeping_and_bad_speakers_are_noticed(folder):
    change(folder, "llm.pt", epoch=3, step=100)
    change(folder, "spk2info.pt", **{"没有": {"speech_feat": torch.zeros(1)}})
    (folder / "flow.encoder.fp32.zip").write_bytes(b"not ours")
    (folder / "campplus.onnx").write_bytes(b"not ours")
    read = read_cosyvoice_checkpoint(folder)
    assert read.notices == ["llm.pt: ignored epoch, step", "spk2info.pt: 没有: no embedding; skipped"]
    assert "没有" not in read.speakers


@pytest.mark.parametrize("name", ["llm.pt", "cosyvoice.yaml"])
def test_git_lfs_pointer_is_recognised(folder, name):
    (folder / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1242\n")
    with pytest.raises(Permanent, match=r"Git LFS pointer.*git lfs pull"):
        read_cosyvoice_checkpoint(folder)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_any_float_is_read(folder, dtype):
    state = torch.load(folder / "flow.pt", weights_only=True)
    torch.save({name: torch.nn.Parameter(value.to(dtype)) for name, value in state.items()}, folder / "flow.pt")
    read, exact = read_cosyvoice_checkpoint(folder).flow, read_cosyvoice_checkpoint(DATA).flow
    assert {value.dtype for value in read.values()} == {np.dtype(np.float32)}
    assert max(np.abs(read[name] - exact[name]).max() for name in exact) < 0.03


def test_what_is_no_plain_tensor_is_named(folder):
    weight = torch.load(folder / "llm.pt", weights_only=True)["llm_decoder.weight"]
    for value in (weight.to(torch.int8), weight.to(torch.complex64), weight.to_sparse(), weight.to("meta"), "text"):
        change(folder, "llm.pt", **{"llm_decoder.weight": value})
        with pytest.raises(Permanent, match=r"llm.pt: .*\n  llm_decoder.weight is "):
            read_cosyvoice_checkpoint(folder)
    torch.save({3: weight, "state_dict": {}}, folder / "llm.pt")
    with pytest.raises(Permanent, match=r"3 is a Tensor, not a named tensor\n  state_dict is a dict"):
        read_cosyvoice_checkpoint(folder)


def test_every_file_that_is_not_there_is_named(folder):
    (folder / "flow.pt").unlink()
    (folder / "spk2info.pt").unlink()
    with pytest.raises(Permanent, match=r"has no flow.pt, spk2info.pt;"):
        read_cosyvoice_checkpoint(folder)


@pytest.mark.parametrize("data", [b"", b"<html>not found</html>", (DATA / "llm.pt").read_bytes()[:90_000]])
def test_damaged_files_are_told_without_advice_to_run_them(folder, data):
    (folder / "llm.pt").write_bytes(data)
    with pytest.raises(Permanent, match=r"llm.pt: not readable .* damaged or cut short") as caught:
        read_cosyvoice_checkpoint(folder)
    assert "weights_only" not in str(caught.value)


@pytest.mark.parametrize(
    ("embedding", "message"),
    [("no", "not made of numbers"), (torch.full((1, 192), torch.nan), "not finite"), ([0.5] * 100, "100 numbers")],
)
def test_speakers_that_cannot_be_are_named(folder, embedding, message):
    change(folder, "spk2info.pt", **{"一": {"embedding": embedding}})
    with pytest.raises(Permanent, match=f"spk2info.pt: 一: .*{message}"):
        read_cosyvoice_checkpoint(folder)


def test_speakers_have_names_that_can_be_given_and_one_each(folder, tmp_path):
    some = {"embedding": torch.ones(1, 192)}
    change(folder, "spk2info.pt", **{"../a b": some, "": some, "zh-female": some})
    with pytest.raises(
        Permanent, match=r"two speakers would have one name of zh-female, 中文女, .*, a-b, speaker-8, zh-"
    ):
        convert_cosyvoice(folder, tmp_path / "out", "int8")
    assert not (tmp_path / "out").exists()


def test_weight_normalisation_without_a_direction_or_twice_is_refused(folder):
    name = "conv_pre.parametrizations.weight.original1"
    direction = torch.load(folder / "hift.pt", weights_only=True)[name]
    change(folder, "hift.pt", **{name: torch.zeros_like(direction)})
    with pytest.raises(Permanent, match=r"conv_pre.weight_v has a row of zeros"):
        read_cosyvoice_checkpoint(folder)
    change(folder, "hift.pt", **{name: direction, "conv_pre.weight_v": direction})
    with pytest.raises(Permanent, match=r"conv_pre.weight_v is there in two spellings"):
        read_cosyvoice_checkpoint(folder)


class Harm:
    """Would run code when unpickled."""

    def __reduce__(self):
        return (Path.touch, (Path("harmed"),))


def test_pickles_with_code_are_refused(folder, monkeypatch):
    monkeypatch.chdir(folder)
    torch.save({"text_embedding.weight": Harm()}, folder / "llm.pt")
    with pytest.raises(Permanent, match=r"llm.pt: not readable .*it names getattr, code that would run"):
        read_cosyvoice_checkpoint(folder)
    assert not (folder / "harmed").exists()


@pytest.mark.parametrize("spelling", ["weight_g", "generator", "both", "old format"])
def test_public_spellings_of_hift_give_the_same_waveform(folder, spelling):
    state = torch.load(folder / "hift.pt", weights_only=True)
    if spelling in ("weight_g", "both"):
        state = {
            key.replace("parametrizations.weight.original0", "weight_g").replace(
                "parametrizations.weight.original1", "weight_v"
            ): value
            for key, value in state.items()
        }
    if spelling in ("generator", "both"):
        state = {f"generator.{key}": value for key, value in state.items()}
        state["discriminator.mpd.0.weight"] = torch.zeros(3)
    torch.save(state, folder / "hift.pt", _use_new_zipfile_serialization=spelling != "old format")
    notices: list[str] = []
    config = dataclasses.replace(read_cosyvoice_config(folder).hift)
    mel = np.random.default_rng(0).standard_normal((80, 12)).astype(np.float32)
    source = np.zeros(12 * 256, np.float32)
    waves = []
    for path in (DATA / "hift.pt", folder / "hift.pt"):
        graph = hift_generator(read_hift(path, config, notices), config, Graph())
        waves.append(run_session(open_session(graph.model().SerializeToString()), {"mel": mel, "source": source})[0])
    assert np.abs(waves[0]).max() > 0.01
    assert np.array_equal(*waves)
    assert notices == (["hift.pt: ignored discriminator.*"] if spelling in ("generator", "both") else [])
