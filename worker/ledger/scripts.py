"""The ledger's calls to Redis: single commands, and Lua scripts for every step that must be atomic.

``lua/common.lua`` describes the keys, and stands before every other script. Keys start with ``Settings.redis_prefix``.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from importlib import resources
from itertools import islice
from typing import Any, TypeVar

from redis.exceptions import RedisError

from worker.contract.messages import AssembleLesson
from worker.contract.settings import Settings
from worker.errors import LedgerUnavailable

PART = 500  # segments in one call, so that no script holds the server for long
MAX_TROUBLES = 20  # passing faults kept for status

T = TypeVar("T")


class RedisScripts:
    """The keys and scripts of one namespace, over a redis-py client that decodes replies (``broker.redis_client``).

    Every method raises LedgerUnavailable where Redis does not answer.
    """

    def __init__(self, redis: Any, settings: Settings) -> None:
        self._redis = redis
        self._settings = settings
        self._prefix = settings.redis_prefix
        self._ttl = max(1, int(settings.ledger_days * 86_400))
        self._scripts: dict[str, Any] = {}

    def now(self) -> int:
        """Redis TIME in microseconds."""
        seconds, micros = self._ask("time")
        return int(seconds) * 1_000_000 + int(micros)

    def note_trouble(self, reason: str) -> None:
        """Note a passing fault, so that status can say why nothing moves."""
        name = f"{self._prefix}:troubles"
        self._ask("zadd", name, {f"{socket.gethostname()}: {reason[:500]}": self.now() / 1e6})
        self._ask("zremrangebyrank", name, 0, -1 - MAX_TROUBLES)
        self._ask("expire", name, self._ttl)

    def _run(self, name: str, *arguments: str | int) -> Any:
        """Run one script; the text is loaded at first use, and again where the server forgot it."""
        if name not in self._scripts:
            self._scripts[name] = self._redis.register_script(_script(name))
        try:
            return self._scripts[name](keys=[self._prefix], args=arguments)
        except RedisError as error:
            raise LedgerUnavailable(f"Redis: {error}") from error

    def _ask(self, command: str, *arguments: object) -> Any:
        try:
            return getattr(self._redis, command)(*arguments)
        except RedisError as error:
            raise LedgerUnavailable(f"Redis: {error}") from error


def _script(name: str) -> str:
    folder = resources.files("worker.ledger") / "lua"
    return (folder / "common.lua").read_text("utf-8") + (folder / f"{name}.lua").read_text("utf-8")


def lesson_member(lesson: AssembleLesson) -> str:
    """The name of a run's lesson in the ledger's sets: ``run/course/lesson``."""
    return f"{lesson.run}/{lesson.course}/{lesson.lesson}"


def parts_of(things: Iterable[T], size: int | None = None) -> Iterator[list[T]]:
    """Cut things into lists of at most ``size``, or as many as one call takes."""
    iterator = iter(things)
    while part := list(islice(iterator, size or PART)):
        yield part
