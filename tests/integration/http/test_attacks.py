"""Strangers: bodies without a key, too many at once, too deep, too wide, too slow; and the memory that they get."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from pydantic import SecretStr

from producer.http import admission, server
from producer.http.app import make
from producer.http.server import TimedProtocol
from producer.http.settings import ApiSettings
from tests.integration.http.conftest import Deployment, deployed
from worker.contract.settings import Settings

KEY = "the-only-key-of-this-test"
KEYED = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
WIDE = b"[" + b"{}," * 5_300_000 + b"{}]"  # 15.9 MB
BACKSLASHES = b"{" + b"\\" * 50_000
HALF = f"POST /tts HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {KEY}\r\nContent-Length: 20\r\n\r\n{{"
MOST_MEMORY = 300_000_000  # bytes of the API's process


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(tmp_path_factory.mktemp("guarded"), NARRATOR_API_KEYS=KEY) as found:
        yield found


def status(url: str, path: str, body: bytes, headers: dict[str, str]) -> int:
    """The answer's status, however much of the body the server was willing to read."""
    address = urlsplit(url)
    head = {"Host": address.netloc, "Content-Length": str(len(body)), "Connection": "close", **headers}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        sender = threading.Thread(target=_send, args=(connection, "\r\n".join(lines).encode() + body))
        sender.start()
        answer = connection.makefile("rb").readline()
        sender.join(60)
    return int(answer.split()[1])


def _send(connection: socket.socket, data: bytes) -> None:
    try:
        connection.sendall(data)
    except OSError:  # refused before all of it was there
        return


def most_memory(deployment: Deployment) -> int:
    """The most that the API's process has had so far, in bytes."""
    lines = Path(f"/proc/{deployment.api}/status").read_text().splitlines()
    (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(peak) * 1024


@pytest.mark.parametrize("key", [{}, KEYED], ids=["without a key", "with a key"])
def test_fifty_wide_bodies_at_once_find_no_memory(guarded: Deployment, key: dict[str, str]) -> None:
    with ThreadPoolExecutor(50) as pool:
        found = set(pool.map(lambda _: status(guarded.url, "/v1/lessons", WIDE, key), range(50)))
    assert found <= ({422, 429} if key else {401})
    assert most_memory(guarded) < MOST_MEMORY, most_memory(guarded)
    assert httpx.get(f"{guarded.url}/healthz", timeout=10).status_code == 200


@pytest.mark.parametrize("path", ["/tts", "/v1/audio/speech", "/v1/lessons"])
@pytest.mark.parametrize(
    "body", [b"[" * 60_000, b'{"text":' * 7_000, b'{"a":{},' * 7_000, b'"' * 60_000, b"{" + b"\\" * 50_000]
)
def test_deep_and_broken_bodies_are_refused(guarded: Deployment, path: str, body: bytes) -> None:
    assert status(guarded.url, path, body, KEYED) in (400, 422)
    assert status(guarded.url, path, body, {}) == 401
    assert most_memory(guarded) < MOST_MEMORY


@pytest.mark.parametrize("path", ["/tts", "/v1/audio/speech", "/runs/20261122-094502-k3f9/cancel"])
def test_a_text_to_be_spoken_is_bounded_by_its_route(guarded: Deployment, path: str) -> None:
    assert status(guarded.url, path, b'{"text": "' + b"x" * 64_000 + b'"}', KEYED) == 413


def test_a_long_lesson_in_json_is_read(guarded: Deployment) -> None:
    text = "# Lists\n\n" + "One [bracket] and {another}, with commas, and more. " * 2_000
    found = httpx.post(f"{guarded.url}/v1/lessons", json={"text": text, "lesson": "lists"}, headers=KEYED, timeout=60)
    assert found.status_code == 202, found.text


def test_a_websocket_without_a_key_is_told_so(guarded: Deployment) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    asked = httpx.get(f"{guarded.url}/ws/tts", headers=upgrade | {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})
    assert asked.status_code == 401


@pytest.fixture
def hurried(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The same server in this process, with little patience."""
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(admission, "PAUSE_SECONDS", 0.5)
    app = make(settings, ApiSettings(keys=SecretStr(KEY)))
    running = uvicorn.Server(uvicorn.Config(app, port=0, http=TimedProtocol, log_level="warning"))
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    running.should_exit = True
    thread.join(30)


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (b"POST /tts HTTP/1.1\r\nHost: 127", b""),
        (HALF.encode(), b"HTTP/1.1 408"),
    ],
    ids=["nothing", "half a head", "half a body"],
)
def test_who_sends_too_slowly_is_let_go(hurried: str, sent: bytes, answer: bytes) -> None:
    address = urlsplit(hurried)
    began = time.monotonic()
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(sent)
        assert connection.recv(12) == answer
    assert time.monotonic() - began < 20


def test_a_client_that_keeps_its_connection_is_not_hurried_while_it_is_answered(hurried: str) -> None:
    with httpx.Client(base_url=hurried, headers=KEYED, timeout=30) as client:
        for _ in range(3):
            assert client.get("/v1/voices").status_code == 200
