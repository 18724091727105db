"""Files of a whole lesson, written as it streams past: WAV, and on demand FLAC, MP3 and Opus.

- wav: 16-bit PCM, the master; what the manifest's times refer to.
- flac: the same samples, about half the size.
- mp3: 128 kbit/s constant, mono, which every learning platform takes and can seek in. Decoders that honour the
  encoder's gapless note (all current browsers) keep the times; others play about 50 ms late.
- opus: in Ogg, about 30 kbit/s variable, transparent for speech.

All of them come out byte for byte alike for the same samples and library version.
"""

from __future__ import annotations

import struct
import wave
import zlib
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Literal, Self

import numpy as np
import soundfile
import soxr

from worker.audio.wav import FULL_SCALE, Pcm

Output = Literal["wav", "mp3", "opus", "flac"]

MAX_WAV_SAMPLES: Final = (2**32 - 256) // 2  # sizes in a WAV are 32 bits wide: 24 h at 24 kHz
MP3_KBITS: Final = 128
MP3_RATES: Final = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
OPUS_RATES: Final = (8000, 12000, 16000, 24000, 48000)

MEDIA_TYPES: Final[dict[Output, str]] = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "opus": "audio/ogg; codecs=opus",
    "flac": "audio/flac",
}


class LessonFile:
    """A sound file, open for writing: mono samples of 16 bits at ``rate`` Hz. Closed, it is complete.

    It may be in memory: what was appended by then can be sent on, as the formats but WAV are streams.
    """

    def __init__(self, output: Output, path: Path | BinaryIO, rate: int) -> None:
        self._output = output
        self._path = path
        self._file: Any
        self._resample: soxr.ResampleStream | None = None
        if output == "wav":
            self._file = wave.open(str(path) if isinstance(path, Path) else path, "wb")  # noqa: SIM115 (closed by close)
            self._file.setparams((1, 2, rate, 0, "NONE", ""))
            return
        target = _supported(output, rate)
        if target != rate:
            self._resample = soxr.ResampleStream(rate, target, 1, dtype="float32")
        self._file = soundfile.SoundFile(path, "w", samplerate=target, channels=1, **_settings(output, target))

    def write(self, samples: Pcm) -> None:
        """Append samples (n,) int16."""
        if self._output == "wav":
            self._file.writeframesraw(samples.astype("<i2", copy=False).data)
        elif self._resample:
            self._file.write(self._resample.resample_chunk(samples.astype(np.float32) / FULL_SCALE))
        else:
            self._file.write(samples)

    def close(self) -> None:
        """Write what the encoder still holds, and the header's final sizes."""
        if self._resample:
            self._file.write(self._resample.resample_chunk(np.zeros(0, np.float32), last=True))
        self._file.close()
        if self._output == "opus" and isinstance(self._path, Path):
            fix_ogg_serial(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _supported(output: Output, rate: int) -> int:
    """The rate that the format stores: ``rate``, or else the next higher one that it knows."""
    rates = {"mp3": MP3_RATES, "opus": OPUS_RATES}.get(output, (rate,))
    return min((known for known in rates if known >= rate), default=rates[-1])


def _settings(output: Output, rate: int) -> dict[str, Any]:
    """libsndfile's settings. Its MP3 rate is asked for as a place between the highest and the lowest that exist."""
    if output == "flac":
        return {"format": "FLAC", "subtype": "PCM_16", "compression_level": 0.625}  # 5 of 8, flac's own default
    if output == "opus":
        return {"format": "OGG", "subtype": "OPUS"}
    low, high = (32, 320) if rate >= 32000 else (8, 160) if rate >= 16000 else (8, 64)
    place = (high - min(MP3_KBITS, high)) / (high - low)
    return {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "CONSTANT", "compression_level": place}


def fix_ogg_serial(path: Path) -> None:
    """Give an Ogg file's one stream the serial number 1: libsndfile draws it from the clock.

    A page's checksum covers its header, so it is computed anew. Source: RFC 3533, section 6.
    """
    with path.open("r+b") as file:
        start = 0
        while head := file.read(27):
            table = file.read(head[26])
            page = bytearray(head + table + file.read(sum(table)))
            struct.pack_into("<I", page, 14, 1)
            struct.pack_into("<I", page, 22, 0)
            struct.pack_into("<I", page, 22, _ogg_crc(bytes(page)))
            file.seek(start)
            file.write(page)
            start += len(page)


_MIRROR: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _ogg_crc(data: bytes) -> int:
    """The CRC-32 of Ogg: zlib's polynomial without the bit reflection and the inversions; so mirror around zlib's."""
    mirrored = zlib.crc32(data.translate(_MIRROR), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
