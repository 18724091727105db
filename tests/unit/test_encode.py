"""Files of a whole lesson: every format at every rate, the same bytes for the same samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from worker.audio.encode import MP3_RATES, OPUS_RATES, LessonFile, Output
from worker.audio.wav import Pcm

RATES = [8000, 11025, 16000, 20000, 22050, 24000, 44100, 48000]


def speechlike(rate: int, seconds: float = 3.0) -> Pcm:
    at = np.arange(round(rate * seconds)) / rate
    return (8000 * np.sin(2 * np.pi * 180 * at) * np.sin(2 * np.pi * 2 * at)).astype(np.int16)


def write(output: Output, path: Path, rate: int, samples: Pcm) -> bytes:
    with LessonFile(output, path, rate) as file:
        for start in range(0, len(samples), 5001):
            file.write(samples[start : start + 5001])
    return path.read_bytes()


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("output", ["wav", "flac"])
def test_lossless_formats_keep_every_sample(output: Output, rate: int, tmp_path: Path) -> None:
    samples = speechlike(rate)
    write(output, tmp_path / "lesson", rate, samples)
    found, found_rate = soundfile.read(tmp_path / "lesson", dtype="int16")
    assert found_rate == rate
    np.testing.assert_array_equal(found, samples)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("output", "rates"), [("mp3", MP3_RATES), ("opus", OPUS_RATES)])
def test_lossy_formats_take_any_rate_and_keep_the_time(
    output: Output, rates: tuple[int, ...], rate: int, tmp_path: Path
) -> None:
    samples = speechlike(rate)
    write(output, tmp_path / "lesson", rate, samples)
    found, found_rate = soundfile.read(tmp_path / "lesson", dtype="int16")
    assert found_rate == min(known for known in rates if known >= rate)
    assert len(found) / found_rate == pytest.approx(3.0, abs=0.001)
    expected = np.interp(np.arange(len(found)) / found_rate, np.arange(len(samples)) / rate, samples)
    assert np.corrcoef(found, expected)[0, 1] > 0.98


@pytest.mark.parametrize("output", ["wav", "mp3", "opus", "flac"])
def test_equal_samples_give_equal_bytes(output: Output, tmp_path: Path) -> None:
    samples = speechlike(24000, 20.0)
    first = write(output, tmp_path / "a", 24000, samples)
    assert write(output, tmp_path / "b", 24000, samples) == first


def test_mp3_has_the_bit_rate_promised(tmp_path: Path) -> None:
    for rate in (22050, 24000, 44100, 48000):
        data = write("mp3", tmp_path / "lesson", rate, speechlike(rate, 10.0))
        assert len(data) * 8 / 10_000 == pytest.approx(128, rel=0.03)


def test_all_pages_of_an_ogg_have_serial_number_one(tmp_path: Path) -> None:
    data = write("opus", tmp_path / "lesson", 24000, speechlike(24000, 30.0))
    pages = [at for at in range(len(data)) if data.startswith(b"OggS\0", at)]
    assert len(pages) > 10
    assert {data[at + 14 : at + 18] for at in pages} == {b"\1\0\0\0"}
    found, _ = soundfile.read(tmp_path / "lesson")  # libogg leaves out pages whose checksum is wrong
    assert len(found) == 30 * 24000
