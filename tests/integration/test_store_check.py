"""``narrator store check``: a store that was narrated into, damaged in every way there is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import producer
from producer.cli import main
from tests.conftest import TINY_VOICES
from tests.integration.test_local_stack import lesson, sentence
from worker.contract.settings import Settings
from worker.store import Store, open_store
from worker.store.check import contents, verify


@pytest.fixture(scope="module")
def narrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("narrated")
    lesson(folder, "first", [sentence(number) for number in range(4)])
    lesson(folder, "second", [sentence(number) for number in range(3, 6)])
    producer.make([folder], folder / "out", processes=1, settings=Settings(voices_dir=TINY_VOICES))
    return folder


@pytest.fixture
def place(narrated: Path, tmp_path: Path) -> Path:
    shutil.copytree(narrated / "out" / ".narrator", tmp_path / "store")
    return tmp_path / "store"


@pytest.fixture
def held(place: Path) -> Store:
    return open_store(Settings(), str(place))


def damaged(store: Store) -> dict[str, str]:
    return {one.name: one.reason for looked in verify(store, contents(store)) for one in looked.damage}


def first(store: Store, prefix: str, suffix: str = "") -> str:
    return next(entry.name for entry in store.list(prefix) if entry.name.endswith(suffix))


def test_a_sound_store(held: Store, place: Path) -> None:
    entries = contents(held)
    looked = list(verify(held, entries))
    assert sum(one.size for one in looked) == sum(entry.size for entry in entries)
    assert not any(one.damage for one in looked)
    done = CliRunner().invoke(main, ["store", "check", str(place)])
    assert (done.exit_code, "none damaged" in done.output) == (0, True)


def test_every_bit_of_a_segment_counts(held: Store) -> None:
    name = first(held, "segments/")
    data, _ = held.get(name)
    for at in (0, 50, len(data) // 2, len(data) - 1):
        held.put(name, data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert list(damaged(held)) == [name], at
    for wrong in (b"", data[:-2], data + b"\0\0"):
        held.put(name, wrong)
        assert list(damaged(held)) == [name], len(wrong)
    held.put(name, data)
    assert damaged(held) == {}


def test_a_segment_under_anothers_name(held: Store) -> None:
    one, other = [entry.name for entry in held.list("segments/")][:2]
    held.put(one, held.get(other)[0])
    assert "it holds segment" in damaged(held)[one]


@pytest.mark.parametrize("suffix", [".wav", ".vtt", ".srt"])
def test_parts_of_lessons(held: Store, suffix: str) -> None:
    name = first(held, "lessons/", suffix)
    data, _ = held.get(name)
    held.put(name, bytes([data[0] ^ 1]) + data[1:])
    assert "sha256" in damaged(held)[name]
    held.put(name, data[:-1])
    assert f"it has {len(data) - 1} bytes" in damaged(held)[name]
    held.delete([name])
    assert "it is gone" in damaged(held)[name]


def test_plans_and_manifests(held: Store) -> None:
    plan, manifest = first(held, "plans/"), first(held, "lessons/", "manifest.json")
    held.put(plan, held.get(plan)[0].replace(b"paragraph", b"list_item", 1).replace(b'"line":', b'"line":1', 1))
    held.put(manifest, b"{}")
    assert set(damaged(held)) == {plan, manifest}


def test_repair_and_make_again(held: Store, place: Path, narrated: Path, tmp_path: Path) -> None:
    segment, part = first(held, "segments/"), first(held, "lessons/", ".wav")
    manifest = part.rpartition("/")[0] + "/manifest.json"
    sound = {name: held.get(name)[0] for name in (segment, part)}
    for name, data in sound.items():
        held.put(name, data[:-1] + bytes([data[-1] ^ 1]))
    report = json.loads(CliRunner().invoke(main, ["store", "check", str(place), "--json"]).output)
    assert {one["name"] for one in report["damaged"]} == {segment, part}
    assert report["deleted"] == []
    done = CliRunner().invoke(main, ["store", "check", str(place), "--repair"])
    assert done.exit_code == 1
    assert f"deleted {segment}" in done.output
    assert held.existing([segment, part, manifest]) == {part}, "a reader never meets a manifest without its parts"
    settings = Settings(voices_dir=TINY_VOICES, store=str(place))
    made = producer.make(
        [narrated / "first.md", narrated / "second.md"], tmp_path / "out", processes=1, settings=settings
    )
    assert made.exit_code == 0
    assert damaged(held) == {}
    assert held.get(part)[0] == sound[part]
