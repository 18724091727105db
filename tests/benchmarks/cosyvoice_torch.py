"""CosyVoice-300M-SFT's stages in plain PyTorch, as the original computes them (FunAudioLLM/CosyVoice, Apache-2.0).

What the ONNX graphs are measured against, in speed and, at full size, in numbers. Written from the same state dicts;
a test holds it to the reference vectors.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from models.cosyvoice.config import AttentionConfig, CosyVoiceConfig, EstimatorConfig, HiftConfig


def tensors(weights) -> dict[str, Tensor]:
    """A state dict of arrays as tensors, sharing memory."""
    return {name: torch.from_numpy(value) for name, value in weights.items()}


class Stack:
    """The original's encoders: relative positions by espnet, projected anew at every call."""

    def __init__(self, w: dict[str, Tensor], name: str, config: AttentionConfig, legacy: bool = False) -> None:
        self.w, self.name, self.c, self.legacy = w, name, config, legacy
        self.norms = ("norm1", "norm2") if legacy else ("norm_mha", "norm_ff")

    def linear(self, x: Tensor, name: str) -> Tensor:
        return F.linear(x, self.w[f"{name}.weight"], self.w.get(f"{name}.bias"))

    def norm(self, x: Tensor, name: str, eps: float) -> Tensor:
        return F.layer_norm(x, (x.shape[-1],), self.w[f"{name}.weight"], self.w[f"{name}.bias"], eps)

    def positions(self, size: int) -> Tensor:
        """[1, 2 * size - 1, width]: distances size - 1 ... -(size - 1)."""
        rates = torch.exp(torch.arange(0, self.c.width, 2).float() * -(math.log(10000.0) / self.c.width))
        angles = torch.arange(size - 1, -size, -1).float()[:, None] * rates
        return torch.stack([angles.sin(), angles.cos()], -1).reshape(1, 2 * size - 1, self.c.width)

    def attend(self, x: Tensor, layer: str, table: Tensor, mask: Tensor | None, cache: Tensor | None):
        b, heads, head, name = x.shape[0], self.c.heads, self.c.head, f"{layer}.self_attn"
        q, k, v = (self.linear(x, f"{name}.linear_{part}").view(b, -1, heads, head) for part in "qkv")
        k, v = k.transpose(1, 2), v.transpose(1, 2)
        if cache is not None:
            past_k, past_v = cache.split(head, dim=-1)
            k, v = torch.cat([past_k, k], 2), torch.cat([past_v, v], 2)
        p = self.linear(table, f"{name}.linear_pos").view(1, -1, heads, head).transpose(1, 2)
        content = (q + self.w[f"{name}.pos_bias_u"]).transpose(1, 2) @ k.transpose(-2, -1)
        place = (q + self.w[f"{name}.pos_bias_v"]).transpose(1, 2) @ p.transpose(-2, -1)
        if place.shape != content.shape:
            place = self.shift(place)[..., : content.shape[-1]]
        scores = (content + place) / math.sqrt(head)
        if mask is not None:
            scores = scores.masked_fill(~mask, -float("inf"))
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(b, -1, heads * head)
        return self.linear(mixed, f"{name}.linear_out"), torch.cat([k, v], -1)

    @staticmethod
    def shift(x: Tensor) -> Tensor:
        padded = torch.cat([x.new_zeros(*x.shape[:3], 1), x], -1).view(*x.shape[:2], x.shape[3] + 1, x.shape[2])
        return padded[:, :, 1:].reshape(x.shape)[..., : x.shape[-1] // 2 + 1]

    def __call__(self, x: Tensor, causal: bool = False, caches: list[Tensor] | None = None):
        """x [1, S, inputs]; with ``caches`` they are extended, and used."""
        x = self.norm(self.linear(x, f"{self.name}.embed.out.0"), f"{self.name}.embed.out.1", 1e-5)
        x = (F.relu(x) if self.legacy else x) * math.sqrt(self.c.width)
        past = caches[0].shape[2] if caches else 0
        table = self.positions(past + x.shape[1])
        mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril() if causal and not past else None
        kept = []
        for i in range(self.c.layers):
            layer, (first, second) = f"{self.name}.encoders.{i}", self.norms
            y, cache = self.attend(
                self.norm(x, f"{layer}.{first}", 1e-12), layer, table, mask, caches[i] if caches else None
            )
            kept.append(cache)
            x = x + y
            y = self.linear(self.norm(x, f"{layer}.{second}", 1e-12), f"{layer}.feed_forward.w_1")
            x = x + self.linear(F.relu(y) if self.legacy else F.silu(y), f"{layer}.feed_forward.w_2")
        return self.norm(x, f"{self.name}.after_norm", 1e-5), kept


class LanguageModel:
    """Text and speech tokens to log-probabilities, one segment at a time, as the original runs it."""

    def __init__(self, w: dict[str, Tensor], config: CosyVoiceConfig) -> None:
        self.w, c = w, config.language_model
        self.encoder = Stack(w, "text_encoder", c.text_encoder)
        self.decoder = Stack(w, "llm", c.decoder, legacy=True)

    def encode(self, ids: Tensor) -> Tensor:
        x, _ = self.encoder(self.w["text_embedding.weight"][ids][None], causal=True)
        return self.encoder.linear(x, "text_encoder_affine_layer")

    def prefix(self, ids: Tensor, embedding: Tensor) -> Tensor:
        speaker = self.encoder.linear(F.normalize(embedding[None], dim=1), "spk_embed_affine_layer")[:, None]
        start, task = self.w["llm_embedding.weight"].view(2, 1, 1, -1)
        return torch.cat([start, speaker, self.encode(ids), task], 1)

    def step(self, x: Tensor, caches: list[Tensor] | None) -> tuple[Tensor, list[Tensor]]:
        y, caches = self.decoder(x, causal=True, caches=caches)
        return self.decoder.linear(y[:, -1], "llm_decoder").log_softmax(-1), caches

    def speech(self, token: int) -> Tensor:
        return self.w["speech_embedding.weight"][token][None, None]


class Flow:
    """Speech tokens to mel."""

    def __init__(self, w: dict[str, Tensor], config: CosyVoiceConfig) -> None:
        self.w, self.c, self.e = w, config.flow, config.flow.estimator
        self.encoder = Stack(w, "encoder", config.flow.encoder)

    def encode(self, tokens: Tensor) -> Tensor:
        x, _ = self.encoder(self.w["input_embedding.weight"][tokens][None])
        x = self.encoder.linear(x, "encoder_proj").transpose(1, 2)
        n = x.shape[2]
        frames, edge = int(n / 50 * 22050 / 256), int(20 / 50 * 22050 / 256)
        pieces = [(x, frames)]
        if n > 40:
            pieces = [(x[:, :, :20], edge), (x[:, :, 20:-20], frames - 2 * edge), (x[:, :, -20:], edge)]
        x = torch.cat([F.interpolate(piece.contiguous(), size=size, mode="linear") for piece, size in pieces], 2)
        for i in range(self.c.regulator_convolutions):
            name, norm = f"length_regulator.model.{3 * i}", f"length_regulator.model.{3 * i + 1}"
            x = F.conv1d(x, self.w[f"{name}.weight"], self.w[f"{name}.bias"], padding=1)
            x = F.mish(F.group_norm(x, self.c.regulator_groups, self.w[f"{norm}.weight"], self.w[f"{norm}.bias"]))
        name = f"length_regulator.model.{3 * self.c.regulator_convolutions}"
        return F.conv1d(x, self.w[f"{name}.weight"], self.w[f"{name}.bias"])

    def speaker(self, embedding: Tensor) -> Tensor:
        return self.encoder.linear(F.normalize(embedding[None], dim=1), "spk_embed_affine_layer")

    def solve(self, z: Tensor, mu: Tensor, speaker: Tensor, steps: int = 10) -> Tensor:
        times = 1 - torch.cos(torch.linspace(0, 1, steps + 1) * 0.5 * torch.pi)
        t, dt, x = times[0], times[1] - times[0], z
        mus, speakers = torch.cat([mu, torch.zeros_like(mu)]), torch.cat([speaker, torch.zeros_like(speaker)])
        for k in range(1, steps + 1):
            both = self.estimate(x.expand(2, -1, -1), mus, t.expand(2), speakers)
            x = x + dt * ((1 + self.c.guidance) * both[:1] - self.c.guidance * both[1:])
            t = t + dt
            if k < steps:
                dt = times[k + 1] - t
        return x

    def estimate(self, x: Tensor, mu: Tensor, t: Tensor, speaker: Tensor) -> Tensor:
        c: EstimatorConfig = self.e
        half = c.inputs // 2
        rates = torch.exp(torch.arange(half).float() * -(math.log(10000) / (half - 1)))
        angles = 1000 * t[:, None] * rates[None]
        time = self.lin(torch.cat([angles.sin(), angles.cos()], -1), "time_mlp.linear_1")
        time = self.lin(F.silu(time), "time_mlp.linear_2")
        x = torch.cat([x, mu, speaker[:, :, None].expand(-1, -1, x.shape[2]), torch.zeros_like(x)], 1)
        skips, levels = [], len(c.channels)
        for i in range(levels):
            x = self.block(x, time, f"down_blocks.{i}")
            skips.append(x)
            x = self.conv(x, f"down_blocks.{i}.2", 1) if i == levels - 1 else self.down(x, f"down_blocks.{i}.2.conv")
        for i in range(c.middle):
            x = self.block(x, time, f"mid_blocks.{i}")
        for i in range(levels):
            skip = skips.pop()
            x = self.block(torch.cat([x[:, :, : skip.shape[2]], skip], 1), time, f"up_blocks.{i}")
            x = self.conv(x, f"up_blocks.{i}.2", 1) if i == levels - 1 else self.up(x, f"up_blocks.{i}.2.conv")
        return self.conv(self.normed(x, "final_block.block"), "final_proj", 0)

    def lin(self, x: Tensor, name: str) -> Tensor:
        name = f"decoder.estimator.{name}"
        return F.linear(x, self.w[f"{name}.weight"], self.w.get(f"{name}.bias"))

    def conv(self, x: Tensor, name: str, padding: int) -> Tensor:
        name = f"decoder.estimator.{name}"
        return F.conv1d(x, self.w[f"{name}.weight"], self.w[f"{name}.bias"], padding=padding)

    def down(self, x: Tensor, name: str) -> Tensor:
        name = f"decoder.estimator.{name}"
        return F.conv1d(x, self.w[f"{name}.weight"], self.w[f"{name}.bias"], stride=2, padding=1)

    def up(self, x: Tensor, name: str) -> Tensor:
        name = f"decoder.estimator.{name}"
        return F.conv_transpose1d(x, self.w[f"{name}.weight"], self.w[f"{name}.bias"], stride=2, padding=1)

    def normed(self, x: Tensor, name: str) -> Tensor:
        x, norm = self.conv(x, f"{name}.0", 1), f"decoder.estimator.{name}.1"
        return F.mish(F.group_norm(x, 8, self.w[f"{norm}.weight"], self.w[f"{norm}.bias"]))

    def block(self, x: Tensor, time: Tensor, name: str) -> Tensor:
        y = self.normed(x, f"{name}.0.block1.block") + self.lin(F.mish(time), f"{name}.0.mlp.1")[:, :, None]
        x = self.normed(y, f"{name}.0.block2.block") + self.conv(x, f"{name}.0.res_conv", 0)
        x = x.transpose(1, 2)
        for i in range(self.e.blocks):
            x = self.transformer(x, f"{name}.1.{i}")
        return x.transpose(1, 2)

    def transformer(self, x: Tensor, name: str) -> Tensor:
        y = self.norm(x, f"{name}.norm1")
        q, k, v = (
            self.lin(y, f"{name}.attn1.to_{part}").unflatten(-1, (self.e.heads, -1)).transpose(1, 2) for part in "qkv"
        )
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = x + self.lin(mixed, f"{name}.attn1.to_out.0")
        y = F.gelu(self.lin(self.norm(x, f"{name}.norm3"), f"{name}.ff.net.0.proj"))
        return x + self.lin(y, f"{name}.ff.net.2")

    def norm(self, x: Tensor, name: str) -> Tensor:
        name = f"decoder.estimator.{name}"
        return F.layer_norm(x, (x.shape[-1],), self.w[f"{name}.weight"], self.w[f"{name}.bias"], 1e-5)


class Vocoder:
    """HiFT, weight normalisation undone."""

    def __init__(self, w: dict[str, Tensor], config: HiftConfig) -> None:
        self.w, self.c = w, config
        self.window = torch.hann_window(config.n_fft)

    def conv(self, x: Tensor, name: str, **options) -> Tensor:
        return F.conv1d(x, self.w[f"{name}.weight"], self.w[f"{name}.bias"], **options)

    def pitch(self, mel: Tensor) -> Tensor:
        x = mel
        for i in range(5):
            x = F.elu(self.conv(x, f"f0_predictor.condnet.{2 * i}", padding=1))
        name = "f0_predictor.classifier"
        return F.linear(x.transpose(1, 2), self.w[f"{name}.weight"], self.w[f"{name}.bias"]).squeeze(-1).abs()

    def excite(self, f0: Tensor, phase: Tensor, noise: Tensor) -> Tensor:
        """[1, M] to [1, 1, 256 M]."""
        c, f0 = self.c, f0.repeat_interleave(256, 1)
        cycles = torch.cat([f0 * (k + 1) / 22050 for k in range(c.harmonics + 1)])
        sines = c.amplitude * torch.sin(2 * math.pi * (torch.cumsum(cycles, -1) % 1) + phase)
        voiced = (f0 > c.voiced).float()
        sines = sines * voiced + (voiced * c.noise + (1 - voiced) * c.amplitude / 3) * noise
        merged = F.linear(sines.T, self.w["m_source.l_linear.weight"], self.w["m_source.l_linear.bias"])
        return torch.tanh(merged).T[None]

    def snake(self, x: Tensor, name: str) -> Tensor:
        alpha = self.w[name][None, :, None]
        return x + (1.0 / (alpha + 1e-9)) * torch.pow(torch.sin(x * alpha), 2)

    def residual(self, x: Tensor, name: str, kernel: int, dilations: tuple[int, ...]) -> Tensor:
        for i, dilation in enumerate(dilations):
            y = self.snake(x, f"{name}.activations1.{i}.alpha")
            y = self.conv(y, f"{name}.convs1.{i}", padding=(kernel - 1) * dilation // 2, dilation=dilation)
            y = self.conv(self.snake(y, f"{name}.activations2.{i}.alpha"), f"{name}.convs2.{i}", padding=kernel // 2)
            x = x + y
        return x

    def generate(self, mel: Tensor, source: Tensor) -> Tensor:
        c = self.c
        spectrum = torch.stft(source[0], c.n_fft, c.hop, c.n_fft, window=self.window, return_complex=True)
        spectrum = torch.cat([spectrum.real, spectrum.imag], 1)
        x, down = self.conv(mel, "conv_pre", padding=3), math.prod(c.rates[1:])
        for i, (rate, kernel) in enumerate(zip(c.rates, c.kernels, strict=True)):
            weight, bias = self.w[f"ups.{i}.weight"], self.w[f"ups.{i}.bias"]
            x = F.conv_transpose1d(F.leaky_relu(x, c.slope), weight, bias, stride=rate, padding=(kernel - rate) // 2)
            if i == len(c.rates) - 1:
                x = F.pad(x, (1, 0), mode="reflect")
            beside = self.conv(spectrum, f"source_downs.{i}", stride=down, padding=down // 2)
            x = x + self.residual(beside, f"source_resblocks.{i}", c.source_kernels[i], c.source_dilations[i])
            down //= c.rates[i + 1] if i + 1 < len(c.rates) else 1
            count = len(c.block_kernels)
            blocks = zip(range(count), c.block_kernels, c.block_dilations, strict=True)
            x = sum(self.residual(x, f"resblocks.{i * count + j}", k, d) for j, k, d in blocks) / count
        x = self.conv(F.leaky_relu(x), "conv_post", padding=3)
        bins = c.n_fft // 2 + 1
        magnitude, phase = x[:, :bins].exp().clip(max=1e2), x[:, bins:].sin()
        wave = torch.istft(torch.polar(magnitude, phase), c.n_fft, c.hop, c.n_fft, window=self.window)
        return wave.clamp(-c.limit, c.limit)
