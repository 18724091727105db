"""A lesson's loudness and its peaks: wanted, reached, and said truly in its manifest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyebur128
import pyloudnorm
import pytest
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from tests.integration.test_assemble import message_for, plan_of, segment, sound
from worker.assemble.lesson import assemble_lesson
from worker.audio import wav
from worker.audio.levels import peak_and_rms
from worker.contract.manifest import Manifest
from worker.contract.messages import Loudness, Segment, SegmentRecord, segment_name
from worker.store.directory import DirectoryStore

RATE = 24000


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


def speak(store: DirectoryStore, text: str, level: float = 0.1) -> Segment:
    """Store ten seconds with the crests of speech: pulses of a voice's pitch through a throat's resonances.

    Its peaks stand 18 dB above its loudness, as Kokoro's do.
    """
    draws = np.random.default_rng(len(text))
    at = np.arange(10 * RATE) / RATE
    pulses = (np.diff(np.floor(at * 110 + 3 * np.sin(at)), prepend=0) > 0).astype(float)
    breath = draws.normal(size=len(at)) * 0.1
    throat = sosfilt(butter(1, [0.03, 0.25], "bandpass", output="sos"), pulses + breath)
    samples = throat * np.repeat(draws.choice([0.4, 0.7, 1.0], size=50), RATE // 5)
    samples = (samples / np.abs(samples).max() * level).astype(np.float32)
    spoken = segment(text)
    peak, rms = peak_and_rms(samples)
    record = SegmentRecord(
        key=spoken.key(), voice="tiny/a", sample_rate=RATE, samples=len(samples), peak=peak, rms=rms, seed=1
    )
    store.put(segment_name(spoken.key()), wav.encode(samples, RATE, record))
    return spoken


def true_peak(samples: NDArray[np.float64], rate: int) -> float:
    state = pyebur128.R128State(1, rate, pyebur128.MeasurementMode.MODE_TRUE_PEAK)
    state.add_frames(samples.astype(np.float32), len(samples))
    return float(20 * np.log10(pyebur128.get_true_peak(state, 0)))


def heard(store: DirectoryStore, manifest: Manifest, suffix: str = ".wav") -> tuple[float, float]:
    """LUFS by one library, dBTP by another, of an audio file as it was written."""
    samples, rate = sound(store, manifest, suffix)
    floats = samples / wav.FULL_SCALE
    return float(pyloudnorm.Meter(rate).integrated_loudness(floats)), true_peak(floats, rate)


@pytest.mark.parametrize("lufs", [-1600, -1900, -2300])
def test_the_loudness_wanted_is_reached_under_the_true_peak_limit(store: DirectoryStore, lufs: int) -> None:
    plan = plan_of((speak(store, "One."), 300), (speak(store, "Another."), 300), loudness=Loudness(lufs=lufs))
    manifest = assemble_lesson(store, plan, message_for(plan))
    integrated, peak = heard(store, manifest)
    assert integrated == pytest.approx(lufs / 100, abs=0.5)
    assert peak <= -1.0
    loudness = manifest.loudness
    assert loudness.delivered == pytest.approx(integrated * 100, abs=10)
    assert loudness.true_peak_after == pytest.approx(peak * 100, abs=15)
    needed = loudness.true_peak + lufs - loudness.integrated + 100  # above the limit, had it only been made louder
    assert (loudness.limited > 0) == (loudness.limited_share > 0) == (needed > 0)
    assert loudness.limited >= needed


def test_neighbours_keep_their_balance_where_nothing_is_limited(store: DirectoryStore) -> None:
    plan = plan_of((speak(store, "One.", 0.1), 0), loudness=Loudness(lufs=-2300))
    manifest = assemble_lesson(store, plan, message_for(plan))
    samples, _ = sound(store, manifest)
    stored, _ = wav.unpack(store.get(segment_name(plan.entries[0].key))[0])
    factor = 10 ** (manifest.loudness.gain / 2000)
    assert manifest.loudness.limited == 0
    assert np.abs(samples - stored * factor).max() <= 0.51


def test_peaks_that_stand_too_far_out_leave_the_lesson_quieter_and_it_says_so(store: DirectoryStore) -> None:
    """Nine decibels are taken off a peak at most."""
    plan = plan_of((speak(store, "One."), 0), loudness=Loudness(lufs=-600))
    manifest = assemble_lesson(store, plan, message_for(plan))
    assert manifest.loudness.delivered is not None
    assert manifest.loudness.delivered < -700
    assert 850 <= manifest.loudness.limited <= 960
    assert heard(store, manifest)[1] <= -1.0


def test_silence_and_a_wish_for_no_loudness(store: DirectoryStore) -> None:
    plan = plan_of((speak(store, "One."), 0))
    loudness = assemble_lesson(store, plan, message_for(plan)).loudness
    assert (loudness.gain, loudness.true_peak_after, loudness.limited) == (0, None, 0)
    assert loudness.delivered == loudness.integrated


def test_encoders_move_peaks_but_not_past_full_scale(store: DirectoryStore) -> None:
    plan = plan_of((speak(store, "One."), 0), loudness=Loudness(lufs=-1600), outputs=("wav", "mp3", "opus", "flac"))
    manifest = assemble_lesson(store, plan, message_for(plan))
    assert heard(store, manifest, ".flac") == heard(store, manifest)
    for suffix in (".mp3", ".opus"):
        assert heard(store, manifest, suffix)[1] < 0
