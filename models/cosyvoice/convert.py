"""Conversion of a checkpoint into a bundle: graphs, tables, tokenizer, and ``voice.toml`` with checksums.

    convert_cosyvoice(Path("CosyVoice-300M-SFT"), Path("voices/cosyvoice"), "auto")

Needs the ``convert`` extra (torch, onnx); nothing here runs with the product. Weights are never executed: the graphs
are built node by node from the state dicts.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from models.atomic_files import MADE, atomic_folder, must_be_free
from models.bundle import DESCRIPTION, Bundle, Speaker
from models.bundle_file import BundleFile
from models.conversion.onnx_graph import Graph, Precision, quantise_columns
from models.cosyvoice import convert_flow, convert_hift, convert_language_model, self_check
from models.cosyvoice.checkpoint import CosyVoiceCheckpoint, read_cosyvoice_checkpoint
from models.cosyvoice.convert_hift_int8 import Ranges
from models.cosyvoice.stages import GRAPHS, MATRIX_ENGINE, TABLES, Parameters, SourceParameters, needs_reduced_range
from models.cosyvoice.tokenizer import IDS, VOCABULARY, VOCABULARY_FILE
from models.errors import Permanent
from models.text.languages import LANGUAGES
from models.vocoders import N_MELS

# The public checkpoint's speakers in the order of their numbers: name, alias, language.
SPEAKERS = (
    ("中文女", "zh-female", "zh"),
    ("中文男", "zh-male", "zh"),
    ("日语男", "ja-male", "ja"),
    ("粤语女", "yue-female", "yue"),
    ("英文女", "en-female", "en"),
    ("英文男", "en-male", "en"),
    ("韩语女", "ko-female", "ko"),
)
FOUR_BITS = ("text_encoder", "decoder")  # what may have them: the estimator would be a quarter off at each step
ALWAYS_FLOAT = ("pitch",)  # small, and a wrong pitch is heard at once: float16 at least
LICENCE = "Apache-2.0"  # of the public checkpoint; tokenizer MIT
AUTO: tuple[tuple[Precision, Precision], ...] = (("int4", "int4"), ("int8", "int4"), ("int8", "int8"))  # text, decoder

Choice = Literal["fp32", "int8", "int4", "auto"]
Backend = Literal["onnxruntime", "openvino"]


def convert_cosyvoice(
    checkpoint: Path,
    out: Path,
    precision: Choice = "int8",
    per_part: Mapping[str, Precision] | None = None,
    *,
    speech_tokens_per_text_token: int | None = None,
    reduce_range: bool | None = None,
    backend: Backend = "onnxruntime",
) -> Bundle:
    """Convert the CosyVoice-300M-SFT checkpoint in a directory; ``out`` becomes the bundle, whole or not at all.

    ``per_part`` overrides the precision of single graphs. ``auto`` takes the smallest mix whose language model stays
    close to float32 on this checkpoint, else int8. ``speech_tokens_per_text_token`` is for checkpoints of random
    weights, in tests. ``backend`` openvino keeps estimator and vocoder in float16, 100 MB more, for a CPU with a matrix
    engine. ``reduce_range`` (7-bit weights) is for CPUs without VNNI: by default, as this machine needs.
    Raises Permanent naming file, tensor and remedy.
    """
    must_be_free(out)
    bundle_id = out.resolve().name
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", bundle_id):
        raise Permanent(f"{bundle_id!r} cannot name a bundle: small letters, digits, '.', '_' and '-' only")
    read = read_cosyvoice_checkpoint(checkpoint)
    _voices(read)  # before the long part
    if read.config.flow.mels != N_MELS:
        raise Permanent(f"{checkpoint}: {read.config.flow.mels} mel bands; the vocoders here take {N_MELS}")
    parameters = _parameters(read, speech_tokens_per_text_token)
    reduced = needs_reduced_range() if reduce_range is None else reduce_range
    with atomic_folder(out) as folder:
        exact, made = folder / "exact", folder / MADE
        _Writer(read, exact).write_all(dict.fromkeys(GRAPHS, "fp32"))
        reference = self_check.render_reference(exact, parameters, read.config, read.notices)
        writer = _Writer(read, made, self_check.ranges(read, reference), reduced)
        precisions = _choose(writer, parameters, reference, precision, per_part or {})
        if backend == "openvino":
            precisions.update(dict.fromkeys(MATRIX_ENGINE, "fp32" if precision == "fp32" else "fp16"))
        writer.write_all(precisions)
        record: dict[str, JsonValue] = {
            "self_check": self_check.compare_stages(made, parameters, reference, backend),
            "precisions": dict(precisions),
            "reduced_range": reduced,
            "notices": list(read.notices),
            "converted_with": {name: version(name) for name in ("narrator", "onnx", "onnxruntime", "torch")},
        }
        shutil.copy(VOCABULARY, made / VOCABULARY_FILE)
        bundle = _describe(bundle_id, made, read, (parameters, precisions, record), backend)
        (made / DESCRIPTION).write_text(bundle.to_toml(), encoding="utf-8")
    return Bundle.read(out / DESCRIPTION)


class _Writer:
    """Builds graphs into a folder."""

    def __init__(
        self, read: CosyVoiceCheckpoint, folder: Path, ranges: Ranges | None = None, reduced: bool = False
    ) -> None:
        self.folder, self._read, self._ranges, self._reduced = folder, read, ranges, reduced
        folder.mkdir()

    def write_all(self, precisions: Mapping[str, Precision]) -> None:
        """Write every graph, and the tables."""
        for name in GRAPHS:
            self.write(name, precisions[name])
        self.write_tables(precisions["decoder"])

    def write(self, name: str, precision: Precision) -> None:
        """Write one graph."""
        config, read = self._read.config, self._read
        graph = Graph(precision, self._reduced)
        match name:
            case "text_encoder":
                convert_language_model.text_encoder(read.language_model, config.language_model, graph)
            case "positions":
                convert_language_model.position_tables(read.language_model, config.language_model, graph)
            case "decoder":
                convert_language_model.decoder(read.language_model, config.language_model, graph)
            case "flow_encoder":
                convert_flow.flow_encoder(read.flow, config.flow, graph)
            case "estimator":
                convert_flow.estimator(read.flow, config.flow, graph)
            case "pitch":
                convert_hift.pitch(read.hift, config.hift, graph)
            case _:
                ranges = self._ranges if precision == "int8" else None
                convert_hift.hift_generator(read.hift, config.hift, graph, ranges)
        graph.save(self.folder / f"{name}.onnx")

    def write_tables(self, precision: Precision) -> None:
        """Write what is no graph; embeddings in 8 bits beside a decoder that is not float32."""
        llm, flow, hift = self._read.language_model, self._read.flow, self._read.hift
        tables: dict[str, NDArray[Any]] = {
            "signs": llm["llm_embedding.weight"],
            "source_weight": hift["m_source.l_linear.weight"][0],
            "source_bias": hift["m_source.l_linear.bias"][0],
        }
        embeddings = np.stack([self._read.speakers[name] for name in speaker_order(self._read)])
        embeddings = embeddings / np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
        for key, weights in (("language_model", llm), ("flow", flow)):
            weight, bias = (weights[f"spk_embed_affine_layer.{part}"] for part in ("weight", "bias"))
            tables[f"speakers_{key}"] = (embeddings @ weight.T + bias).astype(np.float32)
        tables["speech"] = llm["speech_embedding.weight"]
        if precision != "fp32":
            values, tables["speech_scale"] = quantise_columns(llm["speech_embedding.weight"].T, 127)
            tables["speech"] = np.ascontiguousarray(values.T)
        np.savez(self.folder / TABLES, **tables)  # type: ignore[arg-type]


def speaker_order(read: CosyVoiceCheckpoint) -> list[str]:
    """Return the checkpoint's speakers by number: the seven public ones first, others as they come."""
    public = [name for name, _, _ in SPEAKERS if name in read.speakers]
    return public + [name for name in read.speakers if name not in public]


