"""Finds which of many names are in a bucket: by listing folders where that is cheaper, else by asking for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from worker.errors import StoreRefused
from worker.store.base import StoredObject, check_name
from worker.store.s3_client import CONNECTIONS

WORTH_LISTING = 200  # names wanted of a folder from which a page of its listing costs less than asking for each
LISTED_AS_ASKED = 5  # names in a listing that cost as much as a HEAD request

List = Callable[[str], Iterable[StoredObject]]  # the objects whose names start with a prefix, in any order
Ask = Callable[[list[str]], set[str]]  # those of the names that are there, by a request for each


def existing(names: Iterable[str], list_objects: List, ask: Ask) -> set[str]:
    """Return those of the names that are there.

    Folders of which many are wanted are listed, several at once; all other names are asked for. Nothing here depends
    on the order of a listing: some servers go by bytes, some folder by folder.
    """
    folders: dict[str, set[str]] = {}
    for name in names:
        folder = "/".join(check_name(name).split("/")[:-1][:2])  # lessons/COURSE, segments/KE
        folders.setdefault(folder, set()).add(name)
    dense = {folder: wanted for folder, wanted in folders.items() if len(wanted) >= WORTH_LISTING}
    there: set[str] = set()
    unlisted = [name for folder, wanted in folders.items() if folder not in dense for name in wanted]
    with ThreadPoolExecutor(CONNECTIONS, "store-list") as pool:  # starts no thread where nothing is to be listed
        for shown, hidden in pool.map(lambda folder: _listed(folder, dense[folder], list_objects), dense):
            there |= shown
            unlisted += hidden
    return there | ask(unlisted)


def _listed(folder: str, names: set[str], list_objects: List) -> tuple[set[str], set[str]]:
    """Return those of the names that are there, and those of which the listing tells nothing.

    It ends where asking for each becomes cheaper, since between them may lie others that nobody wants.
    """
    limit = len(names) * LISTED_AS_ASKED
    unseen = set(names)
    listed = 0
    try:
        for found in islice(list_objects(f"{folder}/" if folder else ""), limit):
            listed += 1
            unseen.discard(found.name)
            if not unseen:
                break
    except StoreRefused:  # to list, where to read may be allowed
        return set(), names
    return names - unseen, unseen if listed == limit else set()
