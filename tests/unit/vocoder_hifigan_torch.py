"""HiFi-GAN's generator in plain PyTorch, as the original computes it (jik876/hifi-gan, MIT)."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

V1 = {
    "resblock": "1",
    "upsample_rates": [8, 8, 2, 2],
    "upsample_kernel_sizes": [16, 16, 4, 4],
    "upsample_initial_channel": 512,
    "resblock_kernel_sizes": [3, 7, 11],
    "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5], [1, 3, 5]],
    "num_mels": 80,
    "n_fft": 1024,
    "hop_size": 256,
    "win_size": 1024,
    "sampling_rate": 22050,
    "fmin": 0,
    "fmax": 8000,
    "fmax_for_loss": None,
    "num_workers": 4,
    "dist_config": {"dist_backend": "nccl"},
}
V2 = {**V1, "upsample_initial_channel": 128}
V3 = {
    **V1,
    "resblock": "2",
    "upsample_rates": [8, 8, 4],
    "upsample_kernel_sizes": [16, 16, 8],
    "upsample_initial_channel": 256,
    "resblock_kernel_sizes": [3, 5, 7],
    "resblock_dilation_sizes": [[1, 2], [2, 6], [3, 12]],
}


def _kept(channels: int, kernel: int, dilation: int = 1) -> nn.Module:
    return weight_norm(nn.Conv1d(channels, channels, kernel, dilation=dilation, padding="same"))


class Pairs(nn.Module):
    """ResBlock1."""

    def __init__(self, channels: int, kernel: int, dilations: list[int]) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(_kept(channels, kernel, d) for d in dilations)
        self.convs2 = nn.ModuleList(_kept(channels, kernel) for _ in dilations)

    def forward(self, x: Tensor) -> Tensor:
        for first, second in zip(self.convs1, self.convs2, strict=True):
            x = second(F.leaky_relu(first(F.leaky_relu(x, 0.1)), 0.1)) + x
        return x


class Singles(nn.Module):
    """ResBlock2."""

    def __init__(self, channels: int, kernel: int, dilations: list[int]) -> None:
        super().__init__()
        self.convs = nn.ModuleList(_kept(channels, kernel, d) for d in dilations)

    def forward(self, x: Tensor) -> Tensor:
        for convolution in self.convs:
            x = convolution(F.leaky_relu(x, 0.1)) + x
        return x


class Generator(nn.Module):
    def __init__(self, config: dict) -> None:
        super().__init__()
        width, block = config["upsample_initial_channel"], Pairs if config["resblock"] == "1" else Singles
        self.conv_pre = weight_norm(nn.Conv1d(80, width, 7, padding=3))
        self.ups, self.resblocks = nn.ModuleList(), nn.ModuleList()
        for rate, kernel in zip(config["upsample_rates"], config["upsample_kernel_sizes"], strict=True):
            self.ups.append(
                weight_norm(nn.ConvTranspose1d(width, width // 2, kernel, rate, padding=(kernel - rate) // 2))
            )
            width //= 2
            for size, dilations in zip(config["resblock_kernel_sizes"], config["resblock_dilation_sizes"], strict=True):
                self.resblocks.append(block(width, size, dilations))
        self.conv_post = weight_norm(nn.Conv1d(width, 1, 7, padding=3))

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_pre(x)
        beside = len(self.resblocks) // len(self.ups)
        for i, up in enumerate(self.ups):
            x = up(F.leaky_relu(x, 0.1))
            x = sum(block(x) for block in self.resblocks[i * beside : (i + 1) * beside]) / beside
        return torch.tanh(self.conv_post(F.leaky_relu(x)))


def random_generator(config: dict, seed: int = 0) -> Generator:
    """Weights at which signals neither die nor saturate, with norms that are not those of their directions."""
    torch.manual_seed(seed)
    made = Generator(config)
    with torch.no_grad():
        for name, value in made.named_parameters():
            if name.endswith("original0"):
                value.mul_(torch.empty_like(value).uniform_(1.3, 2.1))
    return made.eval()


def load(path: Path, config: dict) -> Generator:
    """The generator of a public checkpoint, whose weight norm has torch's older names."""
    state = torch.load(path, weights_only=True, map_location="cpu")["generator"]
    made = Generator(config)
    made.load_state_dict({_newer(name): value for name, value in state.items()})
    return made.eval()


def _newer(name: str) -> str:
    for old, new in (
        ("weight_g", "parametrizations.weight.original0"),
        ("weight_v", "parametrizations.weight.original1"),
    ):
        name = name.replace(old, new)
    return name


def older(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The names that torch gave before 2.0, which every public checkpoint has."""
    renamed = {}
    for name, value in state.items():
        name = name.replace("parametrizations.weight.original0", "weight_g")
        renamed[name.replace("parametrizations.weight.original1", "weight_v")] = value
    return renamed


def without_norm(made: Generator) -> Generator:
    """What the original does before it speaks: weights plain."""
    for module in made.modules():
        if nn.utils.parametrize.is_parametrized(module, "weight"):
            nn.utils.parametrize.remove_parametrizations(module, "weight")
    return made
