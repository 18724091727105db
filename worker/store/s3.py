"""Objects in a bucket of S3, or of a server that speaks its protocol.

Create-only writes use ``If-None-Match: *``. Where a server ignores or refuses it, a look before the write stands in;
two writers may then both store a segment, and either result is right: correctness never depends on the condition.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError

from models.errors import Permanent
from worker.contract.settings import Settings
from worker.errors import Exists, Missing, StoreUnavailable
from worker.store.base import StoredObject, check_name
from worker.store.s3_client import (
    ATTEMPTS,
    CONNECTIONS,
    Conflict,
    Unsupported,
    encryption,
    make_error,
    make_location,
)
from worker.store.s3_heads import Heads
from worker.store.s3_presence import existing
from worker.store.s3_reader import buffered
from worker.store.s3_session import S3Session

if TYPE_CHECKING:
    pass

PART_BYTES = 16 << 20  # files above it are sent in parts of this size
PARTS = TransferConfig(multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, max_concurrency=4)
DELETE_BATCH = 1000  # names in one DeleteObjects request, S3's limit
FEW = 2 * CONNECTIONS  # names for which boto3's kept connections are as quick as opening others
MAX_PREFIX = 120  # bytes; with base.MAX_NAME it stays below S3's 1024
# What carries its content's key in its name never changes; a manifest is looked up anew each time.
LASTING = re.compile(r"^segments/|^plans/|^lessons/.+\.[0-9a-f]{8}\.[a-z0-9.]+$")
CONFLICT_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8)  # waits between tries while another conditional write is under way


class S3Store:
    """A Store under a prefix of a bucket. Safe for threads; after a fork it connects anew."""

    width = 16  # processor time is the limit beyond

    def __init__(self, bucket: str, prefix: str, settings: Settings) -> None:
        """Name the place; nothing is sent yet. ``prefix`` is empty or ends in a slash."""
        self.url = f"s3://{bucket}/{prefix}".rstrip("/")
        self._location = make_location(self.url, bucket, settings)
        self._prefix = prefix
        self._session = S3Session(self._location, settings)
        self._encryption = encryption(settings)
        self._conditional: bool | None = None  # None until the server was seen to honour create-only, or not to

    @classmethod
    def at(cls, url: str, settings: Settings) -> S3Store:
        """The store that ``s3://bucket/prefix`` names; a namespace is a folder in it. Raises Permanent."""
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        if not bucket:
            raise Permanent(f"{url}: no bucket; set NARRATOR_STORE to s3://bucket/prefix")
        prefix = "/".join(part for part in (prefix.strip("/"), settings.namespace) if part)
        if prefix:
            check_name(prefix)
        if len(prefix.encode()) > MAX_PREFIX:
            raise Permanent(f"{url}: the prefix is too long: at most {MAX_PREFIX} bytes, namespace included")
        return cls(bucket, f"{prefix}/" if prefix else "", settings)

    def get(self, name: str) -> tuple[bytes, str]:
        """Return the bytes and the version tag. Raises Missing."""
        key = self._key(name)
        data, answer = self._read(name, Key=key)
        return data, _tag(answer)

    def open(self, name: str) -> BinaryIO:
        """Return a seekable reader by ranged requests, always of the version that was there. Raises Missing."""
        key = self._key(name)
        there = self._head(name)
        if there is None:
            raise Missing(f"{name} is not in {self._location}")

        def fetch(start: int, end: int) -> bytes:
            try:
                return self._read(name, Key=key, Range=f"bytes={start}-{end - 1}", IfMatch=there["ETag"])[0]
            except (Exists, Missing):
                raise StoreUnavailable(
                    f"{name} in {self._location} was replaced while it was read: read it again"
                ) from None

        return cast(BinaryIO, buffered(there["ContentLength"], fetch))

    def put(self, name: str, data: bytes, *, content_type: str = "application/octet-stream") -> str:
        """Write, replacing what is there; returns the new version's tag."""
        return self._put(name, data, content_type)

    def create(self, name: str, data: bytes, *, content_type: str = "application/octet-stream") -> str:
        """Write only if nothing is there. Raises Exists: the first stored wins."""
        if self._conditional is not False:
            try:
                tag = self._put(name, data, content_type, IfNoneMatch="*")
            except Unsupported:
                self._conditional = False
            else:
                if self._conditional is None:
                    self._conditional = self._refuses_second(name, data, content_type)
                return tag
        if self._head(name) is not None:
            raise Exists(f"{name} is in {self._location} already")
        return self._put(name, data, content_type)

    def replace(self, name: str, data: bytes, tag: str, *, content_type: str = "application/octet-stream") -> str:
        """Write only if the version there is still ``tag``. Raises Exists otherwise, also when it is gone."""
        there = self._head(name)  # also for servers that ignore the condition
        if there is None or _tag(there) != tag:
            raise Exists(f"{name} in {self._location} is no longer version {tag}")
        try:
            try:
                return self._put(name, data, content_type, IfMatch=f'"{tag}"')
            except Exists:  # or a server that compares the quotes too, as Ceph's did: then it takes the tag bare
                return self._put(name, data, content_type, IfMatch=tag)
        except Unsupported:
            return self._put(name, data, content_type)
        except Missing:
            raise Exists(f"{name} in {self._location} is gone") from None

    def put_file(self, name: str, path: Path, *, content_type: str = "application/octet-stream") -> str:
        """Write a file's content, in parts where it is large; the object appears when the last part is there."""
        key = self._key(name)
        try:
            size = path.stat().st_size
            if size <= PART_BYTES:
                return self._put(name, path.read_bytes(), content_type)
            with path.open("rb") as file, self._session.asking(name) as client:
                client.upload_fileobj(
                    file,
                    self._location.bucket,
                    key,
                    ExtraArgs={"ContentType": content_type, "CacheControl": _cache_control(name), **self._encryption},
                    Config=PARTS,
                )
        except OSError as error:
            raise Permanent(f"{path}: {error.strerror}: cannot read what should be stored as {name}") from error
        there = self._head(name)
        if there is None:
            raise StoreUnavailable(f"{name} vanished from {self._location} as soon as it was written")
        return _tag(there)

    def existing(self, names: Iterable[str]) -> set[str]:
        """Return those of the names that are there: many at once, by listings or requests, whichever are cheaper."""
        return existing(names, self.list, self._asked)

    def _asked(self, names: Sequence[str]) -> set[str]:
        if not names:
            return set()
        with self._session.asking() as client:
            heads = Heads(client, self._session.credentials, self._location.bucket)
        short_cut = len(names) > FEW

        def is_there(name: str) -> bool:
            there = heads.ask(self._key(name)) if short_cut else None
            return self._head(name) is not None if there is None else there

        with heads, ThreadPoolExecutor(min(CONNECTIONS, len(names)), "store-ask") as pool:
            return {name for name, there in zip(names, pool.map(is_there, names), strict=True) if there}

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Objects whose names start with the prefix, in the order in which the server keeps them."""
        with self._session.asking() as client:
            pages = client.get_paginator("list_objects_v2").paginate(
                Bucket=self._location.bucket, Prefix=self._prefix + prefix
            )
            for page in pages:
                for found in page.get("Contents", []):
                    name = found["Key"].removeprefix(self._prefix)
                    if not name.endswith("/"):  # consoles put empty objects where they show folders
                        yield StoredObject(
                            name, found["Size"], found["LastModified"].timestamp(), found["ETag"].strip('"')
                        )

    def delete(self, names: Iterable[str]) -> None:
        """Remove objects; those not there are no error."""
        wanted = list({check_name(name) for name in names})
        for start in range(0, len(wanted), DELETE_BATCH):
            self._delete(wanted[start : start + DELETE_BATCH])

    # --- requests
    def _key(self, name: str) -> str:
        return self._prefix + check_name(name)

    def _read(self, name: str, **request: Any) -> tuple[bytes, Any]:
        """One GET with its body; a body that breaks off is fetched again, which boto3 does not do by itself."""
        for attempt in range(ATTEMPTS):
            with self._session.asking(name) as client:
                answer = client.get_object(Bucket=self._location.bucket, **request)
                try:
                    return answer["Body"].read(), answer
                except BotoCoreError:
                    if attempt == ATTEMPTS - 1:
                        raise
        raise AssertionError("unreachable")

    def _put(self, name: str, data: bytes, content_type: str, **condition: Any) -> str:
        key = self._key(name)
        for wait in (*CONFLICT_SECONDS, None):
            try:
                with self._session.asking(name) as client:
                    answer = client.put_object(
                        Bucket=self._location.bucket,
                        Key=key,
                        Body=data,
                        ContentType=content_type,
                        CacheControl=_cache_control(name),
                        **cast(Any, self._encryption),
                        **condition,
                    )
                return _tag(answer)
            except Conflict as error:
                if wait is None:
                    raise StoreUnavailable(str(error)) from error
                time.sleep(wait)
        raise AssertionError("unreachable")

    def _refuses_second(self, name: str, data: bytes, content_type: str) -> bool:
        """True if the server honours create-only: the same bytes once more must be refused, and else do no harm."""
        try:
            self._put(name, data, content_type, IfNoneMatch="*")
        except Exists:
            return True
        return False

    def _head(self, name: str) -> Any | None:
        try:
            with self._session.asking(name) as client:
                return client.head_object(Bucket=self._location.bucket, Key=self._key(name))
        except Missing:
            return None

    def _delete(self, names: Sequence[str]) -> None:
        keys = [{"Key": self._key(name)} for name in names]
        try:
            with self._session.asking() as client:
                answer = client.delete_objects(
                    Bucket=self._location.bucket, Delete={"Objects": cast(Any, keys), "Quiet": True}
                )
        except Unsupported:
            with ThreadPoolExecutor(min(CONNECTIONS, len(names)), "store-delete") as pool:
                list(pool.map(self._delete_one, names))
            return
        for fault in answer.get("Errors", []):
            error = make_error(fault.get("Code", ""), 0, fault.get("Message", ""), self._location, fault.get("Key", ""))
            if not isinstance(error, Missing):
                raise error

    def _delete_one(self, name: str) -> None:
        try:
            with self._session.asking(name) as client:
                client.delete_object(Bucket=self._location.bucket, Key=self._key(name))
        except Missing:
            pass


def _cache_control(name: str) -> str:
    """The Cache-Control header, for browsers and CDNs in front of the bucket."""
    return "public, max-age=31536000, immutable" if LASTING.search(name) else "no-cache"


def _tag(answer: Any) -> str:
    return str(answer["ETag"]).strip('"')
