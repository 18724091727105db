"""Speech for a text: ``/tts`` as the original service had it, ``/v1/audio/speech`` as OpenAI's clients expect it."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from models.text.languages import Language, guess
from producer.http import audio
from producer.http.access import Caller
from producer.http.narration_fields import Speed
from producer.http.service import Service, Shared
from producer.lessons.options import NarrationOptions
from worker.contract.messages import LessonEntry

router = APIRouter(tags=["speech"])

Text = Annotated[str, Field(min_length=1, description="NARRATOR_API_MAX_CHARACTERS at most, 4096 by default")]


class TtsRequest(BaseModel):
    """A text to be spoken."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    language: Language | None = Field(None, description="guessed where it is not given")
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
    """OpenAI's request. ``instructions`` and fields that OpenAI may add are ignored."""

    model: str = Field(description="a bundle, such as kokoro, in which the voice is looked up; other names are ignored")
    input: Text
    voice: str | NamedVoice = Field(description="a voice's id or name, or default: the language's first")
    response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] = Field(
        "mp3", description="pcm is 16 bits, mono, 24 kHz; aac is not to be had"
    )
    speed: Speed = 1.0
    stream_format: Literal["audio"] = "audio"
    language: Language | None = Field(None, description="not OpenAI's: guessed where it is not given")
    instructions: str | None = Field(None, description="ignored")


@router.post("/tts")
async def tts(request: TtsRequest, service: Shared, caller: Caller) -> TtsResponse:
    """Speak a text; the same text again is served from the store."""
    began = time.monotonic()
    voice = request.speaker_id
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
    if request.response_format == "aac":
        raise HTTPException(400, "aac is not to be had here: choose wav, mp3, opus, flac or pcm")
    voice = _voice(request, service)
    options = NarrationOptions(voice=voice, language=request.language, speed=request.speed)
    entries = await service.segments(caller, request.input, options)
    return await _sounding(service, request.response_format, entries, began)


def _voice(request: OpenAiSpeech, service: Service) -> str | None:
    name = request.voice if isinstance(request.voice, str) else request.voice.id
    if name == "default":
        return None
    return service.script.within(request.model, name)


async def _sounding(service: Service, format: audio.Format, entries: Sequence[LessonEntry], began: float) -> Response:
    """Answer with a stream that begins with the first sentence; a single sentence is a file of known length."""
    rate = service.script.rate(tuple(entries))
    found = service.waiting.segments(entries)
    first = await anext(found)  # what is wrong is said before the response begins
    service.first_audio(began)
    media_type = audio.TYPES[format]
    if len(entries) == 1:
        await found.aclose()
        data, _ = await asyncio.to_thread(audio.whole, format, rate, [first])
        return Response(data, media_type=media_type)

    async def stream() -> AsyncIterator[bytes]:
        growing = audio.GrowingSound(format, rate, streamed=True)
        async with aclosing(found):
            yield await asyncio.to_thread(growing.grow, *first, pause=True)
            async for entry, data in found:
                yield await asyncio.to_thread(growing.grow, entry, data, pause=entry is not entries[-1])
        yield await asyncio.to_thread(growing.close)

    return StreamingResponse(stream(), media_type=media_type)
