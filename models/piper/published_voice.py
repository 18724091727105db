"""A Piper voice as it is published, made a bundle: ``X.onnx``, ``X.onnx.json`` and perhaps ``MODEL_CARD``."""

from __future__ import annotations

import re
from pathlib import Path

from models.bundle import Bundle, Speaker
from models.bundle_file import BundleFile
from models.errors import Permanent
from models.piper.noise_inputs import expose_noise
from models.piper.voice_config import read_piper_config
from models.text.languages import LANGUAGES

MAX_MODEL = 2 << 30  # bytes: what ONNX's format can hold


def read_published_voice(folder: Path) -> tuple[Bundle, dict[str, Path]]:
    """Return a published Piper voice as a bundle, and where its files are now.

    Raises Permanent naming the file and what is wrong with it.
    """
    models = sorted(folder.glob("*.onnx"))
    if len(models) != 1:
        raise Permanent(
            f"{folder}: expected one voice, X.onnx with X.onnx.json, or a bundle; found {len(models)} .onnx"
        )
    files = {"model.onnx": models[0], "model.onnx.json": folder / f"{models[0].name}.json"}
    for path in files.values():
        if not path.is_file() or path.stat().st_size > MAX_MODEL:
            raise Permanent(f"{path}: missing, or larger than {MAX_MODEL >> 30} GiB")
    config = read_piper_config(files["model.onnx.json"])
    language = config.language_code
    if language not in LANGUAGES:
        raise Permanent(f"{models[0]}: speaks {language!r}; lessons are narrated in {', '.join(LANGUAGES)}")
    try:
        expose_noise(models[0].read_bytes())
    except Permanent as error:
        raise Permanent(f"{models[0]}: {error}") from None
    stem = models[0].stem
    published = stem.split("-")  # en_US-joe-medium
    names = {published[1] if len(published) == 3 else stem: 0}
    if config.num_speakers > 1:
        names = config.speaker_id_map or {f"speaker{i}": i for i in range(config.num_speakers)}
    fields = {
        "id": re.sub(r"[^a-z0-9._-]+", "-", stem.lower()).strip("-._") or "piper",
        "family": "piper",
        "title": f"Piper {stem}",
        "licence": _licence(folder),
        "sample_rate": config.audio.sample_rate,
        "precision": "fp32",
        "files": tuple(BundleFile.of(path, name) for name, path in files.items()),
        "voices": tuple(
            Speaker(
                name=name, languages=(language,), parameters={"speaker_id": number} if config.num_speakers > 1 else {}
            )
            for name, number in _plain(names).items()
        ),
    }
    return Bundle.model_validate(fields), files


def _plain(speakers: dict[str, int]) -> dict[str, int]:
    """Return speakers under names that a voice's id can carry; where a name cannot be made plain, the number serves."""
    plain: dict[str, int] = {}
    for name, number in speakers.items():
        word = re.sub(r"[^\w.\-]+", "-", name).strip("-.")[:64]
        plain[word if word and word not in plain else f"speaker{number}"] = number
    return plain


def _licence(folder: Path) -> str:
    """Return the licence that MODEL_CARD states, else unknown."""
    try:
        card = (folder / "MODEL_CARD").read_text(encoding="utf-8", errors="replace")[:100_000]
    except OSError:
        return "unknown"
    stated = re.search(r"^\W*licen[cs]e\W+(.+)$", card, re.IGNORECASE | re.MULTILINE)
    return stated[1].strip()[:200] if stated else "unknown"
