"""Access: keys, rates, sizes, and pages of other sites."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from fastapi import Depends
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from producer.errors import Busy
from producer.http.errors import problem
from producer.http.settings import LOOPBACK, ApiSettings

SAFE = ("GET", "HEAD", "OPTIONS")
MOST_CALLERS = 10_000  # whose rates are remembered

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Rate:
    """A token bucket for each caller: a minute's worth at once, refilled evenly; 0 a minute is no limit."""

    def __init__(self, per_minute: int, what: str) -> None:
        self._per_minute, self._what = per_minute, what
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # caller -> tokens, when

    def take(self, caller: str, cost: int) -> None:
        """Count a cost. Raises Busy where the caller has had its share; one beyond a minute's needs a full bucket."""
        if not self._per_minute:
            return
        now = time.monotonic()
        tokens, since = self._buckets.pop(caller, (float(self._per_minute), now))
        tokens = min(self._per_minute, tokens + (now - since) * self._per_minute / 60)
        needed = min(cost, self._per_minute)
        allowed = tokens >= needed
        self._buckets[caller] = (tokens - cost if allowed else tokens, now)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        if not allowed:
            wait = math.ceil((needed - tokens) * 60 / self._per_minute)
            raise Busy(f"more than {self._per_minute} {self._what} a minute", max(1, wait))


class Access:
    """Keys, and counts of what callers take."""

    def __init__(self, options: ApiSettings) -> None:
        self._keys = [hashlib.sha256(key.encode()).digest() for key in options.secrets]
        self._requests = Rate(options.requests_per_minute, "requests")
        self._characters = Rate(options.characters_per_minute, "characters")

    def caller(self, asking: HTTPConnection) -> str:
        """Return a name for who asks. Raises HTTPException without one of the keys, Busy after too many requests."""
        caller = asking.client.host if asking.client else "-"
        if self._keys:
            given = hashlib.sha256(_given(asking.headers).encode()).digest()
            # Every key is compared, each in constant time.
            if not sum(hmac.compare_digest(given, key) for key in self._keys):
                ask = 'Basic realm="narrator", charset="UTF-8"' if _page(asking) else "Bearer"
                raise HTTPException(401, "one of the API keys is needed", {"WWW-Authenticate": ask})
            caller = given.hex()[:12]
        self._requests.take(caller, 1)
        return caller

    def speak(self, caller: str, characters: int) -> None:
        """Count characters that are to be spoken. Raises Busy."""
        self._characters.take(caller, characters)


def _given(headers: Headers) -> str:
    """Find the key in a request: a bearer's token, or the password that a browser asked for."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _page(asking: HTTPConnection) -> bool:
    return "text/html" in asking.headers.get("accept", "")


def _caller(connection: HTTPConnection) -> str:
    access: Access = connection.app.state.service.access
    return access.caller(connection)


KEYED = Depends(_caller)
Caller = Annotated[str, KEYED]


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:  # brackets that are not closed
        return urlsplit("")


class Fence:
    """A fence in front of the app: other hosts, pages of other sites, and too large bodies do not come in.

    Browsers send Origin with whatever changes something and with WebSockets, and send a user's password along: so an
    origin that is neither this host nor allowed is refused. Where there are no keys, other names for this machine are
    refused as well, or any page could have its own name lead here (DNS rebinding).
    """

    def __init__(self, app: Any, options: ApiSettings, *, any_host: bool) -> None:
        self._app, self._origins, self._any_host = app, options.origins, any_host
        self._most = int(options.max_megabytes * 1_000_000)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as ASGI asks."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is None:
            await self._app(scope, self._bounded(receive), send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": refusal[1]})
        else:
            await problem(*refusal, path=scope["path"])(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if not self._any_host and _split(f"//{host}").hostname not in LOOPBACK:
            return 403, f"this server answers as {' or '.join(LOOPBACK)}, not as {host[:100]}"
        if (scope["type"] == "websocket" or scope["method"] not in SAFE) and self._foreign(headers, host):
            return 403, "from a page of another site: see NARRATOR_API_CORS_ORIGINS"
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self._most:
            return 413, f"the body may have {self._most} bytes"
        return None

    def _foreign(self, headers: Headers, host: str) -> bool:
        """Tell whether a page of another site asks, which is not allowed."""
        origin = headers.get("origin")
        if origin in self._origins:
            return False
        return (origin is not None and _split(origin).netloc != host) or (
            headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        )

    def _bounded(self, receive: Receive) -> Receive:
        left = self._most

        async def bounded() -> MutableMapping[str, Any]:
            nonlocal left
            message = await receive()
            if message["type"] == "http.request":
                left -= len(message.get("body", b""))
                if left < 0:
                    raise HTTPException(413, f"the body may have {self._most} bytes")
            return message

        return bounded
