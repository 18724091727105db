"""A proxy between the system and its S3 server that does what networks, balancers and full disks do.

It reads each request whole, asks ``fault`` what shall become of it, and passes it on over a connection of its own.
Requests stay signed for the proxy's address, which S3 servers take from the Host header.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

ANSWER = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{}</Code><Message>a fault proxy</Message></Error>"


class Asked(NamedTuple):
    """A request's method and path."""

    method: str
    path: str


@dataclass(frozen=True)
class Fault:
    """What becomes of a request.

    close      the connection ends without an answer, after ``seconds``
    answer     an error, without the server having heard of it
    after      the server does it, and the answer is an error all the same
    slow       passed on after ``seconds``
    upload     half of the body reaches the server, then both connections end
    download   half of the answer reaches the client, then both connections end
    mangled    the server gets a body with one bit changed
    """

    kind: Literal["close", "answer", "after", "slow", "upload", "download", "mangled"]
    seconds: float = 0.0
    status: int = 500
    code: str = "InternalError"


DOWN = Fault("close")


class FaultProxy:
    """A context manager; ``endpoint`` is its URL. ``fault`` may be set from any thread at any moment."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname, parts.port)
        self.fault: Callable[[Asked], Fault | None] = lambda _: None
        self.hits: Counter[str] = Counter()  # faults by kind
        self.seen: Counter[str] = Counter()  # requests by method
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fault-proxy", daemon=True)

    def __enter__(self) -> FaultProxy:
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def down(self) -> None:
        self.fault = lambda _: DOWN

    def up(self) -> None:
        self.fault = lambda _: None

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 26))
        self.endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._started.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            lines = [line for line in head[:-4].split(b"\r\n")[1:] if line]
            fields = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
            if fields.get(b"expect", b"").lower() == b"100-continue":
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = await reader.readexactly(int(fields.get(b"content-length", b"0")))
            assert b"transfer-encoding" not in fields, "the proxy does not know chunked requests"
            kept = [line for line in lines if not line.lower().startswith((b"expect:", b"connection:"))]
            first = head.split(b"\r\n", 1)[0]
            await self._deal(Asked(method, path), b"\r\n".join([first, *kept, b"Connection: close"]), body, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _deal(self, asked: Asked, head: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
        fault = self.fault(asked)
        self.seen[asked.method] += 1
        if fault is not None:
            self.hits[fault.kind] += 1
        kind = fault.kind if fault else ""
        if fault and fault.seconds:
            await asyncio.sleep(fault.seconds)
        if kind == "close":
            return
        if fault and kind == "answer":
            writer.write(_answer(fault, asked))
            return
        if kind == "upload":
            body = body[: len(body) // 2]
        elif kind == "mangled" and body:
            body = body[:-1] + bytes([body[-1] ^ 1])
        answer = await self._forward(head, body, cut=kind == "upload")
        if fault and kind == "after":
            answer = _answer(fault, asked)
        if kind == "download":
            answer = answer[: len(answer) // 2]
        writer.write(answer)
        await writer.drain()

    async def _forward(self, head: bytes, body: bytes, *, cut: bool) -> bytes:
        reader, writer = await asyncio.open_connection(*self._upstream)
        try:
            writer.write(head + b"\r\n\r\n" + body)
            await writer.drain()
            return b"" if cut else await reader.read(-1)
        finally:
            writer.close()


def _answer(fault: Fault, asked: Asked) -> bytes:
    body = b"" if asked.method == "HEAD" else ANSWER.format(fault.code).encode()
    head = f"HTTP/1.1 {fault.status} Fault\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body
