"""Speech for a text: ``/tts`` as the original service had it, ``/v1/audio/speech`` as OpenAI's clients expect it."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.exceptions import HTTPException

from models.text.languages import guess
from producer.http import audio
from producer.http.access import Caller
from producer.http.narration_fields import LanguageTag, Speed
from producer.http.openai_names import VOICES
from producer.http.service import Service, Shared
from producer.lessons.options import NarrationOptions
from worker.contract.messages import LessonEntry

router = APIRouter(tags=["speech"])

Text = Annotated[str, Field(min_length=1, description="NARRATOR_API_MAX_CHARACTERS at most, 4096 by default")]


class TtsRequest(BaseModel):
    """A text to be spoken."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    language: LanguageTag | None = Field(None, description="guessed where it is not given")
    speaker_id: Annotated[int, Field(ge=0)] | str | None = Field(
        None, description="a voice's number among those of the language, from 0, or its name; default: the language's"
    )


class TtsResponse(BaseModel):
    """The sound."""

    audio: str = Field(description="a WAV file in base64")
    duration: float = Field(description="seconds")


class NamedVoice(BaseModel):
    """A voice as OpenAI's own voices are given."""

    id: str


class OpenAiSpeech(BaseModel):
    """OpenAI's request. Fields that are null are as if they were not there; those that OpenAI may add are ignored."""

    model: str = Field("", description="a bundle, such as kokoro, in which the voice is looked up; or any name")
    input: Text
    voice: str | NamedVoice = Field(
        "default", description="a voice's id or name, one of OpenAI's names, or default: the language's first"
    )
    response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] = Field(
        "mp3", description="pcm is 16 bits, mono, 24 kHz; aac needs the program ffmpeg on the server"
    )
    speed: Speed = 1.0
    stream_format: Literal["audio", "sse"] = "audio"
    language: LanguageTag | None = Field(None, description="not OpenAI's: guessed where it is not given")
    instructions: str | None = Field(None, description="not used, and X-Narrator-Unused says so")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: object) -> object:
        return {name: value for name, value in given.items() if value is not None} if isinstance(given, dict) else given


@router.post("/tts")
async def tts(request: TtsRequest, service: Shared, caller: Caller) -> TtsResponse:
    """Speak a text; the same text again is served from the store."""
    began = time.monotonic()
    voice = request.speaker_id
    if isinstance(voice, str) and voice.isascii() and voice.isdigit():
        voice = int(voice[:9])
    if isinstance(voice, int):
        voice = service.script.numbered(voice, request.language or guess(request.text)).id
    options = NarrationOptions(voice=voice, language=request.language)
    entries = await service.segments(caller, request.text, options)
    parts = await service.waiting.all(entries)
    service.first_audio(began)
    data, seconds = await asyncio.to_thread(audio.whole, "wav", service.script.rate(entries), parts)
    return TtsResponse(audio=base64.b64encode(data).decode(), duration=round(seconds, 3))


_SOUND = {type_.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}} for type_ in audio.TYPES.values()}


@router.post(
    "/v1/audio/speech", response_class=Response, responses={200: {"description": "The sound", "content": _SOUND}}
)
async def speech(request: OpenAiSpeech, service: Shared, caller: Caller) -> Response:
    """Speak a text as OpenAI does: every sentence is sent as soon as it is there."""
    began = time.monotonic()
    if request.response_format == "aac" and not audio.can_aac():
        raise HTTPException(400, "aac needs the program ffmpeg, which is not installed here: choose mp3, opus or wav")
    voice = _voice(request, service)
    options = NarrationOptions(voice=voice, language=request.language, speed=request.speed)
    entries = await service.segments(caller, request.input, options)
    response = await _sounding(service, request.response_format, entries, began, events=request.stream_format == "sse")
    if request.instructions is not None:
        response.headers["X-Narrator-Unused"] = "instructions"
    return response


def _voice(request: OpenAiSpeech, service: Service) -> str | None:
    name = request.voice if isinstance(request.voice, str) else request.voice.id
    if name.lower() == "default":
        return None
    if name.lower() in VOICES and name.lower() not in map(str.lower, service.options.voices):
        return service.script.openai_voice(name.lower(), request.input, request.language)
    return service.script.within(request.model, name)


async def _sounding(
    service: Service,
    format: audio.Format | Literal["aac"],
    entries: Sequence[LessonEntry],
    began: float,
    *,
    events: bool,
) -> Response:
    """Answer with a stream that begins with the first sentence; a single sentence is a file of known length.

    With ``events`` the stream is one of OpenAI's server-sent events.
    """
    rate = service.script.rate(tuple(entries))
    found = service.waiting.segments(entries)
    first = await anext(found)  # what is wrong is said before the response begins
    service.first_audio(began)
    if format == "aac":
        parts = [first, *[pair async for pair in found]]
        data = await asyncio.to_thread(audio.aac, rate, parts)
        return _events(_once(data)) if events else Response(data, media_type=audio.AAC_TYPE)
    media_type = audio.TYPES[format]
    if len(entries) == 1:
        await found.aclose()
        data, _ = await asyncio.to_thread(audio.whole, format, rate, [first])
        return _events(_once(data)) if events else Response(data, media_type=media_type)

    async def stream() -> AsyncIterator[bytes]:
        growing = audio.GrowingSound(format, rate, streamed=True)
        async with aclosing(found):
            yield await asyncio.to_thread(growing.grow, *first, pause=True)
            async for entry, data in found:
                yield await asyncio.to_thread(growing.grow, entry, data, pause=entry is not entries[-1])
        yield await asyncio.to_thread(growing.close)

    return _events(stream()) if events else StreamingResponse(stream(), media_type=media_type)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _events(sounds: AsyncIterator[bytes]) -> StreamingResponse:
    """Answer with server-sent events: ``speech.audio.delta`` for each piece of sound, then ``speech.audio.done``."""

    async def stream() -> AsyncIterator[str]:
        async for sound in sounds:
            if sound:
                yield _event({"type": "speech.audio.delta", "audio": base64.b64encode(sound).decode()})
        usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}  # nobody is billed
        yield _event({"type": "speech.audio.done", "usage": usage})

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"Cache-Control": "no-cache"})


def _event(content: dict[str, object]) -> str:
    return f"data: {json.dumps(content)}\n\n"
