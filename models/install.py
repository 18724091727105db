"""Add a voice to the user's bundles: ``narrator voices add DIR``."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from models.bundle import DESCRIPTION, Bundle
from models.errors import Permanent
from models.piper.published_voice import read_published_voice


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
        bundle, files = read_published_voice(source_dir)
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


def _copy(bundle: Bundle, files: dict[str, Path], voices_dir: Path) -> Path:
    """Make a complete copy in a hidden folder beside the others; its files are on disk when this returns."""
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
        (temporary / DESCRIPTION).write_text(bundle.to_toml(), encoding="utf-8")
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
    """Return the bundle that is installed under this id, where it is the same; else Permanent."""
    there = Bundle.read(target / DESCRIPTION)
    if (there.files, there.voices, there.parameters) != (bundle.files, bundle.voices, bundle.parameters):
        raise Permanent(f"{target}: another voice is installed under this id; remove that folder first")
    return there
