"""Converting checkpoints: models' own entry, started as a process, so that torch never enters the author's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.errors import NarrationError, Permanent


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
    done = subprocess.run(
        [sys.executable, "-P", "-m", "models.conversion"],
        input=json.dumps(asked).encode(),
        capture_output=True,
        check=False,
    )
    if done.returncode == 0:
        made: dict[str, Any] = json.loads(done.stdout)
        return made
    reason = done.stderr.decode(errors="replace").strip()
    raise (Permanent if done.returncode == 2 else NarrationError)(reason or f"conversion ended with {done.returncode}")
