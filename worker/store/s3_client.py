"""The one place that makes an S3 client, and the one that understands its errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore import exceptions as aws
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.parsers import ResponseParserError
from botocore.utils import parse_timestamp

from models.errors import NarrationError, Permanent
from worker.contract.settings import Settings
from worker.errors import Exists, Missing, StoreRefused, StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONNECTIONS = 32  # kept open by one process; the width of every concurrent operation
ATTEMPTS = 5  # of one request, with backoff, before the store counts as unavailable
CONNECT_SECONDS = 5
READ_SECONDS = 30  # without a byte

REMEDIES = {
    "NoSuchBucket": "create the bucket, or mend NARRATOR_STORE",
    "InvalidBucketName": "mend the bucket's name in NARRATOR_STORE",
    "InvalidToken": "the server does not know the session token: renew the credentials",
    "InvalidAccessKeyId": "the server does not know the access key: mend AWS_ACCESS_KEY_ID, AWS_PROFILE or the role",
    "SignatureDoesNotMatch": "the secret key does not fit the access key: mend AWS_SECRET_ACCESS_KEY",
    "ExpiredToken": "the credentials have expired: renew them",
    "RequestTimeTooSkewed": "the clocks of this machine and of the server differ: set them right",
    "QuotaExceeded": "the bucket's quota is used up: free some, or raise it",
    "EntityTooLarge": "the server takes no object of this size",
    "PermanentRedirect": "the bucket is in another region: set NARRATOR_S3_REGION",
    "AuthorizationHeaderMalformed": "the bucket is in another region: set NARRATOR_S3_REGION",
    "IllegalLocationConstraintException": "the bucket is in another region: set NARRATOR_S3_REGION",
}
DENIED = "allow s3:GetObject, s3:PutObject, s3:DeleteObject on its objects and s3:ListBucket on the bucket"
PASSING = {
    "SlowDown", "RequestTimeout", "Throttling", "ThrottlingException", "TooManyRequests", "OperationAborted",
    "BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch",  # what was sent did not arrive whole
}  # fmt: skip


class Unsupported(NarrationError):
    """The server does not know this kind of request; the caller has another way."""


class Conflict(NarrationError):
    """Another conditional write of the same object was under way: to be tried again at once."""


@dataclass(frozen=True, slots=True)
class S3Location:
    """Where objects are, for messages and requests: ``url`` and ``endpoint`` hold no secrets."""

    url: str
    bucket: str
    endpoint: str

    def __str__(self) -> str:
        return f"{self.url} at {self.endpoint or 'AWS'}"


def make_location(url: str, bucket: str, settings: Settings) -> S3Location:
    """Name the place without a user or password that the endpoint may carry. Raises Permanent for a bad endpoint."""
    endpoint = settings.s3_endpoint_url
    if not endpoint:
        return S3Location(url, bucket, "")
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Permanent("NARRATOR_S3_ENDPOINT_URL must look like https://host:port")
    return S3Location(url, bucket, f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")


def encryption(settings: Settings) -> dict[str, str]:
    """Return what every write asks of the server. Raises Permanent where a key is named that would not be used."""
    if settings.s3_sse_key_id and settings.s3_sse != "aws:kms":
        raise Permanent("NARRATOR_S3_SSE_KEY_ID names a key of AWS KMS: set NARRATOR_S3_SSE=aws:kms as well")
    asked = {"ServerSideEncryption": settings.s3_sse, "SSEKMSKeyId": settings.s3_sse_key_id}
    return {name: value for name, value in asked.items() if value}


def make_client(settings: Settings, location: S3Location) -> tuple[S3Client, Credentials | None]:
    """A thread-safe client for this process, and who asks; never carry them across a fork. Raises Permanent."""
    config = Config(
        region_name=settings.s3_region,
        signature_version="s3v4",
        # Not "standard": its budget of retries is soon used up where a fifth of all requests fails, and then none is
        # tried again, so that a lesson of thirty segments hardly ever comes together.
        retries={"mode": "legacy", "total_max_attempts": ATTEMPTS},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        tcp_keepalive=True,
        max_pool_connections=CONNECTIONS,
        # Newer checksums are refused by many S3-compatible servers; signatures cover the body all the same.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"} if location.endpoint else {},
        user_agent_extra="narrator",
    )
    with translate(location):
        try:
            core = botocore.session.get_session()
            core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_timestamp)
            session = boto3.session.Session(botocore_session=core)
            client = session.client("s3", endpoint_url=location.endpoint or None, config=config)
            return client, session.get_credentials()
        except ValueError as error:
            raise Permanent(f"{location}: {error}: mend NARRATOR_S3_ENDPOINT_URL") from error


def _timestamp(value: str) -> datetime:
    """Read a time quickly: botocore takes a quarter of a listing's time for it, where every object has one."""
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return parse_timestamp(value)


@contextmanager
def translate(location: S3Location, name: str = "") -> Iterator[None]:
    """Turn boto3's errors into ours: Missing, Exists, StoreUnavailable, StoreRefused, Unsupported and Conflict."""
    try:
        yield
    except aws.ClientError as error:
        _answered(error, location, name)
    except (aws.NoCredentialsError, aws.PartialCredentialsError, aws.ProfileNotFound) as error:
        remedy = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give this machine a role"
        raise StoreRefused(f"{location}: no usable S3 credentials ({error}): {remedy}") from error
    except aws.SSLError as error:
        remedy = "set AWS_CA_BUNDLE to its authority's certificate, or mend NARRATOR_S3_ENDPOINT_URL"
        raise Permanent(f"{location}: the server's certificate is not trusted: {remedy}") from error
    except (aws.ParamValidationError, aws.InvalidConfigError, ResponseParserError) as error:
        raise Permanent(f"{location}: {error}: mend NARRATOR_STORE or NARRATOR_S3_ENDPOINT_URL") from error
    except aws.BotoCoreError as error:
        raise StoreUnavailable(f"{location} did not answer after {ATTEMPTS} attempts: {error}") from error


def _answered(error: aws.ClientError, location: S3Location, name: str) -> NoReturn:
    answer = error.response
    code = str(answer.get("Error", {}).get("Code", ""))
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    raise make_error(code, status, answer.get("Error", {}).get("Message", ""), location, name) from error


def make_error(code: str, status: int, message: str, location: S3Location, name: str) -> NarrationError:
    """Our error for a server's answer; ``code`` is S3's own, or the HTTP status where the answer had no body."""
    if status in (401, 403) or code in ("InvalidToken", "ExpiredToken"):
        message = ""  # some servers quote the credentials that they refuse
    said = f"{location}: {name + ': ' if name else ''}{code} {message}".strip()
    if code in ("NoSuchKey", "404", "NotFound"):
        return Missing(f"{name or 'it'} is not in {location}")
    if code == "PreconditionFailed" or status == 412:
        return Exists(f"{name} in {location} is there already, or is another version")
    if code == "ConditionalRequestConflict" or (status == 409 and code == "OperationAborted"):
        return Conflict(said)
    if code == "NotImplemented" or status == 501:
        return Unsupported(said)
    if code in REMEDIES:
        return StoreRefused(f"{said}: {REMEDIES[code]}")
    if code in PASSING or status >= 500 or status == 429:
        return StoreUnavailable(said)
    if status in (401, 403):
        return StoreRefused(f"{said}: access denied: {DENIED}")
    return StoreRefused(f"{said}: check NARRATOR_STORE and NARRATOR_S3_ENDPOINT_URL")
