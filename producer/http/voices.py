"""Voices and bundles: ``/v1/voices``, and ``/v1/models`` as OpenAI's clients ask for it."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from producer.http.access import KEYED
from producer.http.openai_names import MODELS
from producer.http.service import Service, Shared
from producer.run.status import voices

router = APIRouter(prefix="/v1", tags=["voices"], dependencies=[KEYED])


class VoiceRow(BaseModel):
    """A voice of the catalogue."""

    id: str
    languages: list[str]
    licence: str
    sample_rate: int
    bytes: int
    precision: str
    title: str
    installed: bool
    remedy: str


class Model(BaseModel):
    """A bundle, as OpenAI's clients list models."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "narrator"


class Models(BaseModel):
    """All bundles."""

    object: Literal["list"] = "list"
    data: list[Model]


class NamedVoices(BaseModel):
    """The installed voices, as clients of Kokoro-FastAPI and Open WebUI list them."""

    voices: list[dict[str, str]] | list[str]


@router.get("/audio/voices")
def list_names(service: Shared, legacy: bool = False) -> NamedVoices:
    """List the installed voices by name; with ``legacy`` their names alone."""
    names = service.script.names()
    return NamedVoices(voices=names if legacy else [{"id": name, "name": name} for name in names])


@router.get("/voices")
def list_voices(service: Shared) -> list[VoiceRow]:
    """List every voice that this installation knows, installed or not."""
    return [VoiceRow(**row) for row in voices(service.settings)]


@router.get("/models")
def list_models(service: Shared) -> Models:
    """List the bundles of installed voices, as OpenAI's clients expect them."""
    return Models(data=[Model(id=bundle) for bundle in _bundles(service)])


@router.get("/models/{model}")
def show_model(model: str, service: Shared) -> Model:
    """Show a bundle, or one of OpenAI's models: any is taken, the voice decides."""
    if model not in (*_bundles(service), *MODELS):
        raise HTTPException(404, f"no model {model[:100]!r}: there are {', '.join((*_bundles(service), *MODELS))}")
    return Model(id=model)


def _bundles(service: Service) -> list[str]:
    found = (row["id"].partition("/")[0] for row in voices(service.settings) if row["installed"])
    return list(dict.fromkeys(found))
