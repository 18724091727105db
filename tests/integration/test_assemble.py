"""Assembly over a real directory store: what is heard, what is written, what is refused."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import threading
import time
import wave
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyloudnorm
import pytest
import soundfile

from models.errors import Permanent
from worker.assemble.lesson import assemble_lesson
from worker.assemble.sound import AHEAD
from worker.audio import wav
from worker.audio.levels import peak_and_rms
from worker.contract.manifest import Manifest, manifest_schema
from worker.contract.messages import (
    AssembleLesson,
    LessonEntry,
    LessonPlan,
    Loudness,
    Segment,
    SegmentRecord,
    segment_name,
)
from worker.errors import MissingSegments
from worker.store.directory import DirectoryStore

FOLDER = "lessons/physics/waves/"


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


def segment(text: str) -> Segment:
    return Segment(
        voice="tiny/a",
        fingerprint="0" * 64,
        backend="cpu",
        precision="fp32",
        language="en",
        text=text,
        frontend="1" * 64,
    )


def speak(
    store: DirectoryStore,
    text: str,
    *,
    rate: int = 24000,
    seconds: float = 1.0,
    amplitude: float = 0.1,
    words: tuple[tuple[str, int, int], ...] | None = None,
) -> Segment:
    """Store a segment whose pitch depends on its text."""
    spoken = segment(text)
    pitch = 200 + int(spoken.key()[:2], 16)
    samples = (amplitude * np.sin(2 * np.pi * pitch * np.arange(round(rate * seconds)) / rate)).astype(np.float32)
    peak, rms = peak_and_rms(samples)
    record = SegmentRecord(
        key=spoken.key(),
        voice="tiny/a",
        sample_rate=rate,
        samples=len(samples),
        peak=peak,
        rms=rms,
        seed=1,
        words=words,
    )
    store.put(segment_name(spoken.key()), wav.encode(samples, rate, record))
    return spoken


def plan_of(*entries: tuple[Segment, int], **fields: Any) -> LessonPlan:
    return LessonPlan(
        course="physics",
        lesson="waves",
        language="en",
        source_digest="2" * 64,
        entries=tuple(
            LessonEntry(key=s.key(), segment=s, caption=s.text, role="sentence", pause_ms=pause, line=number)
            for number, (s, pause) in enumerate(entries, 1)
        ),
        **fields,
    )


def message_for(plan: LessonPlan, submitted: int = 1) -> AssembleLesson:
    return AssembleLesson(run="run-1", course="physics", lesson="waves", plan=plan.plan_id(), submitted=submitted)


def sound(store: DirectoryStore, manifest: Manifest, suffix: str = ".wav") -> tuple[np.ndarray, int]:
    (part,) = [part for part in manifest.parts if part.name.endswith(suffix)]
    data, _ = store.get(FOLDER + part.name)
    assert (len(data), hashlib.sha256(data).hexdigest()) == (part.size, part.sha256)
    return soundfile.read(io.BytesIO(data), dtype="int16")


def contents(store: DirectoryStore) -> dict[str, bytes]:
    return {entry.name: store.get(entry.name)[0] for entry in store.list(FOLDER)}


def test_segments_stand_where_the_manifest_says_with_exact_silence_between(store: DirectoryStore) -> None:
    one, two = speak(store, "One."), speak(store, "Two.", seconds=0.5)
    plan = plan_of((one, 333), (two, 500), (one, 250))
    manifest = assemble_lesson(store, plan, message_for(plan))
    samples, rate = sound(store, manifest)
    assert rate == manifest.sample_rate == 24000
    assert [(cue.start, cue.end) for cue in manifest.cues] == [(0, 24000), (31992, 43992), (55992, 79992)]
    assert len(samples) == manifest.samples == 79992 + 6000
    for cue in manifest.cues:
        stored, _ = wav.unpack(store.get(segment_name(cue.key))[0])
        np.testing.assert_array_equal(samples[cue.start : cue.end], stored)
        samples[cue.start : cue.end] = 0
    assert not samples.any()
    assert [cue.line for cue in manifest.cues] == [1, 2, 3]


def test_pauses_do_not_drift(store: DirectoryStore) -> None:
    """1 ms at 22,050 Hz is 22.05 samples: a thousand of them are 22,050, not 22,000."""
    short = speak(store, "Hm.", rate=22050, seconds=0.01)
    plan = plan_of(*[(short, 1)] * 1000)
    manifest = assemble_lesson(store, plan, message_for(plan))
    length = manifest.cues[0].end
    assert manifest.samples == 1000 * length + 22050


def test_voices_of_different_rates_share_a_lesson_at_the_highest(store: DirectoryStore) -> None:
    low, high = speak(store, "Low.", rate=22050), speak(store, "High.", rate=24000)
    plan = plan_of((low, 100), (high, 100))
    manifest = assemble_lesson(store, plan, message_for(plan))
    samples, rate = sound(store, manifest)
    assert rate == 24000
    assert [(c.start, c.end) for c in manifest.cues] == [(0, 24000), (26400, 50400)]
    pitch = 200 + int(low.key()[:2], 16)
    heard = samples[2000:22000] / wav.FULL_SCALE
    wanted = 0.1 * np.sin(2 * np.pi * pitch * np.arange(2000, 22000) / 24000)
    assert np.max(np.abs(heard - wanted)) < 1e-3


def test_a_missing_segment_is_named_and_nothing_is_written(store: DirectoryStore) -> None:
    here, gone, lost = speak(store, "Here."), segment("Gone."), segment("Lost.")
    plan = plan_of((here, 0), (gone, 0), (lost, 0), (gone, 0))
    with pytest.raises(MissingSegments) as caught:
        assemble_lesson(store, plan, message_for(plan))
    assert caught.value.keys == (gone.key(), lost.key())
    assert not contents(store)


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-2], lambda data: b"", lambda data: data.replace(b"narr", b"junk")]
)
def test_a_damaged_segment_is_named(store: DirectoryStore, damage: Any) -> None:
    spoken = speak(store, "Here.")
    name = segment_name(spoken.key())
    store.put(name, damage(store.get(name)[0]))
    plan = plan_of((spoken, 0))
    with pytest.raises(Permanent, match=f"{name}.*delete it"):
        assemble_lesson(store, plan, message_for(plan))


def test_a_segment_under_anothers_name_is_refused(store: DirectoryStore) -> None:
    one, two = speak(store, "One."), segment("Two.")
    store.put(segment_name(two.key()), store.get(segment_name(one.key()))[0])
    plan = plan_of((two, 0))
    with pytest.raises(Permanent, match=f"holds segment {one.key()}"):
        assemble_lesson(store, plan, message_for(plan))


def test_the_same_plan_gives_the_same_bytes(store: DirectoryStore, tmp_path: Path) -> None:
    other = DirectoryStore(tmp_path / "other")
    plans = [
        plan_of((speak(s, "One.", rate=22050), 100), (speak(s, "Two."), 0), outputs=("wav", "mp3", "opus", "flac"))
        for s in (store, other)
    ]
    for plan, where in zip(plans, (store, other), strict=True):
        assemble_lesson(where, plan, message_for(plan))
    assert contents(store) == contents(other)
    assert {name.rpartition(".")[2] for name in contents(store)} == {"wav", "mp3", "opus", "flac", "vtt", "srt", "json"}


@pytest.mark.parametrize("output", ["mp3", "opus", "flac"])
def test_compressed_files_sound_like_the_wav(store: DirectoryStore, output: Any) -> None:
    plan = plan_of((speak(store, "One.", seconds=2.0), 500), outputs=("wav", output))
    manifest = assemble_lesson(store, plan, message_for(plan))
    (plain, rate), (packed, packed_rate) = sound(store, manifest), sound(store, manifest, f".{output}")
    assert len(packed) / packed_rate == pytest.approx(len(plain) / rate, abs=0.001)
    middle = slice(rate // 2, rate)
    assert np.corrcoef(plain[middle], packed[middle])[0, 1] > 0.99


def test_one_gain_brings_the_lesson_to_its_loudness(store: DirectoryStore) -> None:
    loud, soft = speak(store, "Loud.", seconds=3), speak(store, "Soft.", seconds=3, amplitude=0.05)
    plan = plan_of((loud, 200), (soft, 200), loudness=Loudness(lufs=-1900))
    manifest = assemble_lesson(store, plan, message_for(plan))
    samples, rate = sound(store, manifest)
    assert pyloudnorm.Meter(rate).integrated_loudness(samples / 32768) == pytest.approx(-19, abs=0.1)
    first, second = (np.abs(samples[cue.start : cue.end]).max() for cue in manifest.cues)
    assert first / second == pytest.approx(2.0, abs=0.01)  # neighbours keep their balance
    assert manifest.loudness.integrated is not None
    assert manifest.loudness.gain == -1900 - manifest.loudness.integrated


def test_without_a_target_the_level_is_left_alone_but_reported(store: DirectoryStore) -> None:
    plan = plan_of((speak(store, "One.", seconds=2), 0))
    manifest = assemble_lesson(store, plan, message_for(plan))
    assert manifest.loudness.gain == 0
    assert manifest.loudness.target is None
    assert manifest.loudness.integrated is not None
    assert manifest.loudness.true_peak is None  # nothing depends on it


def test_a_lesson_too_short_to_measure_has_no_loudness(store: DirectoryStore) -> None:
    plan = plan_of((speak(store, "Hm.", seconds=0.2), 0), loudness=Loudness(lufs=-1600))
    loudness = assemble_lesson(store, plan, message_for(plan)).loudness
    assert (loudness.integrated, loudness.gain) == (None, 0)


def test_an_older_submission_never_replaces_a_newer_one(store: DirectoryStore) -> None:
    one, two = speak(store, "One."), speak(store, "Two.")
    newer, older = plan_of((two, 0)), plan_of((one, 0))
    written = assemble_lesson(store, newer, message_for(newer, submitted=20))
    assert assemble_lesson(store, older, message_for(older, submitted=10)) == written
    assert Manifest.model_validate_json(store.get(FOLDER + "manifest.json")[0]) == written


def test_a_newer_submission_that_arrives_meanwhile_stands(store: DirectoryStore) -> None:
    """It is written between the older one's parts and its manifest."""
    one, two = speak(store, "One."), speak(store, "Two.")
    newer, older = plan_of((two, 0)), plan_of((one, 0))

    class Overtaken(DirectoryStore):
        def create(self, name: str, data: bytes, **kinds: Any) -> str:
            if name.endswith("manifest.json"):
                assemble_lesson(store, newer, message_for(newer, submitted=20))
            return super().create(name, data, **kinds)

    manifest = assemble_lesson(Overtaken(Path(store.url)), older, message_for(older, submitted=10))
    assert (manifest.submitted, manifest.plan) == (20, newer.plan_id())


