"""``/ws/tts``: text in, audio out, sentence by sentence, over a WebSocket.

    client  {"text": "...", "voice": ..., "language": ..., "speed": ..., "format": "wav"}, or the bare text
    server  {"type": "sentence", "index": 0, "text": "...", "seconds": 1.9, "sample_rate": 24000}, then the sound
            ... as soon as each is there ...
            {"type": "end", "sentences": 2, "seconds": 4.1}, or {"type": "error", "status": 422, "detail": "..."}

The next text may follow on the same connection. A frame of sound is a file of its own, with the silence after its
sentence in it: played one after the other, they sound as a whole.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import aclosing
from typing import Annotated, Literal

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException

from models.errors import NarrationError
from models.text.languages import Language
from producer.errors import Busy
from producer.http import audio, errors
from producer.http.narration_fields import Speed
from producer.http.service import Service, Shared
from producer.lessons.options import NarrationOptions

router = APIRouter()


class Wish(BaseModel):
    """A text to be spoken."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1)]
    voice: str | None = None
    language: Language | None = None
    speed: Speed = 1.0
    format: Literal["wav", "mp3", "opus", "flac", "pcm"] = "wav"


@router.websocket("/ws/tts")
async def live(socket: WebSocket, service: Shared) -> None:
    """Serve one connection until the client leaves."""
    try:
        caller = service.access.caller(socket)
    except (HTTPException, Busy) as error:
        await socket.close(1008, str(getattr(error, "detail", error)))
        return
    await socket.accept()
    try:
        while True:
            await _answer(socket, service, caller, await socket.receive_text())
    except (WebSocketDisconnect, KeyError):  # KeyError: a binary frame, which says nothing here
        return


async def _answer(socket: WebSocket, service: Service, caller: str, message: str) -> None:
    try:
        service.access.caller(socket)  # every text counts as a request
        wish = Wish.model_validate_json(message) if message.lstrip().startswith("{") else Wish(text=message)
        await _speak(socket, service, caller, wish)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:3])
        await _refuse(socket, 422, wrong)
    except HTTPException as error:
        await _refuse(socket, error.status_code, error.detail)
    except NarrationError as error:
        await _refuse(socket, errors.of(error)[0], str(error))


async def _speak(socket: WebSocket, service: Service, caller: str, wish: Wish) -> None:
    began = time.monotonic()
    entries = await service.segments(
        caller, wish.text, NarrationOptions(voice=wish.voice, language=wish.language, speed=wish.speed)
    )
    rate = service.script.rate(entries)
    total = 0.0
    index = 0
    async with aclosing(service.waiting.segments(entries)) as found:
        async for entry, data in found:
            made = audio.GrowingSound(wish.format, rate, streamed=False)
            await asyncio.to_thread(made.grow, entry, data, pause=entry is not entries[-1])
            await asyncio.to_thread(made.close)
            if index == 0:
                service.first_audio(began)
            about = {"type": "sentence", "index": index, "text": entry.caption, "seconds": round(made.seconds, 3)}
            await socket.send_text(json.dumps({**about, "sample_rate": made.rate}, ensure_ascii=False))
            await socket.send_bytes(made.whole())
            index, total = index + 1, total + made.seconds
    await socket.send_text(json.dumps({"type": "end", "sentences": index, "seconds": round(total, 3)}))


async def _refuse(socket: WebSocket, status: int, detail: str) -> None:
    await socket.send_text(json.dumps({"type": "error", "status": status, "detail": detail}, ensure_ascii=False))
