"""What there is and how it does: voices, health, metrics, and the page that documents the API."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Literal

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, HTMLResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from producer.http.access import KEYED
from producer.http.service import Shared
from producer.run.connection import broker_faults
from producer.run.status import voices
from worker.contract.messages import segment_name

router = APIRouter()

STATIC = Path(__file__).with_name("static")
SWAGGER = {  # of Swagger UI, from a package that carries it
    "swagger-ui.css",
    "swagger-ui-bundle.js",
}
PROBE = segment_name("0" * 64)  # is not there


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


class Health(BaseModel):
    """It is well."""

    status: Literal["ok"] = "ok"


@router.get("/v1/voices", tags=["voices"], dependencies=[KEYED])
def list_voices(service: Shared) -> list[VoiceRow]:
    """Every voice that this installation knows, installed or not."""
    return [VoiceRow(**row) for row in voices(service.settings)]


@router.get("/v1/models", tags=["voices"], dependencies=[KEYED])
def list_models(service: Shared) -> Models:
    """The bundles of installed voices, as OpenAI's clients expect them."""
    found = dict.fromkeys(row["id"].partition("/")[0] for row in voices(service.settings) if row["installed"])
    return Models(data=[Model(id=bundle) for bundle in found])


@router.get("/healthz", tags=["health"])
async def healthz() -> Health:
    """This process answers."""
    return Health()


@router.get("/readyz", tags=["health"])
def readyz(service: Shared) -> Health:
    """Redis and the store answer, too. Workers may come on demand: whether there are any is in /metrics."""
    with broker_faults(service.settings):
        service.ledger.now()
    service.store.existing([PROBE])
    return Health()


@router.get(
    "/metrics", tags=["health"], response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)  # fmt: skip
def metrics(service: Shared) -> Response:
    """For Prometheus: this process's counts, and what waits in the queues."""
    return Response(generate_latest(service.counts.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


@router.get("/docs", include_in_schema=False, dependencies=[KEYED])
def docs() -> HTMLResponse:
    """The API, to be read and tried; nothing is fetched from elsewhere."""
    return HTMLResponse((STATIC / "docs.html").read_text("utf-8"))


@router.get("/static/{name}", include_in_schema=False)
def static(name: str) -> FileResponse:
    """Style sheets and scripts of the pages."""
    if name in SWAGGER:
        return FileResponse(str(files("fastapi_offline") / "static" / name))
    if name in {path.name for path in STATIC.iterdir()}:
        return FileResponse(STATIC / name)
    raise HTTPException(404, "no such file")
