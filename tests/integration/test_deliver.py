"""Finished lessons arrive in a folder under plain names; what is right already is left alone."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from models.errors import Permanent
from producer.outputs.deliver import deliver
from worker.contract.manifest import Cue, LessonPart, Manifest, MeasuredLoudness
from worker.contract.messages import Segment
from worker.store.directory import DirectoryStore

FOLDER = "lessons/physics/waves/"
KINDS = {"wav": ("audio", "audio/wav"), "mp3": ("audio", "audio/mpeg"), "vtt": ("vtt", "text/vtt")}


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


def publish(store: DirectoryStore, submitted: int = 1, **parts: bytes) -> Manifest:
    """Store a lesson with these parts, by suffix."""
    listed = []
    for suffix, data in parts.items():
        name = f"waves.{hashlib.sha256(data).hexdigest()[:8]}.{suffix}"
        kind, media_type = KINDS[suffix]
        store.put(FOLDER + name, data)
        digest = hashlib.sha256(data).hexdigest()
        listed.append(LessonPart(kind=kind, name=name, media_type=media_type, size=len(data), sha256=digest))
    spoken = Segment(
        voice="tiny/a",
        fingerprint="0" * 64,
        backend="cpu",
        precision="fp32",
        language="en",
        text="Hi.",
        frontend="1" * 64,
    )
    manifest = Manifest(
        course="physics",
        lesson="waves",
        title="",
        language="en",
        source="",
        source_digest="2" * 64,
        lesson_key="3" * 64,
        plan="4" * 64,
        submitted=submitted,
        sample_rate=24000,
        samples=1,
        loudness=MeasuredLoudness(target=None, integrated=None, true_peak=0, gain=0),
        parts=tuple(listed),
        cues=(Cue(key=spoken.key(), segment=spoken, caption="Hi.", role="sentence", line=1, start=0, end=1),),
    )
    store.put(FOLDER + "manifest.json", manifest.model_dump_json().encode())
    return manifest


def test_parts_arrive_under_plain_names_that_the_manifest_uses(store: DirectoryStore, tmp_path: Path) -> None:
    publish(store, wav=b"sound", vtt=b"text")
    out = tmp_path / "out"
    paths = deliver(store, "physics", "waves", out)
    folder = out / "physics" / "waves"
    assert paths == [folder / "waves.wav", folder / "waves.vtt", folder / "manifest.json"]
    assert sorted(p.name for p in folder.iterdir()) == ["manifest.json", "waves.vtt", "waves.wav"]
    assert (folder / "waves.wav").read_bytes() == b"sound"
    local = Manifest.model_validate_json((folder / "manifest.json").read_bytes())
    assert [part.name for part in local.parts] == ["waves.wav", "waves.vtt"]


def test_what_is_right_is_left_alone(store: DirectoryStore, tmp_path: Path) -> None:
    publish(store, wav=b"sound", vtt=b"text")
    paths = deliver(store, "physics", "waves", tmp_path)
    before = [path.stat().st_ino for path in paths]
    assert deliver(store, "physics", "waves", tmp_path) == paths
    assert [path.stat().st_ino for path in paths] == before
    publish(store, submitted=2, wav=b"sound", vtt=b"words")
    deliver(store, "physics", "waves", tmp_path)
    after = [path.stat().st_ino for path in paths]
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False, False]
    assert paths[1].read_bytes() == b"words"


@pytest.mark.parametrize("content", [b"noise", b"cut", None])
def test_a_file_that_was_changed_since_is_fetched_again(
    store: DirectoryStore, tmp_path: Path, content: bytes | None
) -> None:
    publish(store, wav=b"sound")
    wav, manifest = deliver(store, "physics", "waves", tmp_path)
    wav.unlink()
    if content is not None:
        wav.write_bytes(content)
        later = manifest.stat().st_mtime_ns + 1_000_000
        os.utime(wav, ns=(later, later))
    deliver(store, "physics", "waves", tmp_path)
    assert wav.read_bytes() == b"sound"


def test_an_output_no_longer_wanted_is_removed_and_foreign_files_stay(store: DirectoryStore, tmp_path: Path) -> None:
    publish(store, wav=b"sound", mp3=b"small")
    paths = deliver(store, "physics", "waves", tmp_path)
    notes = paths[0].with_name("notes.txt")
    notes.write_text("mine")
    publish(store, submitted=2, wav=b"sound")
    deliver(store, "physics", "waves", tmp_path)
    assert [path.exists() for path in paths] == [True, False, True]
    assert notes.exists()


def test_a_lesson_without_a_manifest_is_not_finished(store: DirectoryStore, tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="physics/waves is not finished"):
        deliver(store, "physics", "waves", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_lost_part_is_named_and_the_old_lesson_stands(store: DirectoryStore, tmp_path: Path) -> None:
    publish(store, wav=b"sound")
    wav, manifest = deliver(store, "physics", "waves", tmp_path)
    old = manifest.read_bytes()
    part = publish(store, submitted=2, wav=b"music").parts[0]
    store.delete([FOLDER + part.name])
    with pytest.raises(Permanent, match=f"{part.name} is gone"):
        deliver(store, "physics", "waves", tmp_path)
    assert (wav.read_bytes(), manifest.read_bytes()) == (b"sound", old)
    assert len(list(wav.parent.iterdir())) == 2


@pytest.mark.parametrize("content", [b"noise", b"sou", b"soundsound"])
def test_a_damaged_part_never_arrives(store: DirectoryStore, tmp_path: Path, content: bytes) -> None:
    part = publish(store, wav=b"sound").parts[0]
    store.put(FOLDER + part.name, content)
    with pytest.raises(Permanent, match=f"{part.name} is not what its manifest says"):
        deliver(store, "physics", "waves", tmp_path / "out")
    assert not list((tmp_path / "out/physics/waves").iterdir())


def test_an_unreadable_manifest_in_the_store_is_named(store: DirectoryStore, tmp_path: Path) -> None:
    store.put(FOLDER + "manifest.json", json.dumps({"version": 9}).encode())
    with pytest.raises(Permanent, match=r"manifest\.json cannot be read"):
        deliver(store, "physics", "waves", tmp_path)


def test_a_folder_that_cannot_be_written_is_named(store: DirectoryStore, tmp_path: Path) -> None:
    publish(store, wav=b"sound")
    (tmp_path / "physics").write_text("in the way")
    with pytest.raises(Permanent, match="physics"):
        deliver(store, "physics", "waves", tmp_path)