def test_the_manifest_comes_last_and_a_reader_of_the_old_one_finds_its_parts(store: DirectoryStore) -> None:
    one, two = speak(store, "One."), speak(store, "Two.")
    older, newer = plan_of((one, 0)), plan_of((two, 0))
    seen = []

    class Read(DirectoryStore):
        """A reader comes by after every write."""

        def put_file(self, name: str, path: Path, **kinds: Any) -> str:
            tag = super().put_file(name, path, **kinds)
            self._look()
            return tag

        def replace(self, name: str, data: bytes, tag: str, **kinds: Any) -> str:
            written = super().replace(name, data, tag, **kinds)
            self._look()
            return written

        def _look(self) -> None:
            manifest = Manifest.model_validate_json(self.get(FOLDER + "manifest.json")[0])
            for part in manifest.parts:
                assert hashlib.sha256(self.get(FOLDER + part.name)[0]).hexdigest() == part.sha256
            seen.append(manifest.submitted)

    assemble_lesson(store, older, message_for(older, submitted=10))
    assemble_lesson(Read(Path(store.url)), newer, message_for(newer, submitted=20))
    assert seen[-1] == 20
    assert set(seen[:-1]) == {10}


def test_a_newer_submission_replaces_an_older_one(store: DirectoryStore) -> None:
    one, two = speak(store, "One."), speak(store, "Two.")
    older, newer = plan_of((one, 0)), plan_of((two, 0))
    assemble_lesson(store, older, message_for(older, submitted=10))
    assert assemble_lesson(store, newer, message_for(newer, submitted=20)).cues[0].key == two.key()
    assert Manifest.model_validate_json(store.get(FOLDER + "manifest.json")[0]).submitted == 20


