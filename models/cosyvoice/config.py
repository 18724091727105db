"""The checkpoint's ``cosyvoice.yaml``: every width, depth and head count."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from models.cosyvoice.hyperpyyaml import Section, read_sections
from models.errors import Permanent

NAME = "cosyvoice.yaml"
VOCABULARY_25_HZ = 60_515  # text ids of the 25 Hz variant


@dataclass(frozen=True, slots=True)
class AttentionConfig:
    """A stack of transformer layers with relative positions (the original's ``...Encoder``)."""

    inputs: int
    width: int
    heads: int
    hidden: int  # of the feed-forward layers
    layers: int

    @property
    def head(self) -> int:
        """The size of one head."""
        return self.width // self.heads


@dataclass(frozen=True, slots=True)
class Sampling:
    """Repetition-aware sampling; the numbers an absent section stands for."""

    top_p: float = 0.8
    top_k: int = 25
    window: int = 10
    ratio: float = 0.1


@dataclass(frozen=True, slots=True)
class LanguageModelConfig:
    """The language model: text tokens to speech tokens."""

    text_width: int  # of the text embedding
    width: int  # of what the decoder reads
    text_vocabulary: int
    speech_vocabulary: int  # without the end token
    speaker: int  # width of a speaker embedding
    text_encoder: AttentionConfig
    decoder: AttentionConfig
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class EstimatorConfig:
    """The U-Net that estimates the flow's velocity. In the real one, heads x head is twice the channels."""

    inputs: int
    mels: int
    channels: tuple[int, ...]
    heads: int
    head: int
    blocks: int  # transformer blocks after each residual block
    middle: int  # residual blocks between the way down and the way up


@dataclass(frozen=True, slots=True)
class FlowConfig:
    """The flow: speech tokens to mel."""

    width: int
    vocabulary: int
    speaker: int
    mels: int
    encoder: AttentionConfig
    regulator: int  # channels of the length regulator
    regulator_convolutions: int
    regulator_groups: int
    estimator: EstimatorConfig
    guidance: float


@dataclass(frozen=True, slots=True)
class HiftConfig:
    """The vocoder, mel to sound: a harmonic source, and a network that shapes its short-time spectrum."""

    mels: int
    channels: int
    harmonics: int
    amplitude: float  # of the sines
    noise: float  # standard deviation of what is added to voiced samples
    voiced: float  # Hz; at most this is unvoiced
    rates: tuple[int, ...]
    kernels: tuple[int, ...]
    n_fft: int
    hop: int
    block_kernels: tuple[int, ...]
    block_dilations: tuple[tuple[int, ...], ...]
    source_kernels: tuple[int, ...]
    source_dilations: tuple[tuple[int, ...], ...]
    slope: float  # of the leaky rectifiers
    limit: float  # of the samples
    pitch_channels: int


@dataclass(frozen=True, slots=True)
class CosyVoiceConfig:
    """The whole model."""

    sample_rate: int
    language_model: LanguageModelConfig
    flow: FlowConfig
    hift: HiftConfig


def read_cosyvoice_config(directory: Path) -> CosyVoiceConfig:
    """Read the configuration of the checkpoint in ``directory``. Raises Permanent naming file, key and remedy."""
    path = directory / NAME
    root = read_sections(path)
    top = Section(path, root, "", root)
    sample_rate = top.number("sample_rate")
    if sample_rate != 22_050:
        raise Permanent(f"{path}: sample_rate is {sample_rate}; CosyVoice-300M has 22050, CosyVoice 2 and 3 have 24000")
    llm, flow, hift = (top.section(name) for name in ("llm", "flow", "hift"))
    _refuse_other_models(path, llm, flow, hift)
    config = CosyVoiceConfig(sample_rate, _language_model(llm), _flow(flow), _hift(hift))
    if config.flow.mels != config.hift.mels:
        raise Permanent(f"{path}: the flow makes {config.flow.mels} mel bands, hift takes {config.hift.mels}")
    return config


def _refuse_other_models(path: Path, llm: Section, flow: Section, hift: Section) -> None:
    known = {"llm": "TransformerLM", "flow": "MaskedDiffWithXvec", "hift": "HiFTGenerator"}
    for section in (llm, flow, hift):
        name = section.tag.rpartition(".")[2]
        if name != known[section.name]:
            other = "CosyVoice 2 or 3" if re.search("Qwen|CosyVoice[23]|Causal", name) else "another model"
            raise Permanent(f"{path}: {section.name} is {name or 'untyped'}: this is {other}, not CosyVoice-300M-SFT")
    ids, rate = llm.number("text_token_size"), flow.number("input_frame_rate", 50)
    if ids == VOCABULARY_25_HZ or rate == 25:
        raise Permanent(f"{path}: {ids} text ids at {rate} Hz: the 25 Hz variant; convert CosyVoice-300M-SFT (50 Hz)")
    if rate != 50:
        raise Permanent(f"{path}: flow.input_frame_rate is {rate}; CosyVoice-300M-SFT has 50")


def _attention(section: Section, activation: str) -> AttentionConfig:
    for key, expected in (
        ("normalize_before", True),
        ("pos_enc_layer_type", "rel_pos_espnet"),
        ("selfattention_layer_type", "rel_selfattn"),
        ("activation_type", activation),
        ("use_cnn_module", False),
        ("macaron_style", False),
    ):
        section.must_be(key, expected)
    width, heads = section.number("output_size", 256), section.number("attention_heads", 4)
    if width % heads or width % 2:
        raise Permanent(f"{section.path}: {section.name}: {heads} heads do not divide the width {width}")
    return AttentionConfig(
        section.number("input_size"),
        width,
        heads,
        section.number("linear_units", 2048),
        section.number("num_blocks", 6),
    )


def _language_model(llm: Section) -> LanguageModelConfig:
    encoder, decoder = llm.section("text_encoder"), llm.section("llm")
    encoder.must_be("input_layer", "linear")
    decoder.must_be("input_layer", "linear_legacy")
    if encoder.get("static_chunk_size", 0) != 1 and encoder.get("use_dynamic_chunk", False) is not True:
        raise Permanent(f"{llm.path}: llm.text_encoder is not causal (static_chunk_size is not 1): not CosyVoice-300M")
    choice, usual = llm.section("sampling", required=False), Sampling()
    return LanguageModelConfig(
        text_width=llm.number("text_encoder_input_size"),
        width=llm.number("llm_input_size"),
        text_vocabulary=llm.number("text_token_size"),
        speech_vocabulary=llm.number("speech_token_size"),
        speaker=llm.number("spk_embed_dim", 192),
        text_encoder=_attention(encoder, "swish"),
        decoder=_attention(decoder, "relu"),
        sampling=Sampling(
            choice.real("top_p", usual.top_p),
            choice.number("top_k", usual.top_k),
            choice.number("win_size", usual.window),
            choice.real("tau_r", usual.ratio),
        ),
    )


def _flow(flow: Section) -> FlowConfig:
    regulator, decoder = flow.section("length_regulator"), flow.section("decoder")
    estimator, parameters = decoder.section("estimator"), decoder.section("cfm_params")
    if "content" in parameters.values:
        parameters = parameters.section("content")
    parameters.must_be("solver", "euler")
    parameters.must_be("t_scheduler", "cosine")
    estimator.must_be("act_fn", "gelu")
    mels = flow.number("output_size", 80)
    if (regulator.number("channels"), regulator.number("out_channels", mels)) != (mels, mels):
        raise Permanent(f"{flow.path}: flow.length_regulator does not have the flow's {mels} channels")
    for key, width in (("in_channels", 4 * mels), ("out_channels", mels)):  # mel, mean mel, speaker and prompt
        if estimator.number(key) != width:
            raise Permanent(f"{flow.path}: flow.decoder.estimator.{key} is not {width}, as {mels} mel bands need")
    flow.section("encoder").must_be("input_layer", "linear")
    return FlowConfig(
        width=flow.number("input_size", 512),
        vocabulary=flow.number("vocab_size", 4096),
        speaker=flow.number("spk_embed_dim", 192),
        mels=mels,
        encoder=_attention(flow.section("encoder"), "swish"),
        regulator=regulator.number("channels"),
        regulator_convolutions=len(regulator.get("sampling_ratios")),
        regulator_groups=regulator.number("groups", 1),
        estimator=EstimatorConfig(
            inputs=estimator.number("in_channels"),
            mels=estimator.number("out_channels"),
            channels=estimator.numbers("channels", [256, 256]),
            heads=estimator.number("num_heads", 4),
            head=estimator.number("attention_head_dim", 64),
            blocks=estimator.number("n_blocks", 1),
            middle=estimator.number("num_mid_blocks", 2),
        ),
        guidance=parameters.real("inference_cfg_rate", 0.7),
    )


def _hift(hift: Section) -> HiftConfig:
    fourier, pitch = hift.section("istft_params", required=False), hift.section("f0_predictor")
    dilations = [[1, 3, 5], [1, 3, 5], [1, 3, 5]]
    result = HiftConfig(
        mels=hift.number("in_channels", 80),
        channels=hift.number("base_channels", 512),
        harmonics=hift.number("nb_harmonics", 8),
        amplitude=hift.real("nsf_alpha", 0.1),
        noise=hift.real("nsf_sigma", 0.003),
        voiced=hift.real("nsf_voiced_threshold", 10),
        rates=hift.numbers("upsample_rates", [8, 8]),
        kernels=hift.numbers("upsample_kernel_sizes", [16, 16]),
        n_fft=fourier.number("n_fft", 16),
        hop=fourier.number("hop_len", 4),
        block_kernels=hift.numbers("resblock_kernel_sizes", [3, 7, 11]),
        block_dilations=tuple(tuple(d) for d in hift.get("resblock_dilation_sizes", dilations)),
        source_kernels=hift.numbers("source_resblock_kernel_sizes", [7, 11]),
        source_dilations=tuple(tuple(d) for d in hift.get("source_resblock_dilation_sizes", dilations[:2])),
        slope=hift.real("lrelu_slope", 0.1),
        limit=hift.real("audio_limit", 0.99),
        pitch_channels=pitch.number("cond_channels", 512),
    )
    total = result.hop
    for rate in result.rates:
        total *= rate
    if total != 256 or hift.number("sampling_rate", 22_050) != 22_050:
        raise Permanent(f"{hift.path}: hift makes {total} samples of a frame; CosyVoice-300M-SFT makes 256 at 22050 Hz")
    return result
