"""Texts to sound over HTTP, with the clients that people use: httpx, OpenAI's own, a WebSocket client."""

from __future__ import annotations

import base64
import io
import json
import wave

import av
import httpx
import numpy as np
import pytest
import soundfile
from openai import OpenAI, UnprocessableEntityError
from websockets.sync.client import ClientConnection, connect

from tests.integration.http.conftest import Deployment
from tests.integration.submission import wait_for
from worker.store import open_store

RATE = 8000  # Hz, of the tiny voice
TWO = "The {0} river runs to the sea. Then it rains."


@pytest.fixture
def openai(deployment: Deployment) -> OpenAI:
    return OpenAI(base_url=f"{deployment.url}/v1", api_key="none is needed", max_retries=0)


@pytest.fixture
def socket(deployment: Deployment):
    with connect(deployment.url.replace("http", "ws") + "/ws/tts", max_size=None) as found:
        yield found


def seconds(data: bytes) -> float:
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return len(file.readframes(1 << 30)) / 2 / file.getframerate()


def decoded(data: bytes) -> tuple[np.ndarray, int]:
    """Samples and rate, by FFmpeg: libsndfile cannot read a FLAC that does not know its length."""
    with av.open(io.BytesIO(data)) as file:
        frames = [frame.to_ndarray().astype(float).reshape(-1) for frame in file.decode(audio=0)]
        samples = np.concatenate(frames)
        return samples / max(1.0, np.abs(samples).max()), file.streams.audio[0].rate


def test_the_original_service(api: httpx.Client, deployment: Deployment) -> None:
    asked = {"text": TWO.format("old"), "language": "en", "speaker_id": "tiny/one"}
    first = api.post("/tts", json=asked).raise_for_status().json()
    assert set(first) == {"audio", "duration"}
    sound = base64.b64decode(first["audio"])
    assert seconds(sound) == pytest.approx(first["duration"], abs=0.001)
    said = deployment.texts()
    again = api.post("/tts", json=asked).json()
    assert again == first
    assert deployment.texts() == said  # from the store
    pause = np.frombuffer(sound[44:], "<i2")  # the silence between the two sentences is as in a lesson
    assert max(map(len, "".join("1" if s else "0" for s in pause != 0).split("1"))) >= RATE // 4


def test_speakers_are_names_or_numbers(api: httpx.Client) -> None:
    one = api.post("/tts", json={"text": "By number.", "language": "en", "speaker_id": "one"}).json()
    assert one["duration"] > 0
    wrong = api.post("/tts", json={"text": "By number.", "language": "en", "speaker_id": 99})
    assert (wrong.status_code, wrong.headers["content-type"]) == (422, "application/problem+json")
    assert "numbered from 0" in wrong.json()["detail"]
    assert "did you mean" in api.post("/tts", json={"text": "By name.", "speaker_id": "tyny/one"}).json()["detail"]


@pytest.mark.parametrize("format", ["wav", "mp3", "opus", "flac", "pcm"])
@pytest.mark.parametrize(
    "text", ["A single sentence is a whole file.", "Several are streamed. One by one. To the end."]
)
def test_openai_clients(openai: OpenAI, text: str, format: str) -> None:
    with openai.audio.speech.with_streaming_response.create(
        model="tiny", voice="one", input=text, response_format=format
    ) as response:
        data = b"".join(response.iter_bytes())
    if format == "pcm":
        samples, rate = np.frombuffer(data, "<i2") / 32768, 24000
    elif format == "wav":
        samples, rate = np.frombuffer(data[44:], "<i2") / 32768, RATE
        assert seconds(data) == pytest.approx(len(samples) / RATE)
    else:
        samples, rate = decoded(data)
        assert rate >= RATE
    assert np.abs(samples).max() > 0.02
    assert len(samples) / rate > (1.5 if "Several" in text else 0.4)


def test_openai_speed_and_errors(openai: OpenAI) -> None:
    def spoken(speed: float) -> bytes:
        made = openai.audio.speech.create(
            model="tts-1", voice="tiny/one", input="How fast is this?", response_format="wav", speed=speed
        )
        return made.content

    assert seconds(spoken(0.5)) > 1.3 * seconds(spoken(2.0))
    with pytest.raises(UnprocessableEntityError, match="no voice 'nobody'"):
        openai.audio.speech.create(model="tts-1", voice="nobody", input="Nobody.")
    assert [model.id for model in openai.models.list()] == ["kokoro", "piper-joe", "tiny"]