def test_a_redelivered_message_reads_no_segment_and_mends_a_lost_part(store: DirectoryStore) -> None:
    spoken = speak(store, "One.")
    plan = plan_of((spoken, 0))
    first = assemble_lesson(store, plan, message_for(plan))
    kept = contents(store)
    store.delete([FOLDER + first.parts[0].name])
    assemble_lesson(store, plan, message_for(plan))
    assert contents(store) == kept
    store.delete([segment_name(spoken.key())])
    assert assemble_lesson(store, plan, message_for(plan)) == first


def test_a_lesson_that_sounds_the_same_is_not_linked_again(store: DirectoryStore) -> None:
    """Its lines have moved: the manifest says so, and the segments are not even read."""
    spoken = speak(store, "One.")
    plan = plan_of((spoken, 300))
    first = assemble_lesson(store, plan, message_for(plan))
    parts = {entry.name: entry.tag for entry in store.list(FOLDER) if not entry.name.endswith(".json")}
    store.delete([segment_name(spoken.key())])
    moved = plan.model_copy(
        update={"source_digest": "9" * 64, "entries": (plan.entries[0].model_copy(update={"line": 40}),)}
    )
    second = assemble_lesson(store, moved, message_for(moved, submitted=2))
    assert (second.cues[0].line, second.source_digest, second.submitted) == (40, "9" * 64, 2)
    assert second.parts == first.parts
    assert {entry.name: entry.tag for entry in store.list(FOLDER) if not entry.name.endswith(".json")} == parts
    assert Manifest.model_validate_json(store.get(FOLDER + "manifest.json")[0]) == second


