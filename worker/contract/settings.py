"""Every setting, once: ``NARRATOR_*`` environment variables, checked at start."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.errors import Permanent

DATA_HOME = Path("~/.local/share/narrator").expanduser()
STORES = ("s3", "file")  # kinds of store that an address may begin with, before ://


class Settings(BaseSettings):
    """A deployment's choices. S3 credentials come from boto3's own chain, such as ``AWS_ACCESS_KEY_ID``."""

    model_config = SettingsConfigDict(env_prefix="NARRATOR_", extra="ignore")

    redis_url: SecretStr = SecretStr("redis://localhost:6379/0")
    store: str = ""  # a directory, or s3://bucket/prefix
    s3_endpoint_url: str = ""  # of MinIO or another S3-compatible server; empty is AWS
    s3_region: str = "us-east-1"
    s3_sse: Literal["", "AES256", "aws:kms"] = ""  # what the server shall encrypt objects with; empty is its default
    s3_sse_key_id: str = ""  # of aws:kms; empty is the account's own key
    namespace: Annotated[str, Field(pattern=r"^[a-z0-9-]{0,40}$")] = ""  # teams that share a Redis and a bucket
    voices_dir: Path = DATA_HOME / "voices"  # bundles installed by the user

    lexicon: Path | None = None  # of the producer: how words are said in all courses

    queues: str = "kokoro,assemble"  # that a worker serves: bundles to render, and "assemble", separated by commas

    visibility_timeout: Annotated[int, Field(ge=60)] = 600  # seconds; must exceed the longest task
    task_seconds: Annotated[float, Field(gt=0, le=120)] = 20.0  # expected work that fills one task
    lease_seconds: Annotated[float, Field(ge=2, le=300)] = 15.0  # a dead worker's segments return after this
    sweep_seconds: Annotated[float, Field(gt=0, le=60)] = 3.0
    segment_seconds: Annotated[float, Field(gt=0)] = (
        120.0  # longest an engine may take to get somewhere: a segment, or a pass
    )
    process_megabytes: Annotated[int, Field(ge=0)] = 0  # of memory one process may take, on Linux; 0 is no limit
    rerender_budget: Annotated[int, Field(ge=0)] = 1000  # segments that sync renders again unasked when a voice changes
    webhook_url: SecretStr = SecretStr("")  # hears of the end of every sync; may hold a token
    webhook_secret: SecretStr = SecretStr("")  # signs what it hears: whsec_ and base64
    max_attempts: Annotated[int, Field(ge=1, le=20)] = 3  # crashes while alone before quarantine
    relaxed_checks: bool = False  # of the producer, for tests with random weights: docs/checks.md
    lesson_megabytes: Annotated[int, Field(ge=1, le=256)] = 16  # of one file of lessons; decks have bounds of their own
    lesson_characters: Annotated[int, Field(ge=1)] = 2_000_000  # to say in one lesson; the Bible has twice as many
    lesson_segments: Annotated[int, Field(ge=1, le=100_000)] = 20_000  # of one lesson; a day and a half of speech
    run_segments: Annotated[int, Field(ge=1)] = 1_000_000  # to render in one run
    open_runs: Annotated[int, Field(ge=1)] = 200  # at work or waiting for workers at the same time
    ledger_days: Annotated[float, Field(gt=0)] = 7.0  # progress records expire after this

    log_format: Literal["pretty", "json"] = "pretty"
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0  # a worker serves /metrics there; 0: nowhere
    health_file: str = ""  # a worker renews it for `python -m worker.health`
    task_events: bool = False  # Celery's events, for Flower; nothing of ours needs them

    @field_validator("store")
    @classmethod
    def _known_scheme(cls, value: str) -> str:
        return store_address(value)

    @property
    def redis_prefix(self) -> str:
        """The beginning of every ledger key; the braces keep all keys of a namespace in one cluster slot."""
        return "{narrator}" if not self.namespace else f"{{narrator-{self.namespace}}}"

    @property
    def queue_prefix(self) -> str:
        """The beginning of every queue name."""
        return "narrator" if not self.namespace else f"narrator-{self.namespace}"


def store_address(value: str) -> str:
    """Return a store's address with its kind in lower case: ``S3://b`` is ``s3://b``, and no folder named ``S3:``.

    Raises ValueError for a kind of store that there is not.
    """
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):(/*)", value)
    if found is None or ((kind := found[1].lower()) not in STORES and found[2] != "//"):
        return value  # a directory, perhaps with a colon in its name
    if kind not in STORES or found[2][:2] != "//":
        raise ValueError(f"unknown kind of store {value!r}: give a directory or s3://bucket/prefix")
    return kind + value[found.end(1) :]


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """The settings of this process. Raises Permanent naming the variable that is wrong.

    ``NARRATOR_SECRETS_DIR`` may hold some as files, named as the variables are, in lower case: ``narrator_redis_url``.
    """
    secrets = os.environ.get("NARRATOR_SECRETS_DIR") or None
    if secrets and not Path(secrets).is_dir():
        raise Permanent(f"NARRATOR_SECRETS_DIR: there is no folder {secrets}")
    try:
        return Settings(_secrets_dir=secrets)
    except ValidationError as error:
        wrong = "; ".join(f"NARRATOR_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        raise Permanent(f"settings: {wrong}") from None


def settings_environment(settings: Settings) -> dict[str, str]:
    """This process's environment with every setting spelt out, for another process that must see the same ones."""
    values = {
        f"NARRATOR_{name.upper()}": value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in settings
        if value is not None
    }
    # One thread a process: the sessions are made so, and numpy's own pool must not compete with them.
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **values}
