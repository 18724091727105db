"""What comes in at all: decided from a request's headers, before a byte of its body is read, and while the body comes.

key, host, origin, length --refused--> answered at once
                          --let in---> the body, within its route's size, a time, and what all may take together
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from producer.http.access import NO_KEY, Access, how_to_ask
from producer.http.errors import problem
from producer.http.settings import LOOPBACK, ApiSettings

SAFE = ("GET", "HEAD", "OPTIONS")
KEYLESS = ("/healthz", "/readyz", "/metrics", "/static/")  # probes, and what the pages are drawn with
LESSONS = "/v1/lessons"  # the one route that takes whole files
LEAST_BODY = 64_000  # bytes that any other body may have, or what the longest text takes in JSON
BYTES_A_CHARACTER = 12  # of a text in JSON, at most: two escapes
BODY_SECONDS = 60.0  # from the first byte to the last
PAUSE_SECONDS = 15.0  # between two pieces of a body
MOST_UNDER_WAY = 32_000_000  # bytes of all bodies of lessons under way: beyond, others are asked to wait
WAIT_SECONDS = 5  # for those

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Refusal = tuple[int, str, Mapping[str, str]]


class Admission:
    """A layer in front of the app: callers without a key, other hosts, pages of other sites, and bodies that are too
    large or too slow do not come in.

    Browsers send Origin with whatever changes something and with WebSockets, and send a user's password along: so an
    origin that is neither this host nor allowed is refused. Where there are no keys, other names for this machine are
    refused as well, or any page could have its own name lead here (DNS rebinding).
    """

    def __init__(self, app: Any, options: ApiSettings, access: Access, *, any_host: bool) -> None:
        self._app, self._access, self._origins, self._any_host = app, access, options.origins, any_host
        self._lesson = int(options.max_megabytes * 1_000_000)
        self._other = max(LEAST_BODY, BYTES_A_CHARACTER * options.max_characters)
        self._under_way = 0  # bytes of lessons

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as ASGI asks."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        most = self._lesson if scope["path"] == LESSONS else self._other
        if refusal := self._refusal(scope, headers, most):
            await _refuse(refusal, scope, receive, send)
            return
        held = _length(headers, most) if scope["path"] == LESSONS else 0
        self._under_way += held
        try:
            await self._app(scope, _bounded(receive, most) if scope["type"] == "http" else receive, send)
        finally:
            self._under_way -= held

    def _refusal(self, scope: Scope, headers: Headers, most: int) -> Refusal | None:
        host = headers.get("host", "")
        if not self._any_host and _split(f"//{host}").hostname not in LOOPBACK:
            return 403, f"this server answers as {' or '.join(LOOPBACK)}, not as {host[:100]}", {}
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE
        if changes and self._foreign(headers, host):
            return 403, "from a page of another site: see NARRATOR_API_CORS_ORIGINS", {}
        preflight = scope["type"] == "http" and scope["method"] == "OPTIONS"  # browsers send no key with it
        if not preflight and not scope["path"].startswith(KEYLESS) and not self._access.knows(headers):
            return 401, NO_KEY, how_to_ask(headers)
        length = _length(headers, most)
        if not 0 <= length <= most:
            return 413, f"the body may have {most} bytes", {}
        if length and scope["path"] == LESSONS and self._under_way + length > max(MOST_UNDER_WAY, most):
            return 429, "other lessons are being read", {"Retry-After": str(WAIT_SECONDS)}
        return None

    def _foreign(self, headers: Headers, host: str) -> bool:
        """Tell whether a page of another site asks, which is not allowed."""
        origin = headers.get("origin")
        if origin in self._origins:
            return False
        return (origin is not None and _split(origin).netloc != host) or (
            headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        )


def _length(headers: Headers, most: int) -> int:
    """Return the declared length of the body: the most there may be where it comes in pieces; -1 for what is none."""
    if "transfer-encoding" in headers:
        return most
    length = headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 19 else -1


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:  # brackets that are not closed
        return urlsplit("")


def _bounded(receive: Receive, most: int) -> Receive:
    """Return what receives a body of at most so many bytes, in time. It raises HTTPException."""
    left, ends, whole = most, 0.0, False

    async def bounded() -> MutableMapping[str, Any]:
        nonlocal left, ends, whole
        if whole:  # what comes now is the end of the connection, which may take its time
            return await receive()
        ends = ends or time.monotonic() + BODY_SECONDS
        try:
            message = await asyncio.wait_for(receive(), min(PAUSE_SECONDS, max(0.0, ends - time.monotonic())))
        except TimeoutError:
            raise HTTPException(408, "the body did not come in time", {"Connection": "close"}) from None
        if message["type"] == "http.request":
            left -= len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if left < 0:
                raise HTTPException(413, f"the body may have {most} bytes")
        return message

    return bounded


async def _refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    status, detail, headers = refusal
    response = problem(status, detail, headers=headers, path=scope["path"])
    if scope["type"] == "http":
        await response(scope, receive, send)
    elif "websocket.http.response" in scope.get("extensions", {}):
        start = {"type": "websocket.http.response.start", "status": status, "headers": response.raw_headers}
        await send(start)
        await send({"type": "websocket.http.response.body", "body": response.body})
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": detail})
