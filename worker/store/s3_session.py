"""A process's connections to one place in S3: made anew after a fork, and with fresh credentials after a refusal."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from worker.contract.settings import Settings
from worker.errors import StoreRefused
from worker.store.s3_client import S3Location, make_client, translate

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from mypy_boto3_s3 import S3Client

FRESH_SECONDS = 2.0  # for which credentials are not read again, whatever is refused


class _Client(NamedTuple):
    """The client of one process, and when it was made."""

    pid: int
    client: S3Client
    credentials: Credentials | None
    made: float  # seconds, monotonic


class S3Session:
    """A client for any number of threads, made when it is first wanted."""

    def __init__(self, location: S3Location, settings: Settings) -> None:
        """Remember where; nothing is sent yet."""
        self._location = location
        self._settings = settings
        self._lock = threading.Lock()
        self._kept: _Client | None = None

    @property
    def client(self) -> S3Client:
        """boto3's client of this process. Raises Permanent for settings that it refuses."""
        return self._current.client

    @property
    def credentials(self) -> Credentials | None:
        """Who asks; None where nobody is named."""
        return self._current.credentials

    @contextmanager
    def asking(self, name: str = "") -> Iterator[S3Client]:
        """Lend the client for a request about ``name``, and turn its errors into ours.

        Where it is refused, the next request reads the credentials again: they may have been rotated, in a file or in
        the environment of a container, which boto3 reads once.
        """
        try:
            with translate(self._location, name):
                yield self.client
        except StoreRefused:
            with self._lock:
                if self._kept and time.monotonic() - self._kept.made > FRESH_SECONDS:
                    self._kept = None
            raise

    @property
    def _current(self) -> _Client:
        kept = self._kept
        if kept is None or kept.pid != os.getpid():
            with self._lock:
                if (kept := self._kept) and kept.pid == os.getpid():
                    return kept
                client, credentials = make_client(self._settings, self._location)
                kept = self._kept = _Client(os.getpid(), client, credentials, time.monotonic())
        return kept
