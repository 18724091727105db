"""A CosyVoice-300M-SFT checkpoint of the real size and random weights: for size, memory and speed.

python -m tests.benchmarks.full_size DIR        writes 1.75 GB; needs torch
"""

from __future__ import annotations

import ast
import shutil
import sys
from pathlib import Path

import numpy as np

DATA = Path(__file__).parent.parent / "data" / "cosyvoice"

# What the public configuration has in place of the test checkpoint's numbers.
FULL_SIZE = {  # what the public configuration has in place of the test checkpoint's numbers
    "text_encoder_input_size: 32": "text_encoder_input_size: 512",
    "llm_input_size: 64": "llm_input_size: 1024",
    "llm_output_size: 64": "llm_output_size: 1024",
    "text_token_size: 600": "text_token_size: 51866",
    "output_size: 64\n        attention_heads: 4\n        linear_units: 128\n        num_blocks: 2": (
        "output_size: 1024\n        attention_heads: 16\n        linear_units: 4096\n        num_blocks: 6"
    ),
    "attention_heads: 4\n        linear_units: 128\n        num_blocks: 3": (
        "attention_heads: 16\n        linear_units: 4096\n        num_blocks: 14"
    ),
    "    input_size: 32\n    output_size: 80": "    input_size: 512\n    output_size: 80",
    "output_size: 32\n        attention_heads: 2\n        linear_units: 64\n        num_blocks: 2": (
        "output_size: 512\n        attention_heads: 8\n        linear_units: 2048\n        num_blocks: 6"
    ),
    "        input_size: 32\n        use_cnn": "        input_size: 512\n        use_cnn",
    "channels: [32, 32]": "channels: [256, 256]",
    "attention_head_dim: 16": "attention_head_dim: 64",
    "n_blocks: 2\n            num_mid_blocks: 2\n            num_heads: 4": (
        "n_blocks: 4\n            num_mid_blocks: 12\n            num_heads: 8"
    ),
    "base_channels: 32": "base_channels: 512",
    "cond_channels: 24": "cond_channels: 512",
}


def configuration() -> str:
    """cosyvoice.yaml with the public numbers."""
    text = (DATA / "cosyvoice.yaml").read_text(encoding="utf-8")
    for old, new in FULL_SIZE.items():
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def tensors(name: str) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor of llm, flow or hift."""
    rows = (line.split("\t") for line in (DATA / f"keys_{name}.txt").read_text(encoding="utf-8").splitlines())
    return {key: ast.literal_eval(shape) for key, shape, _ in rows}


def random_tensor(name: str, shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    """Weights that keep activations at a natural size: norms near one, the rest by the number of inputs."""
    if name.endswith(("bias", "pos_bias_u", "pos_bias_v")):
        return random.standard_normal(shape, np.float32) * np.float32(0.02)
    if len(shape) == 1 or name.endswith("alpha"):
        return 1 + random.standard_normal(shape, np.float32) * np.float32(0.05)
    if name.endswith(("original0", "weight_g")):
        return np.full(shape, 0.7, np.float32) + random.random(shape, np.float32) * np.float32(0.2)
    inputs = shape[1] if "embedding" in name else int(np.prod(shape[1:]))
    return random.standard_normal(shape, np.float32) / np.float32(np.sqrt(inputs))


def write(folder: Path) -> None:
    """Write the checkpoint; a folder that has one already is left alone."""
    import torch

    if (folder / "spk2info.pt").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cosyvoice.yaml").write_text(configuration(), encoding="utf-8")
    random = np.random.default_rng(0)
    for name in ("llm", "flow", "hift"):
        state = {key: torch.from_numpy(random_tensor(key, shape, random)) for key, shape in tensors(name).items()}
        torch.save(state, folder / f"{name}.pt")
    shutil.copyfile(DATA / "spk2info.pt", folder / "spk2info.pt")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
