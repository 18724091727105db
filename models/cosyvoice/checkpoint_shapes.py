"""Every tensor of the checkpoint and its shape, worked out from the configuration."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from models.conversion.tensors import Shapes
from models.cosyvoice.config import AttentionConfig, EstimatorConfig, FlowConfig, HiftConfig, LanguageModelConfig


def _linear(name: str, inputs: int, outputs: int, bias: bool = True) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (outputs, inputs)
    if bias:
        yield f"{name}.bias", (outputs,)


def _norm(name: str, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from ((f"{name}.weight", (width,)), (f"{name}.bias", (width,)))


def _convolution(name: str, inputs: int, outputs: int, kernel: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from ((f"{name}.weight", (outputs, inputs, kernel)), (f"{name}.bias", (outputs,)))


def _encoder(name: str, c: AttentionConfig, norms: tuple[str, str]) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from _linear(f"{name}.embed.out.0", c.inputs, c.width)
    yield from _norm(f"{name}.embed.out.1", c.width)
    yield from _norm(f"{name}.after_norm", c.width)
    for i in range(c.layers):
        layer = f"{name}.encoders.{i}"
        for bias in ("pos_bias_u", "pos_bias_v"):
            yield f"{layer}.self_attn.{bias}", (c.heads, c.head)
        for part in ("q", "k", "v", "out", "pos"):
            yield from _linear(f"{layer}.self_attn.linear_{part}", c.width, c.width, bias=part != "pos")
        yield from _linear(f"{layer}.feed_forward.w_1", c.width, c.hidden)
        yield from _linear(f"{layer}.feed_forward.w_2", c.hidden, c.width)
        for norm in norms:
            yield from _norm(f"{layer}.{norm}", c.width)


def language_model_shapes(c: LanguageModelConfig) -> Shapes:
    """Return every tensor of llm.pt and its shape."""
    return dict(
        itertools.chain(
            [("text_embedding.weight", (c.text_vocabulary, c.text_width)), ("llm_embedding.weight", (2, c.width))],
            [("speech_embedding.weight", (c.speech_vocabulary, c.width))],
            _encoder("text_encoder", c.text_encoder, ("norm_ff", "norm_mha")),
            _linear("text_encoder_affine_layer", c.text_encoder.width, c.width),
            _encoder("llm", c.decoder, ("norm1", "norm2")),
            _linear("llm_decoder", c.decoder.width, c.speech_vocabulary + 1),
            _linear("spk_embed_affine_layer", c.speaker, c.width),
        )
    )


def flow_shapes(c: FlowConfig) -> Shapes:
    """Return every tensor of flow.pt and its shape."""
    regulator: list[tuple[str, tuple[int, ...]]] = []
    for i in range(c.regulator_convolutions):
        regulator += _convolution(f"length_regulator.model.{3 * i}", c.regulator, c.regulator, 3)
        regulator += _norm(f"length_regulator.model.{3 * i + 1}", c.regulator)
    last = f"length_regulator.model.{3 * c.regulator_convolutions}"
    return dict(
        itertools.chain(
            [("input_embedding.weight", (c.vocabulary, c.width))],
            _linear("spk_embed_affine_layer", c.speaker, c.mels),
            _encoder("encoder", c.encoder, ("norm_ff", "norm_mha")),
            _linear("encoder_proj", c.encoder.width, c.mels),
            regulator,
            _convolution(last, c.regulator, c.mels, 1),
            _estimator("decoder.estimator", c.estimator),
        )
    )


def _estimator(name: str, c: EstimatorConfig) -> Iterator[tuple[str, tuple[int, ...]]]:
    time = 4 * c.channels[0]
    yield from _linear(f"{name}.time_mlp.linear_1", c.inputs, time)
    yield from _linear(f"{name}.time_mlp.linear_2", time, time)
    for block, inputs, width in estimator_blocks(c):
        base = f"{name}.{block}"
        yield from _linear(f"{base}.0.mlp.1", time, width)
        for part, channels in (("block1", inputs), ("block2", width)):
            yield from _convolution(f"{base}.0.{part}.block.0", channels, width, 3)
            yield from _norm(f"{base}.0.{part}.block.1", width)
        yield from _convolution(f"{base}.0.res_conv", inputs, width, 1)
        for i in range(c.blocks):
            yield from _transformer(f"{base}.1.{i}", width, c.heads * c.head)
    for level, width in enumerate(c.channels):
        last = level == len(c.channels) - 1
        yield from _convolution(f"{name}.down_blocks.{level}.2" + ("" if last else ".conv"), width, width, 3)
    for level, width in enumerate((*c.channels[-2::-1], c.channels[0])):
        last = level == len(c.channels) - 1
        yield from _convolution(
            f"{name}.up_blocks.{level}.2" + ("" if last else ".conv"), width, width, 3 if last else 4
        )
    yield from _convolution(f"{name}.final_block.block.0", c.channels[0], c.channels[0], 3)
    yield from _norm(f"{name}.final_block.block.1", c.channels[0])
    yield from _convolution(f"{name}.final_proj", c.channels[0], c.mels, 1)


def estimator_blocks(c: EstimatorConfig) -> Iterator[tuple[str, int, int]]:
    """Yield (name, channels in, channels out) of the U-Net's stages, in order: down, middle, up."""
    inputs = c.inputs
    for level, width in enumerate(c.channels):
        yield f"down_blocks.{level}", inputs, width
        inputs = width
    for i in range(c.middle):
        yield f"mid_blocks.{i}", inputs, inputs
    for level, width in enumerate((*c.channels[-2::-1], c.channels[0])):
        yield f"up_blocks.{level}", 2 * c.channels[len(c.channels) - 1 - level], width


