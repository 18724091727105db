"""A file-like view of an object: requests for ranges behind a buffer."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

READ_AHEAD = 1 << 20  # bytes fetched at once


class RangedReader(io.RawIOBase):
    """Reads ``fetch(start, end)``, which gives bytes [start, end); wrap it in a BufferedReader."""

    def __init__(self, size: int, fetch: Callable[[int, int], bytes]) -> None:
        self._size = size
        self._fetch = fetch
        self._position = 0

    def readable(self) -> bool:
        """True: this is a reader."""
        return True

    def seekable(self) -> bool:
        """True: a range may begin anywhere."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; nothing is fetched before the next read."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("negative position in an object")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as the object reaches, by one request."""
        end = min(self._position + len(buffer), self._size)
        if end <= self._position:
            return 0
        data = self._fetch(self._position, end)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def readall(self) -> bytes:
        """The rest in one request; the inherited one asks for 8 KB at a time."""
        rest = self._fetch(self._position, self._size) if self._position < self._size else b""
        self._position += len(rest)
        return rest


def buffered(size: int, fetch: Callable[[int, int], bytes]) -> io.BufferedReader:
    """A seekable reader with read-ahead over an object of that size."""
    return io.BufferedReader(RangedReader(size, fetch), READ_AHEAD)
