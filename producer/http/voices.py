"""Voices and bundles: ``/v1/voices``, and ``/v1/models`` as OpenAI's clients ask for it."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from producer.http.access import KEYED
from producer.http.service import Shared
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


@router.get("/voices")
def list_voices(service: Shared) -> list[VoiceRow]:
    """List every voice that this installation knows, installed or not."""
    return [VoiceRow(**row) for row in voices(service.settings)]


@router.get("/models")
def list_models(service: Shared) -> Models:
    """List the bundles of installed voices, as OpenAI's clients expect them."""
    found = dict.fromkeys(row["id"].partition("/")[0] for row in voices(service.settings) if row["installed"])
    return Models(data=[Model(id=bundle) for bundle in found])