def _transformer(name: str, width: int, inner: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    for norm in ("norm1", "norm3"):
        yield from _norm(f"{name}.{norm}", width)
    for part in ("q", "k", "v"):
        yield from _linear(f"{name}.attn1.to_{part}", width, inner, bias=False)
    yield from _linear(f"{name}.attn1.to_out.0", inner, width)
    yield from _linear(f"{name}.ff.net.0.proj", width, 4 * width)
    yield from _linear(f"{name}.ff.net.2", 4 * width, width)


def hift_shapes(c: HiftConfig) -> Shapes:
    """Return every tensor of hift.pt and its shape, weight-normalised ones as ``weight_g`` and ``weight_v``."""
    spectrum, last = c.n_fft + 2, c.channels >> len(c.rates)
    found = [*_linear("m_source.l_linear", c.harmonics + 1, 1), *_normed("conv_pre", c.mels, c.channels, 7)]
    down = 1
    for rate in c.rates[1:]:
        down *= rate
    for i, kernel in enumerate(c.kernels):
        width = c.channels >> (i + 1)
        found += _normed(f"ups.{i}", width, 2 * width, kernel, width)
        found += _convolution(f"source_downs.{i}", spectrum, width, 1 if down == 1 else 2 * down)
        found += _residual(f"source_resblocks.{i}", width, c.source_kernels[i], len(c.source_dilations[i]))
        for j, size in enumerate(c.block_kernels):
            name = f"resblocks.{i * len(c.block_kernels) + j}"
            found += _residual(name, width, size, len(c.block_dilations[j]))
        down //= c.rates[i + 1] if i + 1 < len(c.rates) else 1
    found += _normed("conv_post", last, spectrum, 7)
    for i in range(5):
        found += _normed(f"f0_predictor.condnet.{2 * i}", c.pitch_channels if i else c.mels, c.pitch_channels, 3)
    return dict([*found, *_linear("f0_predictor.classifier", c.pitch_channels, 1)])


def _normed(name: str, inputs: int, outputs: int, kernel: int, bias: int = 0) -> list[tuple[str, tuple[int, ...]]]:
    return [
        (f"{name}.bias", (bias or outputs,)),
        (f"{name}.weight_g", (outputs, 1, 1)),
        (f"{name}.weight_v", (outputs, inputs, kernel)),
    ]


def _residual(name: str, width: int, kernel: int, convolutions: int) -> list[tuple[str, tuple[int, ...]]]:
    found = []
    for side in ("1", "2"):
        for i in range(convolutions):
            found += _normed(f"{name}.convs{side}.{i}", width, width, kernel)
            found.append((f"{name}.activations{side}.{i}.alpha", (width,)))
    return found
