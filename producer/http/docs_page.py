"""The page that documents the API, ``/docs``, and the style sheets and scripts of all pages."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse
from starlette.exceptions import HTTPException

from producer.http.access import KEYED

router = APIRouter(include_in_schema=False)

STATIC = Path(__file__).with_name("static")
SWAGGER = {  # of Swagger UI, from a package that carries it
    "swagger-ui.css",
    "swagger-ui-bundle.js",
}


@router.get("/docs", dependencies=[KEYED])
def docs() -> HTMLResponse:
    """Show the API, to be read and tried; nothing is fetched from elsewhere."""
    return HTMLResponse((STATIC / "docs.html").read_text("utf-8"))


@router.get("/static/{name}")
def static(name: str) -> FileResponse:
    """Give the style sheets and scripts of the pages."""
    if name in SWAGGER:
        return FileResponse(str(files("fastapi_offline") / "static" / name))
    if name in {path.name for path in STATIC.iterdir()}:
        return FileResponse(STATIC / name)
    raise HTTPException(404, "no such file")