def _voices(read: CosyVoiceCheckpoint) -> tuple[Speaker, ...]:
    voices = tuple(
        Speaker(name=called, title=name, languages=languages, parameters={"row": row})
        for row, name in enumerate(speaker_order(read))
        for called, languages in _called(name, row)
    )
    names = [voice.name for voice in voices]
    if len(set(names)) < len(names):
        raise Permanent(f"spk2info.pt: two speakers would have one name of {', '.join(names)}")
    return voices


def _called(name: str, row: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Return what a speaker is called: the alias of a public one, and the name itself, as far as it can be one."""
    known = {name: (alias, language) for name, alias, language in SPEAKERS}
    alias, language = known.get(name, ("", "zh"))
    languages = (language, *(other for other in LANGUAGES if other != language))
    plain = re.sub(r"^\W+|[^\w.\-]", "-", name)[:64].lstrip("-.") or f"speaker-{row}"
    for called in filter(None, (alias, plain)):
        yield called, languages


def _parameters(read: CosyVoiceCheckpoint, fixed: int | None) -> Parameters:
    hift, vocabulary = read.config.hift, read.config.language_model.text_vocabulary
    if vocabulary != IDS:
        read.notices.append(f"{vocabulary} text ids, not {IDS}: a checkpoint for tests; ids are folded into them")
    if fixed:
        read.notices.append(f"{fixed} speech tokens a text token, whatever the model says: for tests of random weights")
    return Parameters(
        sampling=read.config.language_model.sampling,
        source=SourceParameters(amplitude=hift.amplitude, noise=hift.noise, voiced=hift.voiced),
        guidance=read.config.flow.guidance,
        text_vocabulary=vocabulary,
        speech_tokens_per_text_token=fixed,
    )


def _choose(
    writer: _Writer,
    parameters: Parameters,
    reference: self_check.Reference,
    precision: Choice,
    per_part: Mapping[str, Precision],
) -> dict[str, Precision]:
    """Choose the precision of every graph."""
    for name, chosen in per_part.items():
        if name not in GRAPHS or name in ALWAYS_FLOAT:
            raise Permanent(f"there is no choice of precision for {name!r}; there is for {', '.join(GRAPHS[:-2])}, ...")
        if chosen not in ("fp32", "int8", "int4"):
            raise Permanent(f"there is no precision {chosen!r} for {name}; there are fp32, int8 and int4")
        if chosen == "int4" and name not in FOUR_BITS:
            raise Permanent(f"{name} is not usable in 4 bits; {' and '.join(FOUR_BITS)} are")
    if precision != "auto":
        return {**_mix(precision, precision), **per_part}
    for text, decoder in AUTO[:-1]:
        mix = {**_mix(text, decoder), **per_part}
        for name in GRAPHS[:3]:
            writer.write(name, mix[name])
        writer.write_tables(mix["decoder"])
        if self_check.close_enough(writer.folder, parameters, reference):
            return mix
    return {**_mix(*AUTO[-1]), **per_part}


def _mix(text: Precision, decoder: Precision) -> dict[str, Precision]:
    """Return the precisions of all graphs, given those that may have 4 bits."""
    other: Precision = "fp32" if decoder == "fp32" else "int8"
    mix: dict[str, Precision] = dict.fromkeys(GRAPHS, other)
    mix.update(dict.fromkeys(ALWAYS_FLOAT, "fp32" if decoder == "fp32" else "fp16"))
    return {**mix, "text_encoder": text, "decoder": decoder}


def _describe(
    bundle_id: str,
    folder: Path,
    read: CosyVoiceCheckpoint,
    made: tuple[Parameters, Mapping[str, Precision], dict[str, JsonValue]],
    backend: Backend,
) -> Bundle:
    parameters, precisions, record = made
    files = [BundleFile.of(path) for path in sorted(folder.iterdir())]
    record["bytes"] = {file.name: file.size for file in files}
    kinds = sorted({precisions[name] for name in GRAPHS if name not in ALWAYS_FLOAT})
    fields = {
        "id": bundle_id,
        "family": "cosyvoice",
        "title": "CosyVoice-300M-SFT",
        "licence": LICENCE,
        "sample_rate": read.config.sample_rate,
        "precision": "-".join(kinds),
        "backend": backend,
        "remedy": "convert the checkpoint again: narrator voices convert cosyvoice CHECKPOINT_DIR OUT",
        "parameters": parameters.model_dump(mode="json", exclude_none=True),
        "record": record,
        "files": tuple(files),
        "voices": _voices(read),
    }
    return Bundle.model_validate(fields)
