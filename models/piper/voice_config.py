"""A Piper voice's ``*.onnx.json``, as far as the engine and the installer need it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from models.errors import Permanent
from models.records import from_json, read_description
from models.voice import Utterance

MAX_CONFIG = 4 << 20  # bytes
START, PAD, END = "^", "_", "$"
# Milliseconds that a symbol may take, (least, most), at normal speed; measured as Kokoro's are (models/kokoro).
SOUND_MS = (30, 150)
MARK_MS = (0, 500)  # a pause, or stress
CHARACTER_MS = (20, 700)  # of voices that read characters: one may be a whole word
BASE_MS = 900  # for the whole
MODIFIERS = frozenset("ˈˌːˑʰʲʷ̩̃̆")  # no time of their own

M = TypeVar("M", bound=BaseModel)


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class Inference(_Part):
    """The scales that the voice was published with."""

    noise_scale: Annotated[float, Field(ge=0, le=10)] = 0.667
    length_scale: Annotated[float, Field(gt=0, le=10)] = 1.0
    noise_w: Annotated[float, Field(ge=0, le=10)] = 0.8


class Audio(_Part):
    """The sample rate in Hz."""

    sample_rate: Annotated[int, Field(ge=8000, le=48000)]


class Espeak(_Part):
    """The name by which eSpeak NG knows the language."""

    voice: str = ""


class EspeakVoice(_Part):
    """The name by which eSpeak NG knows the voice that phonemes come from."""

    voice: str = "en-us"


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


class Symbols(_Part):
    """The symbols of a voice, which turn text into tokens, each with the ids that stand for it."""

    phoneme_type: Literal["espeak", "text"] = "espeak"
    phoneme_id_map: Annotated[dict[str, list[int]], Field(min_length=4)]
    espeak: EspeakVoice = EspeakVoice()
    codepoint_modulus: Annotated[int, Field(ge=2)] | None = None  # of test voices: any character has a token

    def ids(self) -> frozenset[int]:
        """Return all tokens that the voice knows."""
        known = {token for tokens in self.phoneme_id_map.values() for token in tokens}
        return frozenset(known.union(range(1, 1 + (self.codepoint_modulus or 0))))

    def duration_ms(self, utterances: Sequence[Utterance]) -> tuple[float, float]:
        """Return the least and the most milliseconds that these tokens may take, as ``Engine.duration_ms``."""
        known = [self._bands.get(token, self._other) for utterance in utterances for token in utterance.tokens]
        return sum(least for least, _ in known), BASE_MS + sum(most for _, most in known)

    @property
    def _other(self) -> tuple[int, int]:
        return CHARACTER_MS if self.codepoint_modulus else (0, 0)

    @cached_property
    def _bands(self) -> dict[int, tuple[int, int]]:
        """(least, most) by token; a symbol of several tokens counts once."""
        sounding = CHARACTER_MS if self.phoneme_type == "text" else SOUND_MS
        bands: dict[int, tuple[int, int]] = {}
        for symbol, tokens in self.phoneme_id_map.items():
            if symbol in (START, PAD, END) or symbol.isspace():
                bands[tokens[0]] = (0, 0)
            elif symbol.isalpha() and symbol not in MODIFIERS:
                bands[tokens[0]] = sounding
            else:
                bands[tokens[0]] = MARK_MS
        return bands


def read_symbols(path: Path) -> Symbols:
    """Read a voice's symbols. Raises Permanent with the field and what is wrong."""
    symbols = read_voice_json(Symbols, path)
    if missing := {START, PAD, END} - symbols.phoneme_id_map.keys():
        raise Permanent(f"{path}: phoneme_id_map has no {', '.join(sorted(missing))}")
    if empty := sorted(symbol for symbol, ids in symbols.phoneme_id_map.items() if not ids):
        raise Permanent(f"{path}: phoneme_id_map has no id for {empty[0]!r}")
    return symbols


def read_piper_config(path: Path) -> PiperConfig:
    """Read a voice's JSON. Raises Permanent with the field and what is wrong."""
    return read_voice_json(PiperConfig, path)


def read_voice_json(model: type[M], path: Path) -> M:
    """Read what ``model`` names of a voice's JSON. Raises Permanent as ``read_piper_config`` does."""
    return from_json(model, read_description(path, "a Piper voice's JSON", most=MAX_CONFIG), path)
