"""The author's side of the ledger: runs are opened, filled with lessons, watched and cancelled."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from models.errors import Permanent
from worker.contract.messages import AssembleLesson
from worker.errors import RunGone
from worker.ledger.records import Failure, Progress, WorkerInfo
from worker.ledger.scripts import RedisScripts, parts_of

MISSED_BEATS = 4  # heartbeats after which a worker counts as gone
TROUBLE_SECONDS = 120.0  # for how long a passing fault is worth showing


class RunLedger(RedisScripts):
    """The ledger as a producer uses it."""

    def open_run(self, run: str, summary: Mapping[str, Any]) -> int:
        """Begin a run in state ``submitting``; gives its submission time, which is unique and monotone."""
        submitted = self._run("open_run", run, json.dumps(summary, sort_keys=True), self._ttl)
        if not submitted:
            raise Permanent(f"a run named {run} exists already: choose another name")
        return int(submitted)

    def enlist(self, lesson: AssembleLesson, missing: Sequence[str]) -> None:
        """Add a lesson to its run: it becomes ready when the last of ``missing`` (distinct keys) is stored; at once
        when there are none. Ready lessons are sent to ``assemble`` by workers as they sweep.

        Raises RunGone where the run was never opened, or was forgotten since.
        """
        parts = list(parts_of(missing)) or [[]]
        for number, part in enumerate(parts, 1):
            last = "1" if number == len(parts) else "0"
            about = (lesson.run, f"{lesson.course}/{lesson.lesson}", lesson.model_dump_json(), self._ttl, last)
            if not self._run("enlist", *about, *part):
                raise RunGone(f"run {lesson.run} is not in the ledger: it expired or Redis was flushed; submit again")

    def seal(self, run: str) -> None:
        """Note that all lessons are enlisted: the run ends when the last of them does. Raises RunGone."""
        if not self._run("seal", run):
            raise RunGone(f"run {run} is not in the ledger: it expired or Redis was flushed; submit again")

    def count_lookups(self, hits: int, misses: int) -> None:
        """Count what a submission found in the store, and what not: over all runs, for the cache's hit ratio."""
        self._ask("hincrby", f"{self._prefix}:totals", "cache_hits", hits)
        self._ask("hincrby", f"{self._prefix}:totals", "cache_misses", misses)

    def progress(self, run: str) -> Progress | None:
        """The run's progress; None where the ledger does not know it: it expired, or Redis was flushed."""
        record = self._ask("hgetall", f"{self._prefix}:run:{run}")
        if "summary" not in record:
            return None
        names = ("submitted", "lessons", "lessons_done", "lessons_failed", "segments", "rendered", "reused", "failed")
        counts = {name: int(record[name]) for name in (*names, "audio_ms", "cpu_ms")}
        settled = counts["rendered"] + counts["reused"] + counts["failed"]
        return Progress(
            run=run,
            state=record["state"],
            remaining=counts["segments"] - settled,
            summary=json.loads(record["summary"]),
            **counts,
        )

    def failures(self, run: str) -> list[Failure]:
        """The segments and lessons that were given up, with reasons."""
        return [
            Failure(**json.loads(text)) for text in self._ask("lrange", f"{self._prefix}:run:{run}:failures", 0, -1)
        ]

    def runs(self, most: int) -> list[Progress]:
        """The runs submitted last, the latest first, as far as the ledger remembers them."""
        names = self._ask("zrevrange", f"{self._prefix}:runs", 0, most - 1)
        return [progress for name in names if (progress := self.progress(name))]

    def open_runs(self, most: int) -> int:
        """The number of runs that have not ended, counted up to ``most``."""
        names = self._ask("zrevrange", f"{self._prefix}:runs", 0, -1)
        states = (self._ask("hget", f"{self._prefix}:run:{name}", "state") for name in names)
        return len(list(islice((1 for state in states if state in ("submitting", "running")), most)))

    def lessons_left(self, run: str) -> list[AssembleLesson]:
        """The lessons that a run left undone: given up, or cut off when it was cancelled."""
        messages = self._ask("hgetall", f"{self._prefix}:run:{run}:left")
        return [AssembleLesson.model_validate_json(text) for _, text in sorted(messages.items())]

    def cancel(self, run: str) -> bool:
        """Render and assemble nothing more for this run; what is stored stays. False where it had ended."""
        return bool(self._run("cancel", run))

    def workers(self) -> list[WorkerInfo]:
        """Live workers by heartbeat."""
        oldest = self.now() / 1e6 - MISSED_BEATS * max(self._settings.sweep_seconds, 1.0)
        beats = {name: json.loads(text) for name, text in self._ask("hgetall", f"{self._prefix}:workers").items()}
        gone = [name for name, beat in beats.items() if beat["seen"] < oldest]
        if gone:
            self._ask("hdel", f"{self._prefix}:workers", *gone)
        return [
            WorkerInfo(name, tuple(beat["queues"]), beat["processes"], beat["seen"])
            for name, beat in sorted(beats.items())
            if name not in gone
        ]

    def in_flight(self) -> int:
        """The number of segments leased or parked at this moment, over all runs."""
        return int(self._ask("zcard", f"{self._prefix}:jobs"))

    def troubles(self) -> list[str]:
        """Passing faults that workers met in the last two minutes, the latest first: why nothing seems to move."""
        since = self.now() / 1e6 - TROUBLE_SECONDS
        return list(self._ask("zrevrangebyscore", f"{self._prefix}:troubles", "+inf", since))
