"""Converting checkpoints: ``models.convert`` in a helper process, so that torch never enters this one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from producer.helper_process import HelperProcess


def convert(
    family: str,
    source: Path,
    out: Path,
    *,
    precision: str = "auto",
    parts: Mapping[str, str] | None = None,
    backend: str = "onnxruntime",
    vocoder: Path | None = None,
    speech_tokens_per_text_token: int | None = None,
) -> dict[str, Any]:
    """Convert a checkpoint into the folder ``out``; gives the record of what was made. Raises NarrationError."""
    asked = {
        "family": family,
        "source": str(source.absolute()),
        "out": str(out.absolute()),
        "precision": precision,
        "parts": dict(parts or {}),
        "backend": backend,
        "vocoder": str(vocoder.absolute()) if vocoder else None,
        "speech_tokens_per_text_token": speech_tokens_per_text_token,
    }
    with HelperProcess("models.convert") as helper:
        return helper.ask(asked)
