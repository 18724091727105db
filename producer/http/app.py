"""The app: routes, errors, access and counts, put together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.middleware.cors import CORSMiddleware

from producer.http import docs_page, errors, health, lessons, runs, speech, status_page, voices, websocket
from producer.http.admission import Admission, Receive, Scope, Send
from producer.http.metrics import Counts
from producer.http.service import Service
from producer.http.settings import ApiSettings
from producer.http.submission import LessonText
from worker.contract.settings import Settings

# The pages run no script but the documentation's own file, and nothing is fetched from elsewhere.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
THREADS = 32
HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}


def make(settings: Settings, options: ApiSettings, *, insecure: bool = False) -> FastAPI:
    """Make the app, not yet listening. Raises Permanent where a setting, the store or a voice is not as it must be."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        # Calls to Redis and the store block: the default pool, of six threads on two cores, would be the bottleneck.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="ask"))
        app.state.service.waiting.start()
        yield
        app.state.service.waiting.stop()

    app = FastAPI(
        title="narrator",
        summary="Narrates texts and lessons.",
        version=version("narrator"),
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        responses=errors.DESCRIBED,
    )
    app.state.service = service = Service(settings, options)
    for part in (speech, lessons, runs, voices, health, docs_page, websocket, status_page):
        app.include_router(part.router)
    errors.install(app)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]

    app.add_middleware(Observed, counts=service.counts)
    if options.origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=options.origins, allow_methods=["*"], allow_headers=["*"], max_age=600
        )
    app.add_middleware(Admission, options=options, access=service.access, any_host=insecure or bool(options.secrets))
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, with the problem and the two ways to give a key in it."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        parts = schema["components"]
        for model in (errors.Problem, LessonText):
            described = model.model_json_schema(ref_template="#/components/schemas/{model}")
            parts["schemas"].update(described.pop("$defs", {}))
            parts["schemas"][model.__name__] = described
        for name in ("HTTPValidationError", "ValidationError"):
            parts["schemas"].pop(name, None)
        parts["securitySchemes"] = {kind: {"type": "http", "scheme": kind} for kind in ("bearer", "basic")}
        schema["security"] = [{"bearer": []}, {"basic": []}, {}]
        app.openapi_schema = schema
    return app.openapi_schema


class Observed:
    """A layer around the app that counts its answers and adds the headers that browsers are to heed."""

    def __init__(self, app: Any, counts: Counts) -> None:
        self._app, self._counts = app, counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as ASGI asks."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()

        async def observed(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "")  # as it is written, so that labels are few
                self._counts.requests.labels(scope["method"] if route else "-", route, message["status"]).inc()
                self._counts.seconds.labels(route).observe(time.monotonic() - began)
                given = {name.lower() for name, _ in message["headers"]}
                more = [(name, value) for name, value in HEADERS.items() if name not in given]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        await self._app(scope, receive, observed)
