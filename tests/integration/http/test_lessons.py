"""Lessons sent over HTTP, their runs, and the status page that shows them."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from tests.integration.http.conftest import Deployment
from tests.integration.submission import wait_for

TEXT = "---\nvoice: tiny/one\n---\n\n# {0}\n\nThe first sentence of {0}. And the second."


def ended(api: httpx.Client, run: str) -> Any:
    def look() -> Any:
        found = api.get(f"/v1/runs/{run}").raise_for_status().json()
        return found if found["state"] not in ("submitting", "running") else None

    return wait_for(look)


def test_a_lesson_from_text_to_sound(api: httpx.Client, deployment: Deployment) -> None:
    asked = {"text": TEXT.format("Rivers"), "course": "geography", "lesson": "rivers", "outputs": ["wav", "mp3"]}
    sent = api.post("/v1/lessons", json=asked)
    assert sent.status_code == 202
    made = sent.json()
    assert (made["lessons"], made["segments"], made["missing"], made["failures"]) == (["geography/rivers"], 3, 3, [])
    assert sent.headers["location"] == f"/v1/runs/{made['run']}"
    end = ended(api, made["run"])
    assert (end["state"], end["rendered"], end["names"], end["failures"]) == ("done", 3, ["geography/rivers"], [])
    assert made["run"] in [run["run"] for run in api.get("/v1/runs").json()]
    manifest = api.get("/v1/lessons/geography/rivers").json()
    assert manifest["source"] == "rivers.md"  # and no folder of this machine
    for part in manifest["parts"]:
        data = api.get(f"/v1/lessons/geography/rivers/{part['name']}")
        assert len(data.content) == part["size"]
        assert data.headers["content-type"].startswith(part["media_type"])
    segment = api.get(f"/v1/segments/{manifest['cues'][1]['key']}")
    assert (segment.headers["content-type"], segment.content[:4]) == ("audio/wav", b"RIFF")
    again = api.post("/v1/lessons", json=asked).json()
    assert (again["run"], again["missing"]) == (None, 0)


@pytest.mark.parametrize(
    ("name", "content", "lesson"),
    [
        ("tides.md", TEXT.format("Tides"), "tides"),
        ("Sea Water.txt", "Salt is in the sea.", "sea-water"),
        ("moon.ssml", "<speak xml:lang='en'>The moon pulls.</speak>", "moon"),
    ],
)
def test_files(api: httpx.Client, name: str, content: str, lesson: str) -> None:
    form = {"course": "files", "voice": "tiny/one", "language": "en", "outputs": ["flac"]}
    sent = api.post("/v1/lessons", files={"file": (name, content.encode())}, data=form)
    assert sent.status_code == 202, sent.text
    assert sent.json()["lessons"] == [f"files/{lesson}"]
    assert ended(api, sent.json()["run"])["state"] == "done"
    kinds = {part["media_type"] for part in api.get(f"/v1/lessons/files/{lesson}").json()["parts"]}
    assert "audio/flac" in kinds


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"json": {"text": "---\nvoice: nobody\n---\nHi."}}, 422, r"lesson-\w{8}.md:2: no voice 'nobody'"),
        ({"json": {"text": "[voice nobody]\n\nHi.", "lesson": "bad"}}, 422, "bad.md:1:"),
        ({"json": {"text": "Hi.", "course": "../../etc"}}, 422, "course"),
        ({"json": {"text": "Hi.", "lesson": ".hidden"}}, 422, "lesson"),
        ({"json": {"text": "Hi.", "loud": True}}, 422, "loud"),
        ({"content": b"{broken", "headers": {"Content-Type": "application/json"}}, 400, "JSON"),
        ({"content": b"Hi.", "headers": {"Content-Type": "text/plain"}}, 415, "multipart"),
        ({"files": {"file": ("virus.exe", b"MZ")}}, 422, "no reader for '.exe'"),
        ({"files": {"file": ("../../x.md", b"\0\1\2")}}, 422, "x.md"),
        ({"data": {"course": "c"}, "files": {"other": ("a.md", b"Hi.")}}, 422, "no file"),
    ],
)
def test_what_is_wrong_is_said(api: httpx.Client, asked: dict[str, Any], status: int, said: str) -> None:
    refused = api.post("/v1/lessons", **asked)
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json")
    assert re.search(said, refused.json()["detail"]), refused.json()
    assert "/tmp" not in refused.text


def test_failures_retry_and_cancel(api: httpx.Client) -> None:
    text = "---\nvoice: tiny/one\n---\n\n" + "\n\n".join(f"Slow lesson of the letter {c}." for c in "abcdefghijklmnop")
    run = api.post("/v1/lessons", json={"text": text, "course": "stopped", "lesson": "one"}).json()["run"]
    assert api.post(f"/v1/runs/{run}/cancel").json() == {"cancelled": True}
    assert api.post(f"/v1/runs/{run}/cancel").json() == {"cancelled": False}
    assert api.get(f"/v1/runs/{run}").json()["state"] == "cancelled"
    again = api.post(f"/v1/runs/{run}/retry").json()["run"]
    assert again != run
    assert ended(api, again)["state"] == "done"
    assert api.get("/v1/lessons/stopped/one").status_code == 200
    for method, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/retry")):
        assert api.request(method, f"/v1/runs/20200101-000000-none{path}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/v1/lessons/no/such",
        "/v1/lessons/no/such/file.wav",
        f"/v1/segments/{'a' * 64}",
        "/nowhere",
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/lessons/no/such",
    ],
)
def test_what_is_not_there(api: httpx.Client, path: str) -> None:
    refused = api.get(path)
    assert (refused.status_code, refused.headers["content-type"]) == (404, "application/problem+json")


def test_the_api_tells_of_itself(api: httpx.Client) -> None:
    voices = {voice["id"]: voice for voice in api.get("/v1/voices").json()}
    assert voices["tiny/one"]["installed"]
    page = api.get("/docs")
    assert set(re.findall(r'(?:src|href)="(/[^"]+)"', page.text)) == {
        "/static/swagger-ui.css", "/static/swagger-ui-bundle.js", "/static/docs.js",
    }  # fmt: skip
    assert "http" not in page.text.partition("<body>")[2]
    for path in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
        assert api.get(path).status_code == 200
    figures = api.get("/metrics").text
    assert 'celery_queue_length{queue="narrator.interactive.tiny"} 0.0' in figures
    assert 'narrator_http_requests_total{method="GET",route="/v1/voices",status="200"}' in figures


# --- the status page
def test_the_page_escapes_and_forbids_scripts(api: httpx.Client) -> None:
    evil = "<script>alert(1)</script>"
    asked = {"text": f"First {evil} last.", "format": "text", "voice": "tiny/one", "course": "evil", "lesson": "one"}
    ended(api, api.post("/v1/lessons", json=asked).json()["run"])
    for path in ("/", "/lessons/evil/one"):
        page = api.get(path)
        assert page.status_code == 200
        assert "<script" not in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
    assert "&lt;script&gt;" in api.get("/lessons/evil/one").text


def test_runs_are_stopped_and_taken_up_again_on_the_page(api: httpx.Client) -> None:
    text = "---\nvoice: tiny/one\n---\n\n" + "\n\n".join(f"Slow page of the letter {c}." for c in "abcdefghijklmnop")
    run = api.post("/v1/lessons", json={"text": text, "course": "paged", "lesson": "one"}).json()["run"]
    assert f'action="/runs/{run}/cancel"' in api.get("/").text
    assert 'http-equiv="refresh"' in api.get(f"/runs/{run}").text
    stopped = api.post(f"/runs/{run}/cancel", follow_redirects=True)
    assert "cancelled" in stopped.text
    assert 'http-equiv="refresh"' not in stopped.text
    again = api.post(f"/runs/{run}/retry")
    assert again.status_code == 303
    new = again.headers["location"].removeprefix("/runs/")
    assert ended(api, new)["state"] == "done"
    page = api.get(f"/runs/{new}").text
    assert "/lessons/paged/one" in page
    assert len(re.findall(r'src="/v1/segments/\w{64}"', api.get("/lessons/paged/one").text)) == 16
