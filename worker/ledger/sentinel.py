"""Redis behind Sentinel: ``sentinel://[USER]:PASSWORD@HOST:PORT,HOST:PORT,.../DATABASE?master=NAME``.

The user and password are those of the Redis servers; where the sentinels have a password of their own, it is
``&sentinel_password=``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from redis import Redis
from redis.sentinel import Sentinel

from models.errors import Permanent

SCHEME = "sentinel://"
PORT = 26379
EXAMPLE = "sentinel://:PASSWORD@HOST:26379,HOST:26379/0?master=NAME"


@dataclass(frozen=True, slots=True)
class Sentinels:
    """The places of the sentinels, and the master that they are asked for."""

    hosts: tuple[tuple[str, int], ...]
    master: str
    database: int
    user: str | None
    password: str | None
    own_password: str | None  # of the sentinels themselves

    @classmethod
    def parse(cls, url: str) -> Sentinels:
        """Parse an address. Raises Permanent where it is not complete."""
        parts = urlsplit(url)
        login, _, places = parts.netloc.rpartition("@")
        user, _, password = login.partition(":")
        query = parse_qs(parts.query)
        try:
            hosts = tuple((host, int(port or PORT)) for host, _, port in (p.partition(":") for p in places.split(",")))
            database = int(parts.path.strip("/") or 0)
        except ValueError:
            raise Permanent(f"NARRATOR_REDIS_URL must look like {EXAMPLE}") from None
        if "master" not in query or not all(host for host, _ in hosts):
            raise Permanent(f"NARRATOR_REDIS_URL names no master, or no sentinel: it must look like {EXAMPLE}")
        own = query.get("sentinel_password", [""])[0]
        return cls(hosts, query["master"][0], database, unquote(user) or None, unquote(password) or None, own or None)

    @property
    def kombu_url(self) -> str:
        """The address as kombu names it: one a sentinel."""
        login = f"{quote(self.user or '', safe='')}:{quote(self.password, safe='')}@" if self.password else ""
        return ";".join(f"{SCHEME}{login}{host}:{port}/{self.database}" for host, port in self.hosts)

    def transport_options(self, **timeouts: Any) -> dict[str, Any]:
        """The options that kombu's transport needs besides."""
        return {"master_name": self.master, "sentinel_kwargs": {**timeouts, "password": self.own_password}}

    def client(self, timeouts: dict[str, Any], **options: Any) -> Redis:
        """A client that asks the sentinels for the master whenever it connects."""
        own = {**timeouts, "password": self.own_password}
        asked = Sentinel(list(self.hosts), sentinel_kwargs=own)  # type: ignore[no-untyped-call]
        login = {"db": self.database, "username": self.user, "password": self.password}
        client: Redis = asked.master_for(self.master, **login, **timeouts, **options)  # type: ignore[no-untyped-call]
        return client
