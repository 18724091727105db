"""Settings of the API: ``NARRATOR_API_*``, beside the settings that every process has."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.errors import Permanent

SHORTEST_KEY = 16  # characters
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class ApiSettings(BaseSettings):
    """Limits and access. Rates are of each caller (a key, or an address where there are no keys), of this process."""

    model_config = SettingsConfigDict(env_prefix="NARRATOR_API_", extra="ignore")

    keys: SecretStr = SecretStr("")  # separated by commas; without one, only this machine may ask
    cors_origins: str = ""  # such as https://app.example.org, separated by commas: pages that may ask
    voices: dict[str, str] = Field(default_factory=dict)  # other names for voices: {"alloy": "kokoro/af_heart"}

    max_characters: Annotated[int, Field(ge=1, le=100_000)] = 4096  # of one text to be spoken at once
    max_megabytes: Annotated[float, Field(gt=0, le=64)] = 16.0  # of a request's body: a lesson
    max_waiting: Annotated[int, Field(ge=1)] = 256  # segments in one interactive queue; beyond: 429
    patience: Annotated[float, Field(gt=0)] = 60.0  # seconds that a request waits for one segment
    requests_per_minute: Annotated[int, Field(ge=0)] = 600  # 0: no limit
    characters_per_minute: Annotated[int, Field(ge=0)] = 100_000  # 0: no limit

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """The keys. Raises Permanent for one that could be guessed."""
        found = tuple(filter(None, (key.strip() for key in self.keys.get_secret_value().split(","))))
        if any(len(key) < SHORTEST_KEY for key in found):
            raise Permanent(f"NARRATOR_API_KEYS: a key has fewer than {SHORTEST_KEY} characters")
        return found

    @property
    def origins(self) -> tuple[str, ...]:
        """Origins of pages elsewhere that may ask."""
        return tuple(filter(None, (origin.strip().rstrip("/") for origin in self.cors_origins.split(","))))


def load() -> ApiSettings:
    """Read them from the environment, or files in ``NARRATOR_SECRETS_DIR``. Raises Permanent naming the variable."""
    try:
        found = ApiSettings(_secrets_dir=os.environ.get("NARRATOR_SECRETS_DIR") or None)
    except ValidationError as error:
        wrong = "; ".join(f"NARRATOR_API_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        raise Permanent(f"settings: {wrong}") from None
    _ = found.secrets
    return found


def check_binding(options: ApiSettings, host: str, *, insecure: bool) -> None:
    """Raise Permanent where anybody on the network could have this machine work."""
    if not options.secrets and host not in LOOPBACK and not insecure:
        raise Permanent(
            f"without a key, {host} would let anybody in: set NARRATOR_API_KEYS, bind to 127.0.0.1, or say --insecure"
        )
