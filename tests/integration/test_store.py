"""What every store must do: one suite over the directory and over real S3 servers."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models.errors import Permanent
from worker.contract.settings import Settings
from worker.errors import Exists, Missing
from worker.store import Store, open_store
from worker.store.probe import probe

RACERS = 8


@pytest.fixture
def store(any_store: Store) -> Store:
    return any_store


def race(action: Callable[[int], object]) -> list[int]:
    """Who of eight threads that start at once did not meet Exists."""
    gate = threading.Barrier(RACERS)

    def run(racer: int) -> bool:
        gate.wait()
        try:
            action(racer)
        except Exists:
            return False
        return True

    with ThreadPoolExecutor(RACERS) as pool:
        return [racer for racer, won in enumerate(pool.map(run, range(RACERS))) if won]


def test_what_is_put_is_got_listed_and_replaced_by_the_next_put(store: Store) -> None:
    first = store.put("a/b.wav", b"one", content_type="audio/wav")
    assert store.get("a/b.wav") == (b"one", first)
    [entry] = store.list("a/")
    assert (entry.name, entry.size, entry.tag) == ("a/b.wav", 3, first)
    second = store.put("a/b.wav", b"")
    assert store.get("a/b.wav") == (b"", second)
    assert second != first


def test_what_is_not_there_is_missing(store: Store) -> None:
    for read in (store.get, store.open):
        with pytest.raises(Missing, match=r"a/absent\.wav"):
            read("a/absent.wav")
    assert store.existing(["a/absent.wav"]) == set()
    assert list(store.list("a/")) == []
    store.delete(["a/absent.wav"])


def test_create_stores_the_first_only(store: Store) -> None:
    tag = store.create("s/1.wav", b"first")
    with pytest.raises(Exists):
        store.create("s/1.wav", b"second")
    assert store.get("s/1.wav") == (b"first", tag)


def test_creators_in_a_race_leave_one_whole_object(store: Store) -> None:
    bodies = [bytes([racer]) * 200_000 for racer in range(RACERS)]
    store.create("warm", b"")  # connections, and what the server honours
    winners = race(lambda racer: store.create("raced", bodies[racer]))
    assert store.get("raced")[0] in [bodies[racer] for racer in winners]
    assert len(winners) == 1


def test_replace_needs_the_version_it_read(store: Store) -> None:
    old = store.put("m.json", b"1")
    new = store.replace("m.json", b"2", old)
    with pytest.raises(Exists):
        store.replace("m.json", b"3", old)
    assert store.get("m.json") == (b"2", new)
    store.delete(["m.json"])
    with pytest.raises(Exists):
        store.replace("m.json", b"4", new)
    assert store.existing(["m.json"]) == set()


def test_replacers_in_a_race_leave_one_whole_object(store: Store, request: pytest.FixtureRequest) -> None:
    tag = store.put("m.json", b"start")
    winners = race(lambda racer: store.replace("m.json", b"%d" % racer, tag))
    assert store.get("m.json")[0] in [b"%d" % racer for racer in winners]
    if "directory" in request.node.name:
        assert len(winners) == 1


def test_open_reads_any_part(store: Store) -> None:
    data = os.urandom(2_500_000)
    store.put("long.wav", data)
    with store.open("long.wav") as file:
        assert file.read(10) == data[:10]
        assert file.seek(2_000_000) == 2_000_000
        assert file.read(700_000) == data[2_000_000:]
        file.seek(-5, os.SEEK_END)
        assert file.read() == data[-5:]
        file.seek(1_048_570)
        assert file.read(12) == data[1_048_570:1_048_582]
        file.seek(3_000_000)
        assert file.read(1) == b""
        file.seek(0)
        assert file.read() == data
    store.put("empty", b"")
    with store.open("empty") as file:
        assert file.read() == b""


@pytest.mark.parametrize("size", [0, 100_000, (16 << 20) + 1])
def test_a_file_is_stored_as_it_is(store: Store, tmp_path: Path, size: int) -> None:
    path = tmp_path / "lesson.wav"
    path.write_bytes(os.urandom(size))
    tag = store.put_file("lessons/c/l/lesson.wav", path, content_type="audio/wav")
    with store.open("lessons/c/l/lesson.wav") as file:
        assert hashlib.file_digest(file, "sha256").digest() == hashlib.sha256(path.read_bytes()).digest()
    assert [(entry.size, entry.tag) for entry in store.list()] == [(size, tag)]


def test_a_file_that_cannot_be_read_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=r"absent\.wav"):
        store.put_file("a.wav", tmp_path / "absent.wav")


ODD = ["a b.wav", "a+b.wav", "a%20b.wav", "é.wav", "課/第一.wav", "q?x=1&y#z.wav", "~tilde!*'().wav", "a..b"]


def test_existing_finds_those_that_are_there(store: Store) -> None:
    there = [f"segments/{i:02x}/{i}.wav" for i in range(40)] + ODD
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: store.put(name, name.encode()), there))
    absent = [f"segments/{i:02x}/{i}-not.wav" for i in range(40)] + ["segments/00", "segments"]
    assert store.existing(there + absent + there) == set(there)
    assert store.existing([]) == set()
    assert sorted(entry.name for entry in store.list()) == sorted(there)
    assert all(store.get(name)[0] == name.encode() for name in ODD)


def test_a_listing_honours_the_prefix_and_names_each_object_once(store: Store) -> None:
    """In which order is the server's affair: SeaweedFS lists folder by folder, ``a/b`` before ``a-b/1``."""
    names = ["a-b/1", "a.b", "a/b", "a/b-c", "a/b.c", "a/b0", "aB", "ab/c/d", "b", "ä", "語"]
    for name in reversed(names):
        store.put(name, b"x")

    def listed(prefix: str = "") -> list[str]:
        return sorted(entry.name for entry in store.list(prefix))

    assert listed() == names
    assert listed("a/") == ["a/b", "a/b-c", "a/b.c", "a/b0"]
    assert listed("a") == names[:8]
    assert listed("ab/c") == ["ab/c/d"]
    assert listed("c/") == []


