"""The one reader of manifests in a store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from worker.contract.manifest import Manifest
from worker.errors import Missing, UnreadableManifest
from worker.store import manifests
from worker.store.directory import DirectoryStore

DIGEST = "0" * 64
NAME = "lessons/c/l/manifest.json"
LOUDNESS = {"target": None, "integrated": None, "true_peak": None, "gain": 0}
FIELDS: dict[str, Any] = {
    "version": 1, "course": "c", "lesson": "l", "title": "L", "language": "en", "source": "l.md", "plan": "1" * 64,
    "source_digest": DIGEST, "lesson_key": DIGEST, "submitted": 7, "sample_rate": 24000, "samples": 0, "cues": [],
    "loudness": LOUDNESS,
    "parts": [{"kind": "audio", "name": "l.0a.wav", "media_type": "audio/wav", "size": 1, "sha256": DIGEST}],
}  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path)


def put(store: DirectoryStore, **changes: Any) -> bytes:
    data = json.dumps(FIELDS | changes).encode()
    store.put(NAME, data)
    return data


def test_a_manifest_is_read_whole_and_in_outline(store: DirectoryStore) -> None:
    data = put(store)
    found = manifests.at(store, NAME)
    assert (found.data, found.tag) == store.get(NAME) == (data, found.tag)
    assert found.manifest == manifests.read(store, "c", "l") == manifests.find(store, "c", "l")
    assert found.manifest == Manifest.model_validate(FIELDS | {"parts": tuple(FIELDS["parts"]), "cues": ()})
    outline = manifests.outline(store, NAME)
    assert (outline.plan, outline.keys, outline.parts) == ("1" * 64, frozenset(), ("lessons/c/l/l.0a.wav",))
    assert outline.record["lesson_key"] == DIGEST


def test_what_is_not_there_is_missing(store: DirectoryStore) -> None:
    assert manifests.find(store, "c", "l") is None
    for read in (manifests.at, manifests.outline):
        with pytest.raises(Missing):
            read(store, NAME)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"plan": "short"},
        {"parts": [{"name": "../../plans/x"}]},
        {"parts": 1},
        {"cues": [{"key": 1}]},
    ],
)
def test_what_cannot_be_read_is_named_with_the_remedy(store: DirectoryStore, changes: dict[str, Any]) -> None:
    put(store, **changes)
    assert manifests.find(store, "c", "l") is None
    for read in (manifests.at, manifests.outline):
        with pytest.raises(UnreadableManifest, match=rf"{NAME} cannot be read; submit the lesson again") as caught:
            read(store, NAME)
        assert caught.value.tag == store.get(NAME)[1]
        assert caught.value.submitted == 7


@pytest.mark.parametrize("data", [b"", b"[]", b'{"submitted": "x"}', b"\xff"])
def test_damage_tells_no_time_of_submission(store: DirectoryStore, data: bytes) -> None:
    store.put(NAME, data)
    for read in (manifests.at, manifests.outline):
        with pytest.raises(UnreadableManifest) as caught:
            read(store, NAME)
        assert caught.value.submitted == 0


def test_finished_lessons_are_sorted_whatever_the_order_of_the_listing(store: DirectoryStore) -> None:
    for name in ("a/b", "a-b/1", "a/a", "b/c"):
        store.put(f"lessons/{name}/manifest.json", b"{}")
        store.put(f"lessons/{name}/x.wav", b"")

    class Backwards(DirectoryStore):
        def list(self, prefix: str = ""):  # type: ignore[no-untyped-def]
            return reversed(list(super().list(prefix)))

    for one in (store, Backwards(Path(store.url))):
        assert manifests.finished_lessons(one) == [("a", "a"), ("a", "b"), ("a-b", "1"), ("b", "c")]
        assert manifests.finished_lessons(one, "a") == [("a", "a"), ("a", "b")]
