"""HiFi-GAN checkpoints: converted, equal to PyTorch in each topology and spelling, refused by name when wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.bundle import Bundle
from models.errors import Permanent, VoiceNotInstalled
from models.vocoders.hifigan import GRAPH, HifiGan
from models.vocoders.vocoder_folder import VocoderFolder, add_vocoder
from tests.unit.cosyvoice_reference import need_torch

need_torch()

import torch  # noqa: E402

from models.vocoders.convert_hifigan import convert_hifigan  # noqa: E402
from models.vocoders.hifigan_checkpoint import read_hifigan_checkpoint  # noqa: E402
from tests.unit import vocoder_hifigan_torch as reference  # noqa: E402

SMALL = {**reference.V1, "upsample_initial_channel": 32}
SMALL_SINGLE = {**reference.V3, "upsample_initial_channel": 32}
MEL = np.random.default_rng(5).normal(-4, 2, (80, 24)).astype(np.float32)


def save(folder: Path, state: object, config: dict = SMALL, name: str = "g_00000001") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    torch.save(state, folder / name)
    return folder


def expected(made: reference.Generator, mel: np.ndarray = MEL) -> np.ndarray:
    with torch.inference_mode():
        return made(torch.from_numpy(mel)[None])[0, 0].numpy()


def converted(folder: Path) -> HifiGan:
    convert_hifigan(folder, folder / "out")
    return HifiGan.load(folder / "out" / GRAPH)


@pytest.mark.parametrize("config", [reference.V2, reference.V3, SMALL, SMALL_SINGLE], ids=["V2", "V3", "small 1", "2"])
def test_waveform_is_pytorchs(tmp_path: Path, config: dict) -> None:
    made = reference.random_generator(config)
    save(tmp_path, {"generator": reference.older(made.state_dict())}, config)
    vocoder = converted(tmp_path)
    for frames in (24, 1, 5):
        mel = np.ascontiguousarray(MEL[:, :frames])
        wanted = expected(made, mel)
        assert 0.03 < np.abs(wanted).mean() < 0.5  # else the comparison would prove nothing
        samples = vocoder.synthesise(mel, 1)
        assert (samples.dtype, samples.shape) == (np.float32, (256 * frames,))
        np.testing.assert_allclose(samples, wanted, atol=1e-5)


SPELLINGS: dict[str, Callable[[reference.Generator], object]] = {
    "older": lambda made: {"generator": reference.older(made.state_dict())},
    "older, bare": lambda made: reference.older(made.state_dict()),
    "newer": lambda made: {"generator": made.state_dict()},
    "plain": lambda made: {"generator": reference.without_norm(made).state_dict()},
    "plain, bare": lambda made: reference.without_norm(made).state_dict(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_gives_the_same_weights(tmp_path: Path, spelling: str) -> None:
    made = reference.random_generator(SMALL)
    save(tmp_path, SPELLINGS[spelling](made))
    weights = read_hifigan_checkpoint(tmp_path).weights
    plain = {name: value.detach().numpy() for name, value in reference.without_norm(made).state_dict().items()}
    assert weights.keys() == plain.keys()
    for name, value in plain.items():
        np.testing.assert_allclose(weights[name], value, rtol=1e-6, atol=1e-9, err_msg=name)


def test_half_precision_and_parameters_are_read(tmp_path: Path) -> None:
    """Shared copies are often halved; who saves parameters instead of a state dict has tensors that want gradients."""
    made = reference.without_norm(reference.random_generator(SMALL))
    save(tmp_path, {name: torch.nn.Parameter(value.half()) for name, value in made.state_dict().items()})
    weights = read_hifigan_checkpoint(tmp_path).weights
    for name, value in made.state_dict().items():
        np.testing.assert_array_equal(weights[name], value.half().float().numpy())


def test_the_folder_describes_itself(tmp_path: Path) -> None:
    made = reference.random_generator(reference.V2)
    save(tmp_path, {"generator": made.state_dict()}, reference.V2)
    (tmp_path / "LICENSE").write_text("\nMIT License\n\nCopyright (c) 2020 Jungil Kong\n")
    written = convert_hifigan(tmp_path / "g_00000001", tmp_path / "out")
    found = VocoderFolder.read(tmp_path / "out")
    assert found == written
    assert (found.title, found.licence) == ("HiFi-GAN V2, 0.9 M parameters", "MIT")
    assert "Jungil Kong" in (tmp_path / "out" / "hifigan.LICENSE").read_text()
    assert found.record["config"]["upsample_initial_channel"] == 128
    assert found.record["self_check"]["real_time_factor"] > 0
    assert [file.name for file in found.files] == [GRAPH, "hifigan.LICENSE"]
    for file in found.files:
        assert len(found.content(tmp_path / "out", file)) == file.size
    assert sorted(p.name for p in tmp_path.iterdir()) == ["LICENSE", "config.json", "g_00000001", "out"]


def test_without_a_licence_it_says_so(tmp_path: Path) -> None:
    save(tmp_path, reference.random_generator(SMALL).state_dict())
    assert convert_hifigan(tmp_path, tmp_path / "out").licence == "unknown"
    assert "Ask its publisher" in (tmp_path / "out" / "hifigan.LICENSE").read_text()


def test_tensors_that_do_not_fit_are_named(tmp_path: Path) -> None:
    state = reference.older(reference.random_generator(SMALL).state_dict())
    del state["ups.1.weight_g"], state["conv_post.bias"]
    state["resblocks.0.convs1.0.weight_v"] = torch.zeros(16, 16, 5)
    state["extra"] = torch.zeros(2)
    save(tmp_path, state)
    with pytest.raises(Permanent) as caught:
        convert_hifigan(tmp_path, tmp_path / "out")
    assert str(caught.value).startswith(f"{tmp_path / 'g_00000001'}: 4 tensors do not fit config.json")
    for line in (
        "missing: ups.1.weight_g [16, 1, 1]",
        "missing: conv_post.bias [1]",
        "surplus: extra [2]",
        "misshapen: resblocks.0.convs1.0.weight_v is [16, 16, 5], expected [16, 16, 3]",
    ):
        assert line in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_numbers_that_are_none_are_named(tmp_path: Path) -> None:
    state = reference.older(reference.random_generator(SMALL).state_dict())
    state["conv_pre.bias"] *= torch.nan
    save(tmp_path, state)
    with pytest.raises(Permanent, match=r"not finite: conv_pre.bias$"):
        read_hifigan_checkpoint(tmp_path)


def test_a_direction_that_is_none_is_named(tmp_path: Path) -> None:
    state = reference.older(reference.random_generator(SMALL).state_dict())
    state["ups.0.weight_v"] = torch.zeros_like(state["ups.0.weight_v"])
    save(tmp_path, state)
    with pytest.raises(Permanent, match=r"ups.0.weight_v has a row of zeros"):
        read_hifigan_checkpoint(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"resblock": "3"}, "resblock: Input should be '1' or '2'"),
        ({"sampling_rate": 44100}, "sampling_rate is 44100, narrator's is 22050"),
        ({"fmax": None}, "fmax is None, narrator's is 8000"),
        ({"num_mels": 100}, "num_mels is 100, narrator's is 80"),
        ({"upsample_rates": [8, 8, 4, 2]}, "do not multiply to 256"),
        ({"upsample_rates": [8, 8, 4]}, "differ in length"),
        ({"upsample_kernel_sizes": [16, 16, 4, 3]}, "even numbers"),
        ({"upsample_initial_channel": 24}, "cannot be halved"),
        ({"upsample_initial_channel": 1 << 40}, "less than or equal to 4096"),
        ({"resblock_kernel_sizes": [3, 7]}, "resblock_kernel_sizes and resblock_dilation_sizes differ"),
        ({"resblock_kernel_sizes": [3, 7, 10]}, "must be odd"),
        ({"upsample_rates": []}, "at least 1 item"),
    ],
)
def test_configurations_of_another_kind_are_refused(tmp_path: Path, change: dict, said: str) -> None:
    save(tmp_path, {}, {**SMALL, **change})
    with pytest.raises(Permanent, match=said) as caught:
        read_hifigan_checkpoint(tmp_path)
    assert str(caught.value).startswith(str(tmp_path / "config.json"))


def test_a_configuration_that_is_none(tmp_path: Path) -> None:
    save(tmp_path, {})
    (tmp_path / "config.json").write_bytes(b"\xff{")
    with pytest.raises(Permanent, match=r"config\.json: Invalid JSON"):
        read_hifigan_checkpoint(tmp_path)
    (tmp_path / "config.json").unlink()
    with pytest.raises(Permanent, match=r"config\.json: cannot be read: No such file"):
        read_hifigan_checkpoint(tmp_path)


class Trap:
    """What a pickle may do where its powers are on."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (self.marker,)


