"""Turns errors of the operating system into ours: which faults pass, which do not, and the remedy."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from worker.errors import StoreRefused, StoreUnavailable

PASSING = {
    errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE,
    errno.ETIMEDOUT,
}  # fmt: skip
REMEDIES = {
    errno.ENOSPC: "free some disk space, or name a store elsewhere in NARRATOR_STORE",
    errno.EDQUOT: "your disk quota is used up: free some, or name a store elsewhere in NARRATOR_STORE",
    errno.EFBIG: "a file size limit (ulimit -f) stops it: raise the limit",
    errno.EACCES: "give this user permission to read and write there",
    errno.EPERM: "give this user permission to read and write there",
    errno.EROFS: "the file system is read-only: mount it writable, or name a store elsewhere in NARRATOR_STORE",
    errno.ELOOP: "a symbolic link stands where an object should: remove it",
    errno.EXDEV: "the whole store must lie on one file system: remove the mount inside it",
    errno.EISDIR: "a folder stands where an object should: remove it, or rename the lesson",
    errno.ENOTDIR: "an object or file stands where a folder should: remove it, or name another directory",
    errno.EEXIST: "a file stands where a folder should: remove it, or name another directory",
    errno.ENAMETOOLONG: "shorten the course or lesson id, or the path of the store",
}


@contextmanager
def translate(place: str | os.PathLike[str], *but: type[OSError]) -> Iterator[None]:
    """Turn an OSError about that place into StoreUnavailable where it may pass, StoreRefused with a remedy otherwise.

    Errors of the kinds ``but`` go through: the caller knows what they mean.
    """
    try:
        yield
    except but:
        raise
    except OSError as error:
        what = f"{os.fspath(place)}: {error.strerror or error}"
        if error.errno in PASSING:
            raise StoreUnavailable(what) from error
        remedy = REMEDIES.get(error.errno or 0, "check the directory that NARRATOR_STORE names")
        raise StoreRefused(f"{what}: {remedy}") from error
