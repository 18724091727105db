"""Audio for a client, from segments: one file, or a stream that begins with the first sentence."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np

from models.errors import Transient
from worker.audio.encode import MEDIA_TYPES, LessonFile
from worker.audio.resample import at_rate
from worker.audio.wav import Pcm, unpack
from worker.contract.messages import LessonEntry

Format = Literal["wav", "mp3", "opus", "flac", "pcm"]

PCM_RATE: Final = 24_000  # Hz; what clients of /v1/audio/speech expect of "pcm", which says nothing itself
UNKNOWN: Final = 0xFFFFFFFF  # the length in a WAV header, while it is not known
AAC_TYPE: Final = "audio/aac"
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


def can_aac() -> bool:
    """Tell whether AAC can be made: an encoder that anybody may ship is in no library, but programs have one."""
    return shutil.which("ffmpeg") is not None


def aac(rate: int, parts: Sequence[tuple[LessonEntry, bytes]]) -> bytes:
    """Return one AAC stream (ADTS) of all segments, by the program ffmpeg. Blocks; raises Transient where it fails."""
    sound, seconds = whole("wav", rate, parts)
    command = ["ffmpeg", "-v", "error", "-i", "pipe:0", "-c:a", "aac", "-b:a", "96k", "-f", "adts", "pipe:1"]
    try:
        done = subprocess.run(command, input=sound, capture_output=True, timeout=30 + seconds, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Transient(f"ffmpeg made no AAC: {error}") from None
    if done.returncode or not done.stdout:
        raise Transient(f"ffmpeg made no AAC: {done.stderr.decode(errors='replace')[-200:].strip()}")
    return done.stdout


def _endless_header(rate: int) -> bytes:
    """Return the head of a mono 16-bit WAV whose end is where the stream ends."""
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", UNKNOWN, b"WAVE") + fmt + struct.pack("<4sI", b"data", UNKNOWN)