def test_files_that_are_no_generator(tmp_path: Path) -> None:
    folder = save(tmp_path, {"generator": Trap(tmp_path / "sprung")})
    with pytest.raises(Permanent, match=r"not readable as a PyTorch checkpoint: .* code that would run"):
        read_hifigan_checkpoint(folder)
    assert not (tmp_path / "sprung").exists()
    generator = tmp_path / "g_00000001"
    for content, said in (
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "Git LFS pointer"),
        (b"", "not readable"),
        (b"PK\x03\x04 truncated", "not readable"),
    ):
        generator.write_bytes(content)
        with pytest.raises(Permanent, match=said):
            read_hifigan_checkpoint(folder)
    for state, said in (
        ({"mpd": {"w": torch.zeros(1)}, "steps": 5}, "mpd is a dict, not a named tensor"),
        ([1, 2], "holds a list, expected named tensors"),
        (
            {"conv_pre.bias": torch.zeros(4, dtype=torch.int64)},
            r"conv_pre.bias is no plain tensor of numbers: torch.int",
        ),
        ({"conv_pre.bias": torch.eye(4).to_sparse()}, r"conv_pre.bias is no plain tensor"),
        ({"conv_pre.bias": torch.zeros(1).expand(1 << 40)}, r"conv_pre.bias is no plain tensor of .*1099511627776"),
    ):
        torch.save(state, generator)
        with pytest.raises(Permanent, match=said):
            read_hifigan_checkpoint(folder)
    generator.unlink()
    with pytest.raises(Permanent, match="found none; give the file itself"):
        read_hifigan_checkpoint(folder)
    with pytest.raises(Permanent, match="g_00000001: cannot be read: No such file"):
        read_hifigan_checkpoint(generator)


