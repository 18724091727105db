"""A segment's WAV: sound and record together, strictly read."""

from __future__ import annotations

import hashlib
import io
import struct
import wave

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from worker.audio.wav import RECORD_REACH, encode, read_record, unpack
from worker.contract.messages import SegmentRecord
from worker.errors import DamagedAudio

RATE = 22050


def record(samples: int, **fields: object) -> SegmentRecord:
    known = {"key": "a" * 64, "voice": "tiny/a", "sample_rate": RATE, "samples": samples, "peak": -100, "rms": -2000}
    return SegmentRecord.model_validate({**known, "seed": 2**64 - 1, **fields})


def segment(samples: int = 1000, **fields: object) -> bytes:
    ramp = np.linspace(-1, 1, samples, dtype=np.float32)
    return encode(ramp, RATE, record(samples, **fields))


def test_sound_and_record_come_back() -> None:
    ramp = np.linspace(-1, 1, 1001, dtype=np.float32)
    kept = record(1001, words=(("für", 0, 500), ("河流", 500, 1001)), versions={"narrator": "0.1.0"})
    data = encode(ramp, RATE, kept)
    samples, found = unpack(data)
    assert found == read_record(data)
    assert found == kept.model_copy(update={"sound": hashlib.sha256(samples.tobytes()).hexdigest()})
    assert unpack(data)[1].sample_rate == RATE
    assert samples.dtype == np.int16
    assert (samples[0], samples[500], samples[-1]) == (-32767, 0, 32767)
    assert np.max(np.abs(samples / 32767 - ramp)) <= 0.5 / 32767 + 1e-7


def test_others_read_it() -> None:
    data = segment(999, versions={"x": "y" * 7})
    samples, rate = soundfile.read(io.BytesIO(data), dtype="int16")
    assert rate == RATE
    np.testing.assert_array_equal(samples, unpack(data)[0])
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate(), file.getnframes()) == (1, 2, RATE, 999)
        assert file.readframes(999) == samples.tobytes()


@pytest.mark.parametrize("padding", [1, 2])
def test_the_sound_begins_at_an_even_offset(padding: int) -> None:
    data = segment(versions={"x": "y" * padding})
    assert data.index(b"data") % 2 == 0
    assert len(data) % 2 == 0


def test_the_record_is_read_from_the_first_bytes() -> None:
    words = tuple((f"word{n}", n, n + 1) for n in range(4000))
    data = segment(500_000, words=words)
    assert read_record(data[:RECORD_REACH]).words == words
    with pytest.raises(DamagedAudio, match="cut off"):
        read_record(data[:1000])


def test_equal_input_gives_equal_bytes() -> None:
    assert segment() == segment()


@pytest.mark.parametrize("fields", [{"samples": 999}, {"sample_rate": 24000}])
def test_a_record_of_other_sound_is_refused(fields: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="do not match"):
        encode(np.zeros(1000, np.float32), RATE, record(**{"samples": 1000, **fields}))


@pytest.mark.parametrize("value", [1.01, -1.01, np.nan])
def test_samples_out_of_range_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="full scale"):
        encode(np.array([0, value], np.float32), RATE, record(2))


def test_an_oversized_record_is_refused() -> None:
    with pytest.raises(ValueError, match="record has"):
        segment(versions={"x": "y" * RECORD_REACH})


def test_every_cut_is_noticed() -> None:
    data = segment(50)
    for length in range(len(data)):
        with pytest.raises(DamagedAudio):
            unpack(data[:length])
    with pytest.raises(DamagedAudio):
        unpack(data + b"\0\0")


def test_foreign_files_are_refused() -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(100), RATE, format="WAV", subtype="PCM_16")
    with pytest.raises(DamagedAudio, match="not a segment"):
        unpack(file.getvalue())


def test_a_record_that_claims_to_be_huge_is_refused() -> None:
    data = bytearray(segment())
    struct.pack_into("<I", data, 40, 2**32 - 1)
    with pytest.raises(DamagedAudio):
        read_record(bytes(data))


@given(st.integers(0, 500), st.integers(0, 255))
def test_a_changed_byte_is_refused_or_harmless(at: int, value: int) -> None:
    """Whatever happens to a file, reading it raises DamagedAudio or gives as many samples as the record says."""
    data = bytearray(segment(100))
    data[at % len(data)] = value
    try:
        samples, found = unpack(bytes(data))
    except DamagedAudio:
        return
    assert len(samples) == found.samples


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(DamagedAudio):
        unpack(data)
