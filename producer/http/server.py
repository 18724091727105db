"""The server of the API: one process, one event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from models.errors import Permanent
from producer.http import settings as api_settings
from producer.http.app import make
from worker.contract.settings import load_settings

GRACE_SECONDS = 30  # for answers under way when the process is told to stop
HEAD_SECONDS = 15.0  # for a request's head to be there
MOST_MESSAGE = 1 << 20  # bytes of a WebSocket message
MOST_CONNECTIONS = 1000
WAITING_CONNECTIONS = 512


class TimedProtocol(H11Protocol):
    """HTTP/1.1 on a connection whose client has so long, and no longer, to send the head of a request."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._arm()

    def data_received(self, data: bytes) -> None:
        """Take what came; wait no longer where it completes a head, or makes a WebSocket of the connection."""
        self._arm()
        super().data_received(data)
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering or self.transport.get_protocol() is not self:
            self._disarm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._disarm()
        super().connection_lost(exc)

    def _arm(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _disarm(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None


def serve(host: str, port: int, *, insecure: bool, ready: Callable[[str], None]) -> None:
    """Serve until told to stop. ``ready`` gets the address; port 0 is any that is free. Raises Permanent."""
    options = api_settings.load()
    api_settings.check_binding(options, host, insecure=insecure)
    config = uvicorn.Config(
        make(load_settings(), options, insecure=insecure),
        http=TimedProtocol,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ws="websockets-sansio",
        ws_max_size=MOST_MESSAGE,
    )
    listening = _listen(host, port)
    ready(f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}")
    uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(WAITING_CONNECTIONS)  # who asks early is answered once all is ready
    except OSError as error:
        raise Permanent(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    return listening