def test_what_a_killed_assembly_left_is_removed_a_day_later(
    store: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, fresh, foreign = (tmp_path / name for name in ("narrator-lesson-a", "narrator-lesson-b", "other"))
    yesterday = time.time() - 25 * 3600
    for folder in (old, fresh, foreign):
        folder.mkdir()
        (folder / "spool").write_bytes(b"sound")
        if folder is not fresh:
            os.utime(folder, (yesterday, yesterday))
    plan = plan_of((speak(store, "One."), 0))
    assemble_lesson(store, plan, message_for(plan))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["narrator-lesson-b", "other", "store"]


def test_no_room_for_temporary_files_is_said(store: DirectoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of((speak(store, "One."), 0))
    monkeypatch.setattr(tempfile, "tempdir", "/dev/full")
    with pytest.raises(Permanent, match=r"TMPDIR.*make room"):
        assemble_lesson(store, plan, message_for(plan))


@pytest.mark.parametrize("junk", [b"", b"{", b"[]", b'{"submitted": 0}', b'{"submitted": "soon"}'])
def test_an_unreadable_manifest_is_replaced(store: DirectoryStore, junk: bytes) -> None:
    store.put(FOLDER + "manifest.json", junk)
    plan = plan_of((speak(store, "One."), 0))
    assemble_lesson(store, plan, message_for(plan))
    assert json.loads(store.get(FOLDER + "manifest.json")[0])["submitted"] == 1


def test_a_plan_of_another_lesson_is_refused(store: DirectoryStore) -> None:
    plan = plan_of((segment("One."), 0))
    with pytest.raises(Permanent, match="physics/waves, not physics/light"):
        assemble_lesson(store, plan, message_for(plan).model_copy(update={"lesson": "light"}))


def test_the_manifest_satisfies_its_published_schema(store: DirectoryStore) -> None:
    plan = plan_of((speak(store, "One."), 100), title="Waves", source="waves.md", loudness=Loudness(lufs=-1600))
    assemble_lesson(store, plan, message_for(plan))
    stored = json.loads(store.get(FOLDER + "manifest.json")[0])
    jsonschema.validate(stored, json.loads(manifest_schema()))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**stored, "parts": [{"name": "../up"}]}, json.loads(manifest_schema()))


def test_the_stdlib_reads_the_lesson(store: DirectoryStore) -> None:
    plan = plan_of((speak(store, "One."), 0))
    manifest = assemble_lesson(store, plan, message_for(plan))
    with wave.open(io.BytesIO(store.get(FOLDER + manifest.parts[0].name)[0])) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate(), file.getnframes()) == (
            1,
            2,
            24000,
            24000,
        )


def test_segments_are_fetched_ahead(store: DirectoryStore) -> None:
    """AHEAD of them at once, which a barrier proves; and they are laid down in order."""
    plan = plan_of(*[(speak(store, f"Segment {n}.", seconds=0.1), 0) for n in range(3 * AHEAD)])
    together = threading.Barrier(AHEAD)

    class Slow(DirectoryStore):
        def get(self, name: str) -> tuple[bytes, str]:
            if name.startswith("segments/"):
                together.wait(timeout=30)
            return super().get(name)

    manifest = assemble_lesson(Slow(Path(store.url)), plan, message_for(plan))
    assert [cue.key for cue in manifest.cues] == [entry.key for entry in plan.entries]
