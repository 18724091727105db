"""The ledger of a process in which somebody waits for segments: the HTTP API.

    want --> a job on the interactive queue and in the ledger's urgent list --> a worker --> stored or given up
    settled <-- told by the very call in which a worker completes it, over a list of this process's own

A process that stops asking is forgotten within seconds, and what only it wanted is not rendered any more.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from worker.contract.messages import Job
from worker.contract.settings import Settings
from worker.ledger.ledger import Ledger

ALIVE_SECONDS = 30  # without a call of ``settled``, after which a listener counts as gone
SETTLED_MOST = 1000  # in one call


@dataclass(frozen=True, slots=True)
class Settled:
    """A segment that was waited for: stored (no reason), or given up."""

    key: str
    reason: str


class WaitingLedger(Ledger):
    """The ledger as a process uses it that waits for segments."""

    def __init__(self, redis: Any, settings: Settings) -> None:
        super().__init__(redis, settings)
        self.id = secrets.token_hex(8)

    def want(self, jobs: Iterable[Job]) -> None:
        """Have these told to ``settled``, once each. The caller sends them to their interactive queue."""
        self._run("want", self.id, ALIVE_SECONDS, self._ttl, *_words(jobs))

    def unwant(self, jobs: Iterable[Job]) -> None:
        """Take these back: nobody waits for them here any more, or they are settled."""
        self._run("unwant", self.id, *_words(jobs))

    def settled(self, seconds: float) -> list[Settled]:
        """The segments settled since the last call; waits so long for the first. To be called again and again."""
        told = f"{self._prefix}:told:{self.id}"
        self._ask("set", f"{self._prefix}:listener:{self.id}", "1", ALIVE_SECONDS)
        first = self._ask("blpop", told, seconds)
        if not first:
            return []
        return [Settled(**json.loads(text)) for text in (first[1], *(self._ask("lpop", told, SETTLED_MOST) or ()))]

    def close(self) -> None:
        """Be told of nothing more."""
        self._ask("delete", f"{self._prefix}:listener:{self.id}", f"{self._prefix}:told:{self.id}")


def _words(jobs: Iterable[Job]) -> list[str]:
    return [word for job in jobs for word in (job.key, job.segment.bundle, job.model_dump_json())]
