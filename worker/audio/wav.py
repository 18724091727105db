"""A segment as one object: RIFF WAVE, 16-bit mono PCM, with the segment's record in a chunk before the sound.

    RIFF <size> WAVE | fmt  16 bytes | narr <record as JSON> | data <samples>

The record stands before the sound so that a reader of the first RECORD_REACH bytes has it whole. Players skip chunks
that they do not know. Samples are rounded to the nearest of 65,535 steps (1.0 is 32767) without dither: synthesised
speech carries noise of its own far above -98 dBFS, and equal input must give equal bytes.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from models.voice import Samples
from worker.contract.messages import SegmentRecord
from worker.errors import DamagedAudio

Pcm = NDArray[np.int16]

FULL_SCALE: Final = 32767
RECORD_REACH: Final = 512 * 1024  # a prefix of this many bytes holds every record
MAX_RECORD: Final = RECORD_REACH - 64  # bytes of JSON
MAX_BYTES: Final = 256 * 1024 * 1024  # of one segment: 48 kHz for three quarters of an hour
RECORD: Final = b"narr"


def to_pcm(samples: Samples) -> Pcm:
    """Convert samples (n,) float32 in [-1, 1] to 16 bits, rounded to nearest. Raises ValueError for others."""
    if len(samples) and not float(np.max(np.abs(samples))) <= 1.0:  # so written that NaN is refused as well
        raise ValueError("samples exceed full scale")
    return np.asarray(np.rint(samples * np.float32(FULL_SCALE)), dtype=np.int16)


def encode(samples: Samples, rate: int, record: SegmentRecord) -> bytes:
    """Encode samples (n,) float32 in [-1, 1] at ``rate`` Hz, with their record, as a WAV file; gives its bytes.

    The sound's digest is added to the record.

    Raises ValueError where the record speaks of another rate or length, or is longer than MAX_RECORD.
    """
    if (record.sample_rate, record.samples) != (rate, len(samples)):
        raise ValueError(f"{len(samples)} samples at {rate} Hz do not match their record: {record}")
    sound = to_pcm(samples).astype("<i2").tobytes()
    record = record.model_copy(update={"sound": hashlib.sha256(sound).hexdigest()})
    note = record.model_dump_json(exclude_defaults=True).encode()
    if len(note) > MAX_RECORD:
        raise ValueError(f"the segment's record has {len(note)} bytes, more than {MAX_RECORD}")
    note += b" " * (len(note) % 2)  # chunks begin at even offsets; JSON does not mind the space
    body = b"".join(
        (
            b"WAVE",
            struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16),  # PCM, mono, bytes/s, bytes, bits
            struct.pack("<4sI", RECORD, len(note)),
            note,
            struct.pack("<4sI", b"data", len(sound)),
            sound,
        )
    )
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def read_record(data: bytes) -> SegmentRecord:
    """The record inside a segment's WAV; its first RECORD_REACH bytes are enough. Raises DamagedAudio."""
    _, note, _ = _parse(data)
    try:
        return SegmentRecord.model_validate_json(note)
    except ValidationError as error:
        raise DamagedAudio(f"the segment's record cannot be read: {error}") from None


def unpack(data: bytes) -> tuple[Pcm, SegmentRecord]:
    """The sound of a segment's WAV, given whole, and its record: samples (n,) int16. Raises DamagedAudio."""
    rate, _, sound = _parse(data)
    record = read_record(data)
    size = struct.unpack_from("<I", data, 4)[0]
    if size + 8 != len(data) or sound + record.samples * 2 != len(data) or record.sample_rate != rate:
        raise DamagedAudio(f"the segment has {len(data)} bytes, which does not match its header and record")
    if record.sound and hashlib.sha256(memoryview(data)[sound:]).hexdigest() != record.sound:
        raise DamagedAudio("the segment's sound is not the one that was stored: its digest differs from its record's")
    return np.frombuffer(data, dtype="<i2", offset=sound).astype(np.int16, copy=False), record


def _parse(data: bytes) -> tuple[int, bytes, int]:
    """Rate, record bytes and where the sound begins. Only the layout that ``encode`` writes is accepted."""
    try:
        riff, _, wave = struct.unpack_from("<4sI4s", data)
        fmt, size, kind, channels, rate, _, _, bits = struct.unpack_from("<4sIHHIIHH", data, 12)
        name, length = struct.unpack_from("<4sI", data, 36)
    except struct.error:
        raise DamagedAudio(f"a segment of {len(data)} bytes is cut off") from None
    if (riff, wave, fmt, size, kind, channels, bits, name) != (b"RIFF", b"WAVE", b"fmt ", 16, 1, 1, 16, RECORD):
        raise DamagedAudio("not a segment: 16-bit mono PCM with a record was expected")
    end = 44 + length
    if length > MAX_RECORD or len(data) > MAX_BYTES or data[end : end + 4] != b"data" or len(data) < end + 8:
        raise DamagedAudio("the segment's record is cut off, or no sound follows it")
    return rate, data[44:end], end + 8
