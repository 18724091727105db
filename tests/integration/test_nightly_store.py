"""Lock, garbage and mirror over every kind of store."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from models.errors import Permanent
from producer.errors import Locked
from producer.nightly import garbage
from producer.nightly.lock import StoreLock
from producer.nightly.source import TAGS, mirror
from tests.integration.submission import wait_for
from worker.errors import Missing
from worker.store import Store

FOREVER = 86_400 * 30.0


def test_two_never_hold_a_lock_and_it_is_free_again_afterwards(any_store: Store) -> None:
    with StoreLock(any_store, "night"), pytest.raises(Locked, match="another run holds locks/night"):
        StoreLock(any_store, "night").__enter__()
    with StoreLock(any_store, "night"), StoreLock(any_store, "other"):
        pass


def test_a_dead_holder_blocks_nobody_past_the_expiry(any_store: Store) -> None:
    any_store.put("locks/night.json", b'{"holder": "dead:1:ab", "until": %d}' % (time.time() - 1))
    with StoreLock(any_store, "night"):
        pass
    any_store.put("locks/night.json", b'{"holder": "alive:1:ab", "until": %d}' % (time.time() + 60))
    with pytest.raises(Locked, match=r"alive:1:ab.*free in (59|60) s"):
        StoreLock(any_store, "night").__enter__()


def test_of_many_that_take_over_an_expired_lock_one_wins(tmp_path: Path) -> None:
    from worker.contract.settings import Settings
    from worker.store import open_store

    store = open_store(Settings(store=str(tmp_path)))
    store.put("locks/night.json", b"{}")
    gate = Barrier(8)

    def take(_: int) -> bool:
        gate.wait()
        try:
            StoreLock(store, "night").__enter__()
        except Locked:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(8))) == 1


def test_a_held_lock_is_renewed_and_a_stolen_one_is_noticed(any_store: Store) -> None:
    with StoreLock(any_store, "night", expiry=2.0) as lock:  # short enough to be renewed here
        taken, _ = any_store.get("locks/night.json")
        wait_for(lambda: any_store.get("locks/night.json")[0] != taken)
        assert not lock.lost
        with pytest.raises(Locked):
            StoreLock(any_store, "night").__enter__()

        def stolen() -> bool:  # where conditions are not atomic, a renewal may win over the thief now and then
            any_store.put("locks/night.json", b'{"holder": "thief", "until": 9999999999}')
            return lock.lost

        wait_for(stolen)
    assert b"thief" in any_store.get("locks/night.json")[0]  # not ours to release


# --- garbage

KEYS = [f"{number:064x}" for number in range(4)]


def fill(store: Store) -> None:
    """A finished lesson of segment 0, a plan of segment 1, segments 2 and 3 of nobody, parts of a former version."""
    for key in KEYS:
        store.put(f"segments/{key[:2]}/{key}.wav", b"sound")
    store.put(f"plans/00/{KEYS[1]}.json", b'{"entries": [{"key": "%s"}]}' % KEYS[1].encode())
    store.put("lessons/c/l/l.new.wav", b"new")
    store.put("lessons/c/l/l.old.wav", b"old")
    manifest = b'{"version": 1, "plan": "%s", "parts": [{"name": "l.new.wav"}], "cues": [{"key": "%s"}]}'
    store.put("lessons/c/l/manifest.json", manifest % (KEYS[3].encode(), KEYS[0].encode()))
    store.put("segments/readme.txt", b"somebody else's")


def names(store: Store) -> set[str]:
    return {entry.name for entry in store.list()}


def test_nothing_young_is_garbage_and_what_no_lesson_refers_to_is_once_old(any_store: Store) -> None:
    fill(any_store)
    before = names(any_store)
    assert len(garbage.find(any_store)) == 0
    found = garbage.find(any_store, now=time.time() + FOREVER)
    assert found.names == {
        "segments": [f"segments/00/{key}.wav" for key in KEYS[1:]],
        "plans": [f"plans/00/{KEYS[1]}.json"],
        "lessons": ["lessons/c/l/l.old.wav"],
    }
    assert names(any_store) == before  # finding deletes nothing
    garbage.collect(any_store, found)
    assert before - names(any_store) == {name for kind in found.names.values() for name in kind}
    assert len(garbage.find(any_store, now=time.time() + FOREVER)) == 0


def test_a_plan_written_again_protects_the_old_segments_that_it_names(any_store: Store) -> None:
    fill(any_store)
    # Everything is old but the plan, which a run has just written again.
    entries = {entry.name: entry for entry in any_store.list()}
    now = entries[f"plans/00/{KEYS[1]}.json"].modified + garbage.AGE_DAYS * 86_400 - 1
    old = _Aged(any_store, {f"segments/00/{KEYS[1]}.wav", f"segments/00/{KEYS[2]}.wav"})
    assert garbage.find(old, now=now).names["segments"] == [f"segments/00/{KEYS[2]}.wav"]


class _Aged:
    """A store some of whose objects are a month older than they are."""

    def __init__(self, store: Store, old: set[str]) -> None:
        self._store, self._old = store, old

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def list(self, prefix: str = ""):
        from dataclasses import replace

        for entry in self._store.list(prefix):
            yield replace(entry, modified=entry.modified - FOREVER) if entry.name in self._old else entry


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"cues": [{"key": "x"}], "plan": "y"}', b'{"version": 2}'])
def test_a_manifest_that_cannot_be_read_stops_everything(any_store: Store, damage: bytes) -> None:
    fill(any_store)
    any_store.put("lessons/c/broken/manifest.json", damage)
    with pytest.raises(Permanent, match=r"lessons/c/broken/manifest.json cannot be read.*nothing was deleted"):
        garbage.find(any_store, now=time.time() + FOREVER)


def test_pruning_removes_a_lesson_and_leaves_its_segments(any_store: Store) -> None:
    fill(any_store)
    assert garbage.prune(any_store, [("c", "l"), ("c", "never-was")]) == 2
    assert not list(any_store.list("lessons/"))
    with pytest.raises(Missing):
        any_store.get("lessons/c/l/manifest.json")
    assert len(list(any_store.list("segments/"))) == 5


# --- mirror


def test_a_mirror_holds_the_lessons_of_a_bucket_and_fetches_only_what_changed(any_store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "mirror" / "lessons"
    any_store.put("c/one.md", b"# One")
    any_store.put("c/deep/two.md", b"# Two")
    any_store.put("c/lexicon.toml", b"")
    any_store.put("c/picture.png", b"no lesson")
    mirror(any_store, folder)
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert files == [TAGS, "c/deep/two.md", "c/lexicon.toml", "c/one.md"]
    kept = (folder / "c/deep/two.md").stat().st_ino
    any_store.put("c/one.md", b"# One, edited")
    any_store.delete(["c/lexicon.toml"])
    mirror(any_store, folder)
    assert (folder / "c/one.md").read_bytes() == b"# One, edited"
    assert (folder / "c/deep/two.md").stat().st_ino == kept
    assert not (folder / "c/lexicon.toml").exists()
    (folder / "c/one.md").unlink()  # whatever happens to a mirror, the next night mends it
    mirror(any_store, folder)
    assert (folder / "c/one.md").read_bytes() == b"# One, edited"
