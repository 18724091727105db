"""Redis as the author's side names it when it does not answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from producer.errors import RedisUnavailable
from worker.contract.settings import Settings


@contextmanager
def broker_faults(settings: Settings) -> Iterator[None]:
    """Say which broker does not answer, without its password, and what to do."""
    from kombu.exceptions import OperationalError
    from redis import RedisError

    from worker.errors import LedgerUnavailable

    try:
        yield
    except (LedgerUnavailable, RedisError, OperationalError) as error:
        reason = str(error).removeprefix("Redis: ").rstrip(".")
        raise RedisUnavailable(
            f"no answer from Redis at {without_password(settings)}: {reason}. Is it running? See NARRATOR_REDIS_URL"
        ) from error


def without_password(settings: Settings) -> str:
    """The broker's address, for messages: without all that stands before its last @, well formed or not."""
    address = re.sub(r"//.*@", "//", settings.redis_url.get_secret_value())
    return re.sub(r"(password=)[^&]*", r"\1...", address)
