"""Tell somebody that a run has ended: one signed POST, tried again while the receiver is away.

Signed as Standard Webhooks prescribes (https://www.standardwebhooks.com): the receiver checks ``webhook-signature``,
an HMAC-SHA256 over ``id.timestamp.body``, with any of that project's libraries, and refuses old timestamps and ids
that it has seen.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from models.errors import Permanent, Transient
from worker.contract.settings import Settings

TRIES = 5
SECONDS = 10.0  # for one try
PREFIX = "whsec_"


def send(settings: Settings, content: Mapping[str, Any], *, backoff: float = 1.0) -> None:
    """Post the content as JSON to ``NARRATOR_WEBHOOK_URL``; nothing where none is set.

    Raises Permanent where the URL or the secret cannot be used or the receiver refuses, Transient where it does not
    answer after TRIES tries (about a quarter of a minute with ``backoff`` 1). Redirects are not followed.
    """
    import urllib3

    url = settings.webhook_url.get_secret_value()
    if not url:
        return
    where = _shown(url)
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"content-type": "application/json", "user-agent": "narrator", **_signed(settings, body)}
    retry = urllib3.Retry(
        total=TRIES - 1,
        redirect=0,
        raise_on_redirect=False,
        status_forcelist=(408, 425, 429, 500, 502, 503, 504),
        allowed_methods=None,  # POST too: the receiver tells repetitions by webhook-id
        backoff_factor=backoff,
        raise_on_status=False,
    )
    try:
        with urllib3.PoolManager() as pool:
            answer = pool.request("POST", url, body=body, headers=headers, retries=retry, timeout=SECONDS)
    except urllib3.exceptions.HTTPError as error:
        reason = getattr(error, "reason", None) or error
        raise Transient(f"webhook {where}: no answer after {TRIES} tries: {type(reason).__name__}") from None
    if answer.status in retry.status_forcelist:
        raise Transient(f"webhook {where}: answered {answer.status} {TRIES} times")
    if not 200 <= answer.status < 300:
        raise Permanent(f"webhook {where}: refused with status {answer.status}")


def check(settings: Settings) -> None:
    """Raise Permanent where the URL or the secret cannot be used; at the beginning of a night, not at its end."""
    url = settings.webhook_url.get_secret_value()
    if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
        raise Permanent("NARRATOR_WEBHOOK_URL must look like https://host/path")
    if url:
        _key(settings)


def _signed(settings: Settings, body: bytes) -> dict[str, str]:
    identity, at = f"msg_{secrets.token_hex(12)}", str(int(time.time()))
    headers = {"webhook-id": identity, "webhook-timestamp": at}
    if key := _key(settings):
        signature = hmac.new(key, f"{identity}.{at}.".encode() + body, hashlib.sha256).digest()
        headers["webhook-signature"] = f"v1,{base64.b64encode(signature).decode()}"
    return headers


def _key(settings: Settings) -> bytes:
    secret = settings.webhook_secret.get_secret_value()
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if secret and len(key) < 16:
        raise Permanent(f"NARRATOR_WEBHOOK_SECRET must be {PREFIX} and at least 16 bytes in base64")
    return key


def _shown(url: str) -> str:
    """Return the server alone: everything else may be a secret, also the path, where chats have their tokens."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
