"""Which of many names are there does not depend on the order in which a server lists them."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.errors import StoreRefused
from worker.store import s3_presence
from worker.store.base import StoredObject
from worker.store.s3_presence import existing

# Of the kind that byte order and folder by folder put differently: "a/b", "a-b/1", "a.b".
NAMES = st.from_regex(r"[ab](?:[-./][ab1]){0,4}", fullmatch=True).filter(lambda name: "/." not in name)


class Bucket:
    """A fake bucket that lists in the order it is told, and counts what it is asked."""

    def __init__(self, there: set[str], order: str = "bytes", seed: int = 0) -> None:
        self.names = sorted(there)
        if order == "folders":  # SeaweedFS: a folder's entries by name, each folder whole before what comes after it
            self.names.sort(key=lambda name: name.split("/"))
        elif order == "random":
            random.Random(seed).shuffle(self.names)
        self.listed = self.asked = 0

    def list(self, prefix: str) -> Iterator[StoredObject]:
        for name in self.names:
            if name.startswith(prefix):
                self.listed += 1
                yield StoredObject(name, 0, 0.0, "")

    def ask(self, names: list[str]) -> set[str]:
        self.asked += len(names)
        return {name for name in names if name in self.names}


@given(
    st.sets(NAMES), st.sets(NAMES), st.sampled_from(["bytes", "folders", "random"]), st.integers(1, 3), st.integers()
)
def test_the_answer_is_right_in_any_order(
    there: set[str], wanted: set[str], order: str, listed_as_asked: int, seed: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3_presence, "WORTH_LISTING", 1)  # every folder is listed
        patch.setattr(s3_presence, "LISTED_AS_ASKED", listed_as_asked)  # and many a listing is cut off
        bucket = Bucket(there, order, seed)
        assert existing(wanted, bucket.list, bucket.ask) == wanted & there


def test_a_listing_that_is_cut_off_folder_by_folder_hides_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The case that a comparison of names got wrong: the last name seen sorts after one that comes later."""
    monkeypatch.setattr(s3_presence, "WORTH_LISTING", 1)
    monkeypatch.setattr(s3_presence, "LISTED_AS_ASKED", 1)
    bucket = Bucket({"lessons/c/a/b", "lessons/c/a-b/1"}, "folders")
    assert bucket.names == ["lessons/c/a/b", "lessons/c/a-b/1"]
    assert existing(["lessons/c/a-b/1"], bucket.list, bucket.ask) == {"lessons/c/a-b/1"}
    assert (bucket.listed, bucket.asked) == (1, 1)


def test_what_was_listed_whole_is_not_asked_for() -> None:
    there = {f"segments/ab/{number:03}" for number in range(300)}
    bucket = Bucket(there)
    assert existing(there | {f"segments/ab/{number:03}x" for number in range(300)}, bucket.list, bucket.ask) == there
    assert (bucket.listed, bucket.asked) == (300, 0)


def test_a_listing_ends_when_all_are_found() -> None:
    bucket = Bucket({f"segments/ab/{number:04}" for number in range(1000)})
    wanted = {f"segments/ab/{number:04}" for number in range(200)}
    assert existing(wanted, bucket.list, bucket.ask) == wanted
    assert (bucket.listed, bucket.asked) == (200, 0)


def test_few_names_are_asked_for_and_nothing_is_listed() -> None:
    bucket = Bucket({f"segments/ab/{number:04}" for number in range(1000)})
    assert existing(["segments/ab/0001", "segments/ab/x"], bucket.list, bucket.ask) == {"segments/ab/0001"}
    assert (bucket.listed, bucket.asked) == (0, 2)


def test_who_may_not_list_asks() -> None:
    def refuse(prefix: str) -> Iterator[StoredObject]:
        raise StoreRefused(prefix)

    there = {f"segments/ab/{number:03}" for number in range(300)}
    bucket = Bucket(there)
    assert existing(there | {"segments/ab/x"}, refuse, bucket.ask) == there