def test_delete_removes_those_named_and_no_others(store: Store) -> None:
    names = [f"d/{i}" for i in range(12)]
    for name in names:
        store.put(name, b"x")
    store.delete([*names[:10], "d/absent", "absent/absent"])
    assert [entry.name for entry in store.list()] == ["d/10", "d/11"]
    store.delete(names)
    store.put("d/1", b"again")
    assert store.existing(names) == {"d/1"}


BAD = ["", "/etc/passwd", "../up", "a/../../up", "a//b", "a/", ".", "a/./b", ".hidden", "a/.tmp/b", "a\0b", "a\nb"]
BAD += ["a\\b", "\ud800", "x" * 256, "/".join(["y" * 200] * 5)]


@pytest.mark.parametrize("name", BAD)
def test_names_that_some_store_cannot_hold_are_refused(tmp_path: Path, name: str) -> None:
    store = open_store(Settings(store=str(tmp_path)))
    for action in (store.get, store.open, lambda n: store.put(n, b""), lambda n: store.create(n, b"")):
        with pytest.raises(Permanent, match="store name"):
            action(name)
    with pytest.raises(Permanent, match="store name"):
        store.existing([name])
    with pytest.raises(Permanent, match="store name"):
        store.delete([name])


def test_longest_name_can_be_held(store: Store) -> None:
    name = "/".join(["z" * 255, "z" * 255, "z" * 255, "z" * 132])
    assert len(name) == 900
    store.put(name, b"x")
    assert [entry.name for entry in store.list()] == [name]


def test_doctor_finds_nothing_wrong(store: Store) -> None:
    checks = probe(store)
    assert [(check.name, check.ok) for check in checks] == [
        (name, True) for name in ("write", "conditional write", "read", "ranged read", "list", "delete")
    ]
    assert "winner" in checks[1].detail
    assert list(store.list()) == []