def test_of_two_generators_the_file_has_to_be_given(tmp_path: Path) -> None:
    state = reference.random_generator(SMALL).state_dict()
    save(tmp_path, {"generator": state}, name="generator_a.pth.tar")
    save(tmp_path, {"generator": state}, name="generator_b.pth.tar")
    save(tmp_path, {"optimiser": 1}, name="do_00000001")
    with pytest.raises(Permanent, match=r"found generator_a\.pth\.tar, generator_b\.pth\.tar; give the file itself"):
        read_hifigan_checkpoint(tmp_path)
    assert read_hifigan_checkpoint(tmp_path / "generator_b.pth.tar").config.resblock == "1"


def test_an_existing_place_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="exists already"):
        convert_hifigan(tmp_path / "absent", tmp_path)


def test_wrong_mels_and_damaged_graphs(tmp_path: Path) -> None:
    save(tmp_path, reference.random_generator(SMALL).state_dict())
    vocoder = converted(tmp_path)
    for shape in ((80, 0), (79, 4), (1, 80, 4)):
        with pytest.raises(Permanent, match="a mel of shape"):
            vocoder.synthesise(np.zeros(shape, np.float32), 1)
    folder = VocoderFolder.read(tmp_path / "out")
    graph = tmp_path / "out" / GRAPH
    graph.write_bytes(graph.read_bytes()[:-1])
    with pytest.raises(Permanent, match="damaged, its sha256 is another"):
        folder.content(graph.parent, folder.files[0])
    graph.write_bytes(b"no graph")
    with pytest.raises(VoiceNotInstalled):
        HifiGan.load(graph)
    graph.unlink()
    with pytest.raises(Permanent, match="cannot be read"):
        folder.content(graph.parent, folder.files[0])


BUNDLE = """
id = "cosy"
family = "{family}"
title = "A bundle"
licence = "Apache-2.0"
sample_rate = 22050
precision = "fp32"
record = {{ notices = ["one"] }}

[[voices]]
name = "zh-female"
languages = ["zh"]
"""


def test_a_bundle_takes_a_vocoder_in(tmp_path: Path) -> None:
    save(tmp_path, reference.random_generator(SMALL).state_dict())
    (tmp_path / "LICENCE").write_text("Apache License\n")
    vocoder = convert_hifigan(tmp_path, tmp_path / "out")
    bundle_dir = tmp_path / "cosy"
    bundle_dir.mkdir()
    (bundle_dir / "voice.toml").write_text(BUNDLE.format(family="cosyvoice"))
    before = Bundle.read(bundle_dir / "voice.toml")
    after = add_vocoder(bundle_dir, tmp_path / "out")
    for file in vocoder.files:
        assert after.path(file.name).read_bytes() == vocoder.content(tmp_path / "out", file)
    assert after.path("hifigan.LICENSE").read_text() == "Apache License\n"
    assert after.fingerprint("zh-female") != before.fingerprint("zh-female")
    assert after.licence == "Apache-2.0 AND Apache-2.0"
    assert after.record["notices"] == ["one"]
    assert after.record["hifigan"]["title"] == vocoder.title
    assert add_vocoder(bundle_dir, tmp_path / "out") == after  # once more changes nothing

    other = save(tmp_path / "other", reference.random_generator(SMALL, 2).state_dict())
    convert_hifigan(other, other / "out")
    with pytest.raises(Permanent, match="has another hifigan already"):
        add_vocoder(bundle_dir, other / "out")
    assert Bundle.read(bundle_dir / "voice.toml") == after


def test_other_families_take_none(tmp_path: Path) -> None:
    save(tmp_path, reference.random_generator(SMALL).state_dict())
    convert_hifigan(tmp_path, tmp_path / "out")
    (tmp_path / "voice.toml").write_text(BUNDLE.format(family="piper"))
    with pytest.raises(Permanent, match="piper voice makes its sound itself"):
        add_vocoder(tmp_path, tmp_path / "out")
    with pytest.raises(Permanent, match=r"vocoder\.json: cannot be read"):
        add_vocoder(tmp_path, tmp_path)
    (tmp_path / "vocoder.json").write_text("{}")
    with pytest.raises(Permanent, match=r"vocoder\.json: name: Field required"):
        add_vocoder(tmp_path, tmp_path)
