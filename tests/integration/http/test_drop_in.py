"""Requests as other people's clients send them, unchanged: OpenAI's SDK, Open WebUI, SillyTavern, LibreChat, n8n ..."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from openai import AuthenticationError, BadRequestError, NotFoundError, OpenAI, UnprocessableEntityError

from models.catalog import Catalogue
from producer.http.openai_names import MODELS, VOICES
from producer.http.speech import OpenAiSpeech, _voice
from producer.http.text_segments import Script
from tests.integration.http.conftest import Deployment, deployed
from worker.contract.settings import Settings

KEY = "the-only-key-of-this-test"
HEADERS = {"Authorization": f"Bearer {KEY}"}
OPENAI_VOICES = [
    "alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer", "verse", "marin", "cedar",
]  # fmt: skip


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    aliases = json.dumps(dict.fromkeys(OPENAI_VOICES, "tiny/one"))
    with deployed(tmp_path_factory.mktemp("drop-in"), NARRATOR_API_KEYS=KEY, NARRATOR_API_VOICES=aliases) as found:
        yield found


@pytest.fixture
def api(deployment: Deployment) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=deployment.url, headers=HEADERS, timeout=60) as client:
        yield client


@pytest.fixture
def openai(deployment: Deployment) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{deployment.url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


@pytest.mark.parametrize(
    ("client", "asked"),
    [
        ("openai-python", {"voice": "alloy"}),
        ("SillyTavern", {"model": "tts-1-hd", "voice": "nova", "response_format": "mp3", "speed": 1}),
        ("LibreChat", {"voice": "Alloy", "backend": "openai"}),
        ("AnythingLLM", {"model": "kokoro", "voice": "shimmer"}),
        ("n8n", {"voice": "onyx", "response_format": "opus", "speed": 1.25}),
        ("wyoming-openai", {"voice": "echo", "response_format": "pcm", "speed": 1.0, "instructions": None}),
        ("optionals that are null", {"voice": "sage", "response_format": None, "speed": None, "stream_format": None}),
        ("by hand", {"model": "any", "voice": {"id": "CORAL"}, "language": "en-US"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_clients_need_no_change(api: httpx.Client, client: str, asked: dict[str, Any]) -> None:
    found = api.post("/v1/audio/speech", json={"model": "tts-1", "input": "Hello.", **asked})
    assert found.status_code == 200, found.text
    assert len(found.content) > 500


def test_every_voice_of_openai_s_is_one_of_ours(settings: Settings) -> None:
    assert set(VOICES) == set(OPENAI_VOICES)
    catalogue = Catalogue.load()
    script = Script(catalogue, {}, settings)
    service: Any = SimpleNamespace(script=script, options=SimpleNamespace(voices={"nova": "kokoro/bf_emma"}))
    for name, ours in VOICES.items():
        assert "en" in catalogue.find(ours).languages
        asked = OpenAiSpeech(input="Good morning, everybody.", voice=name.title())
        installed = catalogue.installed(catalogue.find(ours))
        expected = name.title() if name == "nova" else ours if installed else None  # the setting wins
        assert _voice(asked, service) == expected
        assert _voice(OpenAiSpeech(input="大家早上好。", voice=name), service) == ("nova" if name == "nova" else None)
    assert _voice(OpenAiSpeech(input="Good morning."), service) is None


def test_numbers_as_texts_and_tags_with_a_region(api: httpx.Client, deployment: Deployment) -> None:
    catalogue = Catalogue.load(deployment.settings.voices_dir)
    chinese = [v.id for v in catalogue.voices if v.languages[0] == "zh" and catalogue.installed(v)]
    asked = {"text": "Hello.", "language": "zh-CN", "speaker_id": str(chinese.index("tiny/two"))}
    assert api.post("/tts", json=asked).status_code == 200
    assert api.post("/tts", json={**asked, "speaker_id": "99"}).status_code == 422
    assert api.post("/tts", json={**asked, "language": "tlh-Latn"}).status_code == 422


def test_events_hold_the_sound(api: httpx.Client) -> None:
    asked = {"model": "tts-1", "voice": "alloy", "input": "One. Two. Three.", "response_format": "wav"}
    plain = api.post("/v1/audio/speech", json=asked)
    with api.stream("POST", "/v1/audio/speech", json={**asked, "stream_format": "sse"}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        events = [json.loads(line.removeprefix("data: ")) for line in response.iter_lines() if line]
    assert [event["type"] for event in events[-1:]] == ["speech.audio.done"]
    deltas = [base64.b64decode(event["audio"]) for event in events if event["type"] == "speech.audio.delta"]
    assert len(deltas) >= 3
    assert b"".join(deltas) == plain.content


def test_instructions_are_taken_and_reported_as_unused(api: httpx.Client) -> None:
    asked = {"model": "gpt-4o-mini-tts", "voice": "alloy", "input": "Hello.", "instructions": "Whisper."}
    assert api.post("/v1/audio/speech", json=asked).headers["x-narrator-unused"] == "instructions"


def test_aac_by_a_program_or_a_clear_word(openai: OpenAI, tmp_path) -> None:
    if shutil.which("ffmpeg") is None:
        with pytest.raises(BadRequestError, match="aac needs the program ffmpeg"):
            openai.audio.speech.create(model="tts-1", voice="alloy", input="Hello.", response_format="aac")
        return
    made = openai.audio.speech.create(model="tts-1", voice="alloy", input="Hello.", response_format="aac").content
    assert made[:1] == b"\xff"
    assert made[1] & 0xF0 == 0xF0  # the sync word of ADTS


def test_models_and_voices_are_listed_as_clients_ask(openai: OpenAI, api: httpx.Client) -> None:
    for name in ("tiny", *MODELS):
        assert openai.models.retrieve(name).id == name
    with pytest.raises(NotFoundError, match="no model 'gpt-9'"):
        openai.models.retrieve("gpt-9")
    voices = api.get("/v1/audio/voices").json()["voices"]
    assert {"id": "one", "name": "one"} in voices
    assert api.get("/v1/audio/voices", params={"legacy": "true"}).json()["voices"] == [one["id"] for one in voices]


def test_errors_are_openai_s_everywhere_under_v1(openai: OpenAI, deployment: Deployment, api: httpx.Client) -> None:
    with pytest.raises(UnprocessableEntityError) as slow:
        openai.audio.speech.create(model="tts-1", voice="alloy", input="Hello.", speed=9.0)
    assert (slow.value.code, slow.value.param, slow.value.type) == ("invalid_value", "speed", "invalid_request_error")
    with OpenAI(base_url=f"{deployment.url}/v1", api_key="wrong", max_retries=0) as stranger:
        with pytest.raises(AuthenticationError) as unknown:
            stranger.models.list()
    assert unknown.value.code == "invalid_api_key"
    for path in ("/v1/runs/20261122-094502-k3f9", "/v1/lessons/no/such", "/v1/nothing"):
        assert api.get(path).json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_monitors_may_ask_for_the_head_alone(api: httpx.Client, path: str) -> None:
    found = api.head(path)
    assert (found.status_code, found.content) == (200, b"")
