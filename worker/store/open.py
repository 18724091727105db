"""The one place that chooses a store by its address."""

from __future__ import annotations

from pathlib import Path

from models.errors import Permanent
from worker.contract.settings import Settings, store_address
from worker.store.base import Store


def open_store(settings: Settings, where: str | None = None) -> Store:
    """Open the store that ``where`` or the settings name: ``s3://bucket/prefix``, or a directory, made if absent.

    A namespace is a folder of its own inside it. Raises Permanent for an address of no kind that is known.
    """
    address = where or settings.store
    if not address:
        raise Permanent("no store: set NARRATOR_STORE to a directory or to s3://bucket/prefix")
    try:
        address = store_address(address)
    except ValueError as error:
        raise Permanent(str(error)) from None
    if address.startswith("s3://"):
        from worker.store.s3 import S3Store

        return S3Store.at(address, settings)
    from worker.store.directory import DirectoryStore

    root = Path(address.removeprefix("file://")).expanduser()
    return DirectoryStore(root / settings.namespace if settings.namespace else root)
