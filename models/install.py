"""Add a voice to the user's bundles: ``narrator voices add DIR``."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from pathlib import Path

from pydantic import JsonValue

from models.bundle import Bundle, BundleFile, Speaker
from models.errors import Permanent
from models.piper.noise_inputs import expose_noise
from models.piper.voice_config import read_piper_config
from models.text.languages import LANGUAGES

DESCRIPTION = "voice.toml"
MAX_MODEL = 2 << 30  # bytes: what ONNX's format can hold


def install_bundle(source_dir: Path, voices_dir: Path) -> Bundle:
    """Copy a voice into the user's bundles: all of it or nothing. Returns the installed bundle.

    ``source_dir`` holds a bundle (with its ``voice.toml``), or a Piper voice as published: ``X.onnx``,
    ``X.onnx.json`` and perhaps ``MODEL_CARD``. Installing the same voice twice changes nothing.
    Raises Permanent naming the file and what is wrong with it.
    """
    if (source_dir / DESCRIPTION).is_file():
        bundle = Bundle.read(source_dir / DESCRIPTION)
        if any(file.parts for file in bundle.files):
            raise Permanent(f"{bundle.origin}: only a bundle whose files lie beside it can be installed")
        files = {file.name: bundle.path(file.name) for file in bundle.files}
    else:
        bundle, files = _piper(source_dir)
    target = voices_dir / bundle.id
    if target.exists():
        return _same(target, bundle)
    temporary = _copy(bundle, files, voices_dir)
    try:
        temporary.rename(target)
    except OSError:  # somebody was faster
        shutil.rmtree(temporary)
        return _same(target, bundle)
    return Bundle.read(target / DESCRIPTION)


def describe(bundle: Bundle) -> str:
    """The bundle as TOML, the reverse of ``Bundle.read``."""
    content = bundle.model_dump(mode="json", exclude_defaults=True)
    lists = {name: content.pop(name) for name in ("files", "voices") if name in content}
    lines = [f"{name} = {_toml(value)}" for name, value in content.items()]
    for name, entries in lists.items():
        for entry in entries:
            lines += ["", f"[[{name}]]", *(f"{field} = {_toml(value)}" for field, value in entry.items())]
    return "\n".join(lines) + "\n"


def _toml(value: JsonValue) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(name)} = {_toml(entry)}" for name, entry in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if value is None:
        raise Permanent("a voice's description has no place for an empty value")
    # JSON's strings, numbers and booleans are TOML's, but for one control character.
    return json.dumps(value, ensure_ascii=False, allow_nan=False).replace("\x7f", "\\u007f")


def _piper(folder: Path) -> tuple[Bundle, dict[str, Path]]:
    """A published Piper voice as a bundle, and where its files are now."""
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
        "files": tuple(_file(name, path) for name, path in files.items()),
        "voices": tuple(
            Speaker(
                name=name, languages=(language,), parameters={"speaker_id": number} if config.num_speakers > 1 else {}
            )
            for name, number in _plain(names).items()
        ),
    }
    return Bundle.model_validate(fields), files


def _plain(speakers: dict[str, int]) -> dict[str, int]:
    """Speakers under names that a voice's id can carry; where a name cannot be made plain, the number serves."""
    plain: dict[str, int] = {}
    for name, number in speakers.items():
        word = re.sub(r"[^\w.\-]+", "-", name).strip("-.")[:64]
        plain[word if word and word not in plain else f"speaker{number}"] = number
    return plain


def _licence(folder: Path) -> str:
    """As the MODEL_CARD states it, else unknown."""
    try:
        card = (folder / "MODEL_CARD").read_text(encoding="utf-8", errors="replace")[:100_000]
    except OSError:
        return "unknown"
    stated = re.search(r"^\W*licen[cs]e\W+(.+)$", card, re.IGNORECASE | re.MULTILINE)
    return stated[1].strip()[:200] if stated else "unknown"


def _file(name: str, path: Path) -> BundleFile:
    with path.open("rb") as file:
        return BundleFile(name=name, sha256=hashlib.file_digest(file, "sha256").hexdigest(), size=path.stat().st_size)


def _copy(bundle: Bundle, files: dict[str, Path], voices_dir: Path) -> Path:
    """A complete copy in a hidden folder beside the others; its files are on disk when this returns."""
    try:
        voices_dir.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{bundle.id}.", dir=voices_dir))
    except OSError as error:
        raise Permanent(f"{voices_dir}: {bundle.id} cannot be installed: {error.strerror}") from None
    try:
        temporary.chmod(0o755)
        for name, path in files.items():
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, temporary / name)
        (temporary / DESCRIPTION).write_text(describe(bundle), encoding="utf-8")
        for path in temporary.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
        copied = Bundle.read(temporary / DESCRIPTION)
        for file_ in copied.files:
            copied.path(file_.name)  # a copy that does not match what was described must not be installed
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise Permanent(f"{voices_dir}: {bundle.id} cannot be installed: {error.strerror}") from None
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return temporary


def _same(target: Path, bundle: Bundle) -> Bundle:
    """The bundle that is installed under this id, where it is the same; else Permanent."""
    there = Bundle.read(target / DESCRIPTION)
    if (there.files, there.voices, there.parameters) != (bundle.files, bundle.voices, bundle.parameters):
        raise Permanent(f"{target}: another voice is installed under this id; remove that folder first")
    return there
