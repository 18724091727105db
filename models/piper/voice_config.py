"""A Piper voice's ``*.onnx.json``: what the engine and the installer need of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from models.records import from_json, read_description

MAX_CONFIG = 4 << 20  # bytes

M = TypeVar("M", bound=BaseModel)


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class Inference(_Part):
    """The scales that the voice was published with."""

    noise_scale: Annotated[float, Field(ge=0, le=10)] = 0.667
    length_scale: Annotated[float, Field(gt=0, le=10)] = 1.0
    noise_w: Annotated[float, Field(ge=0, le=10)] = 0.8


class Audio(_Part):
    """Its sample rate in Hz."""

    sample_rate: Annotated[int, Field(ge=8000, le=48000)]


class Espeak(_Part):
    """The name by which eSpeak NG knows the language."""

    voice: str = ""


class PiperLanguage(_Part):
    """The language; early voices do not say."""

    code: str = ""
    family: str = ""


class PiperConfig(_Part):
    """Fields that are not named here are the front-end's, or Piper's own training's."""

    audio: Audio
    num_speakers: Annotated[int, Field(ge=1)] = 1
    speaker_id_map: dict[str, Annotated[int, Field(ge=0)]] = {}
    inference: Inference = Inference()
    espeak: Espeak = Espeak()
    language: PiperLanguage = PiperLanguage()

    @property
    def language_code(self) -> str:
        """``en``, ``zh``...; of the voice's own words for it, ``en_US`` or ``cmn``."""
        code = (self.language.family or self.language.code or self.espeak.voice).lower().replace("_", "-")
        first = code.partition("-")[0]
        return "zh" if first == "cmn" else first


def read_piper_config(path: Path) -> PiperConfig:
    """A voice's JSON. Raises Permanent with the field and what is wrong."""
    return read_voice_json(PiperConfig, path)


def read_voice_json(model: type[M], path: Path) -> M:
    """What ``model`` names of a voice's JSON. Raises Permanent as ``read_config`` does."""
    return from_json(model, read_description(path, "a Piper voice's JSON", most=MAX_CONFIG), path)
