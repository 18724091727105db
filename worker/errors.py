"""Errors of the worker's side, beside those of ``models``: how it fails.

``Transient`` ones are tried again; ``Permanent`` ones are reported; those that are neither tell a caller what it asks.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from models.errors import NarrationError, Permanent, Transient


class BrokerUnavailable(Transient):
    """The broker did not answer, or did not take a message; the error names it without its password."""


class LedgerUnavailable(Transient):
    """Redis did not answer, or refused for now."""


class RunGone(Transient):
    """The ledger does not know the run any more: it expired, or Redis was flushed. Submit again."""


class StoreUnavailable(Transient):
    """The store did not answer, or answered with a passing fault."""


class StoreRefused(Permanent):
    """The store says no: full, denied, a wrong clock. A fault of the deployment and not of what is stored, so that
    workers try again for about two minutes before they give up what it hit."""


class Missing(NarrationError):
    """No object of that name is in the store."""


class Exists(NarrationError):
    """A create-only write found an object already there, or a conditional write found another version."""


class UnreadableManifest(Permanent):
    """A manifest in the store is damaged, or of a version that is not known here; keeps what was found."""

    def __init__(self, url: str, name: str, reason: object, data: bytes, tag: str) -> None:
        super().__init__(f"{url}: {name} cannot be read; submit the lesson again: {reason}")
        self.data = data
        self.tag = tag

    @property
    def submitted(self) -> int:
        """The time at which its lesson was submitted, if that much can be read; else 0."""
        try:
            fields = json.loads(self.data)
        except ValueError:
            return 0
        at = fields.get("submitted") if isinstance(fields, dict) else None
        return at if isinstance(at, int) else 0


class DamagedAudio(Permanent):
    """Stored sound is not what this system writes: cut off, altered or foreign."""


class MissingSegments(NarrationError):
    """Segments of a lesson are not in the store: they are to be rendered (again)."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__(f"{len(keys)} segments are not in the store, {keys[0]} among them")
        self.keys = tuple(keys)