def test_the_first_sentence_is_sent_before_the_second_is_spoken(deployment: Deployment, openai: OpenAI) -> None:
    text = "Early birds sing first. " + " ".join(f"Slow bird {letter} follows." for letter in "abcdefgh")
    with openai.audio.speech.with_streaming_response.create(
        model="tiny", voice="one", input=text, response_format="wav"
    ) as response:
        sounds = response.iter_bytes()
        got = len(next(sounds))
        while got < 10_000:
            got += len(next(sounds))
        assert "Slow bird h follows." not in deployment.texts()
        got += sum(map(len, sounds))
    assert deployment.texts()[-1] == "Slow bird h follows."
    assert got > 50_000


def test_a_stream_that_cannot_go_on_is_broken_off_and_never_ends_as_if_it_were_whole(api: httpx.Client) -> None:
    asked = {"model": "tiny", "voice": "one", "input": "All is well. Crash comes next.", "response_format": "mp3"}
    with api.stream("POST", "/v1/audio/speech", json=asked) as response:
        assert response.status_code == 200
        sounds = response.iter_raw()
        assert len(next(sounds)) > 1000
        with pytest.raises(httpx.RemoteProtocolError):
            b"".join(sounds)
    alone = api.post("/v1/audio/speech", json={**asked, "input": "Crash comes next."})
    assert alone.status_code == 422
    assert "crashed the worker 3 times" in alone.json()["error"]["message"]


def test_what_nobody_listens_to_is_not_spoken(deployment: Deployment, openai: OpenAI) -> None:
    text = "Somebody leaves. " + " ".join(f"Slow goodbye number {n}." for n in range(30))
    with openai.audio.speech.with_streaming_response.create(
        model="tiny", voice="one", input=text, response_format="pcm"
    ) as response:
        next(response.iter_bytes())
    wait_for(lambda: not deployment.ledger._ask("zcard", "{narrator}:urgent:tiny"))
    assert sum(text.startswith("Slow goodbye") for text in deployment.texts()) < 12


# --- WebSocket
def answer(socket: ClientConnection, wish: object) -> tuple[list[dict], list[bytes]]:
    socket.send(wish if isinstance(wish, str) else json.dumps(wish))
    said, sounds = [], []
    while not said or said[-1]["type"] == "sentence":
        message = socket.recv(timeout=30)
        (sounds if isinstance(message, bytes) else said).append(
            message if isinstance(message, bytes) else json.loads(message)
        )
    return said, sounds


def test_a_socket_sends_sentence_by_sentence(deployment: Deployment, socket: ClientConnection) -> None:
    socket.send(json.dumps({"text": "Quickly said. Slow is the second.", "voice": "tiny/one"}))
    about = json.loads(socket.recv(timeout=30))
    assert (about["type"], about["index"], about["text"]) == ("sentence", 0, "Quickly said.")
    first = socket.recv(timeout=30)
    assert isinstance(first, bytes)
    assert "Slow is the second." not in deployment_stored(deployment)
    second = json.loads(socket.recv(timeout=30))
    last = socket.recv(timeout=30)
    assert isinstance(last, bytes)
    end = json.loads(socket.recv(timeout=30))
    assert (end["type"], end["sentences"]) == ("end", 2)
    assert end["seconds"] == pytest.approx(seconds(first) + seconds(last), abs=0.01)
    assert about["seconds"] == pytest.approx(seconds(first), abs=0.001)
    assert second["index"] == 1


def deployment_stored(deployment: Deployment) -> list[str]:
    """The texts spoken whose sound is stored: all but those under way."""
    count = sum(1 for _ in open_store(deployment.settings).list("segments/"))
    return deployment.texts()[:count]


def test_a_socket_takes_text_after_text_and_errors_do_not_end_it(socket: ClientConnection) -> None:
    said, sounds = answer(socket, {"text": "First text.", "voice": "one", "format": "mp3"})
    assert [s["type"] for s in said] == ["sentence", "end"]
    assert soundfile.read(io.BytesIO(sounds[0]))[1] == RATE
    for wish, status in (
        ({"text": "Who?", "voice": "nobody"}, 422),
        ({"txt": "typo"}, 422),
        ("{broken", 422),
        ({"text": "…", "voice": "one"}, 422),
        ({"text": "x" * 5000, "voice": "one"}, 413),
    ):
        said, sounds = answer(socket, wish)
        assert (said[0]["type"], said[0]["status"], sounds) == ("error", status, [])
    said, _ = answer(socket, {"text": "And on. It goes.", "voice": "one"})
    assert [s["type"] for s in said] == ["sentence", "sentence", "end"]
