"""Checkpoints of other widths, depths and heads: every dimension comes from the configuration."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.unit.cosyvoice_reference import DATA, need_torch

need_torch()

import torch  # noqa: E402

from models.cosyvoice.checkpoint_shapes import flow_shapes, hift_shapes, language_model_shapes  # noqa: E402
from models.cosyvoice.config import read_cosyvoice_config  # noqa: E402
from tests.benchmarks.compare_cosyvoice import ALLOWED, compare  # noqa: E402
from tests.benchmarks.full_size import random_tensor  # noqa: E402
from tests.benchmarks.reference_cosyvoice import write_reference  # noqa: E402

VARIANTS = {
    "heads of twelve, other depths": {
        "output_size: 64\n        attention_heads: 4\n        linear_units: 128\n        num_blocks: 2": (
            "output_size: 60\n        attention_heads: 5\n        linear_units: 96\n        num_blocks: 3"
        ),
        "llm_input_size: 64": "llm_input_size: 48",
        "llm_output_size: 64": "llm_output_size: 72",
        "attention_heads: 4\n        linear_units: 128\n        num_blocks: 3": (
            "attention_heads: 6\n        linear_units: 200\n        num_blocks: 4"
        ),
        "text_encoder_input_size: 32": "text_encoder_input_size: 40",
        "speech_token_size: 4096": "speech_token_size: 500",
        "    input_size: 32\n    output_size: 80": "    input_size: 24\n    output_size: 80",
        "        input_size: 32\n        use_cnn": "        input_size: 24\n        use_cnn",
        "output_size: 32\n        attention_heads: 2": "output_size: 44\n        attention_heads: 4",
        "sampling_ratios: [1, 1, 1, 1]": "sampling_ratios: [1, 1]",
    },
    "three unequal levels, one block, no middle to speak of": {
        "channels: [32, 32]": "channels: [32, 48, 64]",
        "n_blocks: 2\n            num_mid_blocks: 2\n            num_heads: 4": (
            "n_blocks: 1\n            num_mid_blocks: 1\n            num_heads: 3"
        ),
        "attention_head_dim: 16": "attention_head_dim: 24",
        "inference_cfg_rate: 0.7": "inference_cfg_rate: 0.5",
    },
    "one level; another vocoder": {
        "channels: [32, 32]": "channels: [40]",
        "base_channels: 32": "base_channels: 48",
        "nb_harmonics: 8": "nb_harmonics: 5",
        "upsample_rates: [8, 8]": "upsample_rates: [4, 4, 4]",
        "upsample_kernel_sizes: [16, 16]": "upsample_kernel_sizes: [8, 8, 8]",
        "source_resblock_kernel_sizes: [7, 11]": "source_resblock_kernel_sizes: [7, 7, 11]",
        "source_resblock_dilation_sizes: [[1, 3, 5], [1, 3, 5]]": (
            "source_resblock_dilation_sizes: [[1, 3], [1, 3, 5], [1]]"
        ),
        "    resblock_kernel_sizes: [3, 7, 11]": "    resblock_kernel_sizes: [3, 5]",
        "    resblock_dilation_sizes: [[1, 3, 5], [1, 3, 5], [1, 3, 5]]": (
            "    resblock_dilation_sizes: [[1, 2], [2, 6]]"
        ),
        "cond_channels: 24": "cond_channels: 20",
    },
    "one head, one layer; 64 mels; one stage of 16, a spectrum of 64 points": {
        "    sampling: !name:cosyvoice.utils.common.ras_sampling\n        top_p: 0.8\n        top_k: 25\n"
        "        win_size: 10\n        tau_r: 0.1\n": "",
        "attention_heads: 4\n        linear_units: 128\n        num_blocks: 2": (
            "attention_heads: 1\n        linear_units: 32\n        num_blocks: 1"
        ),
        "attention_heads: 4\n        linear_units: 128\n        num_blocks: 3": (
            "attention_heads: 1\n        linear_units: 16\n        num_blocks: 1"
        ),
        "    output_size: 80": "    output_size: 64",
        "        channels: 80": "        channels: 64",
        "in_channels: 240": "in_channels: 192",
        "spk_emb_dim: 80": "spk_emb_dim: 64",
        "in_channels: 320\n            out_channels: 80": "in_channels: 256\n            out_channels: 64",
        "    in_channels: 80\n    base_channels: 32": "    in_channels: 64\n    base_channels: 32",
        "        in_channels: 80\n        cond_channels: 24": "        in_channels: 64\n        cond_channels: 7",
        "upsample_rates: [8, 8]": "upsample_rates: [16]",
        "upsample_kernel_sizes: [16, 16]": "upsample_kernel_sizes: [32]",
        "source_resblock_kernel_sizes: [7, 11]": "source_resblock_kernel_sizes: [9]",
        "source_resblock_dilation_sizes: [[1, 3, 5], [1, 3, 5]]": "source_resblock_dilation_sizes: [[1, 2, 4]]",
        "n_fft: 16\n        hop_len: 4": "n_fft: 64\n        hop_len: 16",
    },
}
NAMES = ("中文女", "英文男", "a third")


def write_checkpoint(folder: Path, changes: dict[str, str], spelling: Callable[[str], str] = str) -> None:
    """Random weights by the test checkpoint's configuration, changed; the names in hift.pt are spelt anew."""
    text = (DATA / "cosyvoice.yaml").read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new, 1)
    (folder / "cosyvoice.yaml").write_text(text, encoding="utf-8")
    config, random = read_cosyvoice_config(folder), np.random.default_rng(0)
    for name, shapes in (
        ("llm", language_model_shapes(config.language_model)),
        ("flow", flow_shapes(config.flow)),
        ("hift", hift_shapes(config.hift)),
    ):
        state = {key: torch.from_numpy(random_tensor(key, shape, random)) for key, shape in shapes.items()}
        if name == "hift":
            state["f0_predictor.classifier.weight"] *= 300  # Hz: some of it is voiced
            state = {spelling(key): value for key, value in state.items()}
        torch.save(state, folder / f"{name}.pt")
    width = config.language_model.speaker
    speakers = {name: {"embedding": torch.from_numpy(random.standard_normal((1, width), np.float32))} for name in NAMES}
    torch.save(speakers, folder / "spk2info.pt")


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_a_variant_equals_pytorch(tmp_path: Path, changes):
    write_checkpoint(tmp_path, changes)
    found = compare(tmp_path)
    assert {stage: worst for stage, worst in found.items() if worst > ALLOWED[stage]} == {}


def old_spelling(name: str) -> str:
    old = name.replace("parametrizations.weight.original0", "weight_g")
    return "generator." + old.replace("parametrizations.weight.original1", "weight_v")


@pytest.mark.long
def test_the_parity_test_takes_another_checkpoint(tmp_path: Path):
    first, second, third, _ = VARIANTS.values()
    write_checkpoint(tmp_path, third | second | first | {"spk_embed_dim: 192": "spk_embed_dim: 100"}, old_spelling)
    write_reference(tmp_path)
    tests = [str(Path(__file__).with_name(f"test_cosyvoice_{name}.py")) for name in ("parity", "torch")]
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "NARRATOR_COSYVOICE_REFERENCE": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "14 passed" in done.stdout
