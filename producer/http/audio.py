"""Audio for a client, from segments: one file, or a stream that begins with the first sentence."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np

from worker.audio.encode import MEDIA_TYPES, LessonFile
from worker.audio.resample import at_rate
from worker.audio.wav import Pcm, unpack
from worker.contract.messages import LessonEntry

Format = Literal["wav", "mp3", "opus", "flac", "pcm"]

PCM_RATE: Final = 24_000  # Hz; what clients of /v1/audio/speech expect of "pcm", which says nothing itself
UNKNOWN: Final = 0xFFFFFFFF  # the length in a WAV header, while it is not known
TYPES: Final = {str(name): type_ for name, type_ in MEDIA_TYPES.items()} | {"pcm": "audio/pcm"}


class GrowingSound:
    """A sound that grows. Formats but "pcm" and a streamed "wav" come from the encoder of whole lessons."""

    def __init__(self, format: Format, rate: int, *, streamed: bool) -> None:
        self.rate = PCM_RATE if format == "pcm" else rate
        self._buffer = io.BytesIO()
        self._taken = 0
        self.seconds = 0.0
        self._file: LessonFile | None = None
        if format == "wav" and streamed:
            self._buffer.write(_endless_header(rate))
        elif format != "pcm":
            self._file = LessonFile(format, self._buffer, rate)

    def grow(self, entry: LessonEntry, data: bytes, *, pause: bool) -> bytes:
        """Append a segment, given as its WAV from the store, and the silence after it; gives what is new of the sound.

        Raises DamagedAudio.
        """
        samples, record = unpack(data)
        self._add(at_rate(samples, record.sample_rate, self.rate))
        if pause:
            self._add(np.zeros(entry.pause_ms * self.rate // 1000, np.int16))
        return self._new()

    def close(self) -> bytes:
        """Give the rest of the sound; nothing follows."""
        if self._file:
            self._file.close()
        return self._new()

    def _new(self) -> bytes:
        ready = self._buffer.getbuffer()[self._taken :].tobytes()
        self._taken += len(ready)
        return ready

    def _add(self, samples: Pcm) -> None:
        self.seconds += len(samples) / self.rate
        if self._file:
            self._file.write(samples)
        else:
            self._buffer.write(samples.astype("<i2").tobytes())

    def whole(self) -> bytes:
        """Give all of it, closed."""
        return self._buffer.getvalue()


def whole(format: Format, rate: int, parts: Sequence[tuple[LessonEntry, bytes]]) -> tuple[bytes, float]:
    """Return one file of all segments, and its seconds."""
    sound = GrowingSound(format, rate, streamed=False)
    for place, (entry, data) in enumerate(parts, 1):
        sound.grow(entry, data, pause=place < len(parts))
    sound.close()
    return sound.whole(), sound.seconds


def _endless_header(rate: int) -> bytes:
    """Return the head of a mono 16-bit WAV whose end is where the stream ends."""
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", UNKNOWN, b"WAVE") + fmt + struct.pack("<4sI", b"data", UNKNOWN)
