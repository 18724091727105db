"""Errors as problem+json (RFC 9457). Requests of OpenAI's kind get OpenAI's ``error`` member beside it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from models.errors import NarrationError, Transient
from producer.errors import Busy, Unfit

MEDIA_TYPE = "application/problem+json"
AGAIN_SECONDS = 5  # after a passing fault
OPENAI_PATHS = "/v1/"
OPENAI_CODES = {
    400: "invalid_request", 401: "invalid_api_key", 404: "not_found", 413: "string_above_max_length",
    422: "invalid_value", 429: "rate_limit_exceeded",
}  # fmt: skip

log = logging.getLogger("narrator.http")


class Wrong(BaseModel):
    """One thing that is wrong with a request."""

    pointer: str = Field(description="where, as a JSON pointer; of a lesson, its line")
    detail: str


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Wrong] = []
    error: dict[str, Any] | None = Field(None, description="the same as OpenAI's clients expect it")


DESCRIBED: dict[int | str, dict[str, Any]] = {
    status: {"description": description, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, description in (
        (400, "Not a request that can be understood"),
        (401, "No key, or not one of the keys"),
        (403, "From a page of another site, or for another host"),
        (404, "No such thing"),
        (413, "Too long"),
        (415, "Of a media type that is not read here"),
        (422, "Wrong in content; `errors` says where"),
        (429, "Too much at once; `Retry-After` says when to ask again"),
        (503, "A worker, the queue or the store is not there; `Retry-After` says when to ask again"),
    )
}


def problem(
    status: int,
    detail: str,
    *,
    errors: Sequence[Wrong] = (),
    headers: Mapping[str, str] | None = None,
    path: str = "",
) -> JSONResponse:
    """Return the response."""
    title = HTTPStatus(status).phrase
    content: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if errors:
        content["errors"] = [error.model_dump() for error in errors]
    if path.startswith(OPENAI_PATHS):
        kind = "rate_limit_error" if status == 429 else "invalid_request_error" if status < 500 else "server_error"
        param = errors[0].pointer.removeprefix("/body/").replace("/", ".") if errors else None
        content["error"] = {"message": detail, "type": kind, "code": OPENAI_CODES.get(status), "param": param}
    return JSONResponse(content, status, headers, MEDIA_TYPE)


def of(error: NarrationError) -> tuple[int, dict[str, str]]:
    """Return status and headers for one of our errors."""
    match error:
        case Busy():
            return 429, {"Retry-After": str(error.seconds)}
        case Transient():
            return 503, {"Retry-After": str(AGAIN_SECONDS)}
        case Unfit():
            return 422, {}
    return 500, {}


def install(app: FastAPI) -> None:
    """Have every error of the app leave it as a problem."""

    async def narration(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, NarrationError)
        status, headers = of(error)
        if status >= 500:
            log.warning("%s: %s", request.url.path, error)
        return problem(status, str(error), headers=headers, path=request.url.path)

    async def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return problem(error.status_code, error.detail, headers=error.headers, path=request.url.path)

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        found = error.errors()
        wrong = [Wrong(pointer="/" + "/".join(map(str, e["loc"])), detail=e["msg"]) for e in found[:20]]
        malformed = any(e["type"] in ("json_invalid", "json_type") for e in found)
        detail = "; ".join(f"{'.'.join(map(str, e['loc'][1:])) or 'the body'}: {e['msg']}" for e in found[:3])
        return problem(400 if malformed else 422, detail, errors=wrong, path=request.url.path)

    async def bug(request: Request, error: Exception) -> JSONResponse:
        log.exception("%s failed", request.url.path, exc_info=error)
        return problem(500, "a fault of this server, which has noted it", path=request.url.path)

    app.add_exception_handler(NarrationError, narration)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, bug)
