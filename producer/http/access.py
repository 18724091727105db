"""Access: who has a key, and how much each may ask."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import math
import time
from collections import OrderedDict
from typing import Annotated

from fastapi import Depends
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from producer.errors import Busy
from producer.http.settings import ApiSettings

NO_KEY = "one of the API keys is needed"
MOST_CALLERS = 10_000  # whose rates are remembered


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

    def knows(self, headers: Headers) -> bool:
        """Tell from the headers alone whether who asks has one of the keys; anybody has where there are none."""
        given = hashlib.sha256(_given(headers).encode()).digest()
        # Every key is compared, each in constant time.
        return not self._keys or bool(sum(hmac.compare_digest(given, key) for key in self._keys))

    def caller(self, asking: HTTPConnection) -> str:
        """Return a name for who asks. Raises HTTPException without one of the keys, Busy after too many requests."""
        if not self.knows(asking.headers):
            raise HTTPException(401, NO_KEY, how_to_ask(asking.headers))
        caller = asking.client.host if asking.client else "-"
        if self._keys:
            caller = hashlib.sha256(_given(asking.headers).encode()).hexdigest()[:12]
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


def how_to_ask(headers: Headers) -> dict[str, str]:
    """Return the header that says how a key is given: browsers ask their user for one."""
    page = "text/html" in headers.get("accept", "")
    return {"WWW-Authenticate": 'Basic realm="narrator", charset="UTF-8"' if page else "Bearer"}


def _caller(connection: HTTPConnection) -> str:
    access: Access = connection.app.state.service.access
    return access.caller(connection)


KEYED = Depends(_caller)
Caller = Annotated[str, KEYED]
