"""``python -m models.convert``: a conversion in a helper process, asked for in JSON on standard input.

    {"family": "cosyvoice", "source": "CosyVoice-300M-SFT", "out": "voices/cosyvoice", "precision": "auto"}

Needs the ``convert`` extra (torch, onnx). Answers with what was made.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from models.errors import Permanent
from models.helper_process import answer_requests


class Conversion(BaseModel):
    """A checkpoint to convert, and the place for the result."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    family: Literal["cosyvoice", "hifigan"]
    source: Path
    out: Path
    precision: Literal["fp32", "int8", "int4", "auto"] = "auto"
    parts: dict[str, Literal["fp32", "int8", "int4"]] = {}
    backend: Literal["onnxruntime", "openvino"] = "onnxruntime"
    vocoder: Path | None = None  # a converted HiFi-GAN, for the bundle to carry along
    speech_tokens_per_text_token: int | None = None  # for checkpoints of random weights, in tests


def convert_checkpoint(asked: Conversion) -> dict[str, Any]:
    """Convert a checkpoint; gives the record of the result. Raises Permanent naming file, tensor and remedy."""
    try:
        import onnx  # noqa: F401
        import torch  # noqa: F401
    except ImportError as error:
        raise Permanent(f"conversion needs {error.name}. Remedy: pip install 'narrator[convert]'") from None
    if asked.family == "hifigan":
        from models.vocoders.convert_hifigan import convert_hifigan

        vocoder = convert_hifigan(asked.source, asked.out)
        return vocoder.model_dump(mode="json")
    from models.cosyvoice.convert import convert_cosyvoice
    from models.vocoders.vocoder_folder import VocoderFolder, add_vocoder

    if asked.vocoder:
        VocoderFolder.read(asked.vocoder)  # before the long part
    bundle = convert_cosyvoice(
        asked.source,
        asked.out,
        asked.precision,
        asked.parts,
        speech_tokens_per_text_token=asked.speech_tokens_per_text_token,
        backend=asked.backend,
    )
    if asked.vocoder:
        bundle = add_vocoder(asked.out, asked.vocoder)
    return bundle.model_dump(mode="json", include={"id", "title", "licence", "precision", "record", "voices"})


if __name__ == "__main__":
    sys.exit(answer_requests(Conversion, convert_checkpoint))
