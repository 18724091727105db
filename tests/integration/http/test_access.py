"""Who is let in, and how much they may ask."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from models.errors import Permanent
from producer.errors import Busy
from producer.http import access
from producer.http.app import make
from producer.http.settings import ApiSettings, check_binding, load
from worker.contract.settings import Settings

KEY, OTHER = "first-key-of-this-test", "other-key-of-this-test"
SAID = {"text": "Hello."}
Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(settings: Settings) -> Ask:
    """One request to an app with these options; nothing behind it renders."""

    def request(
        method: str, path: str, *, host: str = "localhost", settled: Settings = settings, **about
    ) -> httpx.Response:
        options = ApiSettings(patience=0.2, **about.pop("options", {}))

        async def send() -> httpx.Response:
            app = make(settled, options)
            app.state.service.waiting.start()
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
                found = [await client.request(method, path, **about) for _ in range(about.pop("times", 1))]
            await asyncio.to_thread(app.state.service.waiting.stop)
            return found[-1]

        return asyncio.run(send())

    return request


KEYED = {"keys": SecretStr(f"{KEY}, {OTHER}")}


@pytest.mark.parametrize("key", [KEY, OTHER])
def test_keys(ask: Ask, key: str) -> None:
    assert ask("GET", "/v1/runs", options=KEYED, headers={"Authorization": f"Bearer {key}"}).status_code == 200
    assert ask("GET", "/", options=KEYED, auth=("anybody", key)).status_code == 200


@pytest.mark.parametrize("path", ["/", "/docs", "/v1/runs", "/v1/voices", "/v1/models", "/v1/segments/" + "0" * 64])
@pytest.mark.parametrize("sent", ["", "Bearer wrong", f"Bearer {KEY}x", "Basic bad", f"Digest {KEY}"])
def test_without_a_key_there_is_nothing(ask: Ask, path: str, sent: str) -> None:
    refused = ask("GET", path, options=KEYED, headers={"Authorization": sent} if sent else {})
    assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")
    assert KEY not in refused.text
    assert refused.headers["www-authenticate"] == "Bearer"
    page = ask("GET", "/", options=KEYED, headers={"Accept": "text/html"})
    assert page.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_need_no_key(ask: Ask, path: str) -> None:
    assert ask("GET", path, options=KEYED).status_code == 200


def test_not_ready_without_redis(ask: Ask, settings: Settings) -> None:
    gone = settings.model_copy(update={"redis_url": SecretStr("unix://:secret@/tmp/no-such-socket")})
    refused = ask("GET", "/readyz", settled=gone)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert "secret" not in refused.text
    assert ask("GET", "/healthz", settled=gone).status_code == 200


def test_nobody_elses_page_gets_in(ask: Ask) -> None:
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        for path in ("/tts", "/runs/20261122-094502-k3f9/cancel"):
            refused = ask("POST", path, json=SAID, headers=headers)
            assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
    ours = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert ask("POST", "/runs/20261122-094502-k3f9/cancel", headers=ours).status_code == 404
    assert ask("GET", "/v1/voices", host="rebound.example").status_code == 403
    assert ask("GET", "/v1/voices", host="127.0.0.1:8000").status_code == 200
    assert ask("GET", "/v1/voices", headers={"Host": "[::1"}).status_code == 403
    assert ask("POST", "/tts", json=SAID, headers={"Origin": "http://[::1"}).status_code == 403


def test_cors_is_off_until_an_origin_is_allowed(ask: Ask) -> None:
    preflight = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in ask("OPTIONS", "/tts", headers=preflight).headers
    allowed = {"cors_origins": "https://app.example"}
    found = ask("OPTIONS", "/tts", headers=preflight, options=allowed)
    assert found.headers["access-control-allow-origin"] == "https://app.example"
    asked = ask("POST", "/v1/lessons", content=b"{}", headers={"Origin": "https://app.example"}, options=allowed)
    assert asked.status_code == 415  # let in


def test_rates(ask: Ask) -> None:
    refused = ask("GET", "/v1/voices", times=4, options={"requests_per_minute": 3})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "20")
    refused = ask("POST", "/tts", json={"text": "Too much. " * 5}, times=3, options={"characters_per_minute": 60})
    assert refused.status_code == 429


def test_a_bucket_fills_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(access.time, "monotonic", lambda: now[0])
    rate = access.Rate(60, "things")
    rate.take("me", 60)
    rate.take("you", 60)
    with pytest.raises(Busy) as found:
        rate.take("me", 5)
    assert found.value.seconds == 5
    now[0] += 5
    rate.take("me", 5)
    now[0] += 120
    rate.take("me", 600)  # more than a minute's worth: let in when the bucket is full, and paid for after
    with pytest.raises(Busy):
        rate.take("me", 1)


def test_sizes(ask: Ask) -> None:
    assert ask("POST", "/tts", json={"text": "x" * 5000}).status_code == 413
    small = {"max_megabytes": 0.001}
    assert ask("POST", "/v1/lessons", json={"text": "x" * 2000}, options=small).status_code == 413

    async def slowly():
        for _ in range(20):
            yield b" " * 100

    headers = {"Content-Type": "application/json"}
    refused = ask("POST", "/v1/lessons", content=slowly(), options=small, headers=headers)
    assert refused.status_code == 413


def test_a_full_queue_and_no_worker(ask: Ask, settings: Settings, valkey) -> None:
    late = ask("POST", "/tts", json={"text": "Nobody is there.", "speaker_id": "tiny/one"})
    assert (late.status_code, late.headers["retry-after"]) == (503, "5")
    valkey.client.rpush("narrator.interactive.tiny", *["waiting"] * 7)
    full = ask("POST", "/tts", json={"text": "No room.", "speaker_id": "tiny/one"}, options={"max_waiting": 8})
    assert (full.status_code, full.headers["retry-after"]) == (429, "8")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_without_a_key_only_this_machine(host: str) -> None:
    with pytest.raises(Permanent, match="set NARRATOR_API_KEYS"):
        check_binding(ApiSettings(), host, insecure=False)
    check_binding(ApiSettings(), host, insecure=True)
    check_binding(ApiSettings(keys=SecretStr(KEY)), host, insecure=False)
    check_binding(ApiSettings(), "127.0.0.1", insecure=False)


def test_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "narrator_api_keys").write_text(KEY)
    monkeypatch.setenv("NARRATOR_SECRETS_DIR", str(tmp_path))
    assert load().secrets == (KEY,)
    (tmp_path / "narrator_api_keys").write_text(f"{KEY},short")
    with pytest.raises(Permanent, match="a key has fewer than 16") as found:
        load()
    assert KEY not in str(found.value)
    monkeypatch.setenv("NARRATOR_API_PATIENCE", "-1")
    with pytest.raises(Permanent, match="NARRATOR_API_PATIENCE"):
        load()
