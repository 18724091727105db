"""A run's progress in Redis: todo, waiters, attempts, leases. Truth is in the store; all of this may vanish.

Every step that must be atomic is one Lua script (``lua/*.lua``; ``common.lua`` describes the keys). Keys start with
``Settings.redis_prefix`` and expire. A segment's job is in one of three places: in the queue, leased by a worker, or
parked here until a sweep queues it again; so the ledger's memory is bounded by the work in flight.
"""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from itertools import groupby, islice
from typing import Any, TypeVar

from pydantic import ValidationError
from redis.exceptions import RedisError

from models.errors import Permanent
from worker.contract.messages import AssembleLesson, Job, RenderBatch, assemble_queue
from worker.contract.settings import Settings
from worker.errors import LedgerUnavailable, RunGone
from worker.ledger.records import Completed, Failure, Progress, WorkerInfo

PART = 500  # segments in one call, so that no script holds the server for long
SWEEP_MOST = 500  # jobs and lessons handed out by one sweep
MISSED_BEATS = 4  # heartbeats after which a worker counts as gone
MAX_REJECTED = 100  # messages kept for inspection
MAX_TROUBLES = 20  # passing faults kept for status
TROUBLE_SECONDS = 120.0  # for how long a passing fault is worth showing
ABLE_SECONDS = 900  # for which a worker that rendered a version of a voice counts as able to render it
SUBMIT_SECONDS = 600.0  # between two lessons of a submission; its producer is dead after that
BATCH_DUE = 16  # jobs in one batch of those that come back; they are few, and several workers may share them


class Ledger:
    """The ledger of one namespace, over a redis-py client that decodes replies (``broker.redis_client``).

    Every method raises LedgerUnavailable where Redis does not answer.
    """

    def __init__(self, redis: Any, settings: Settings) -> None:
        self._redis = redis
        self._settings = settings
        self._prefix = settings.redis_prefix
        self._ttl = max(1, int(settings.ledger_days * 86_400))
        self._scripts: dict[str, Any] = {}

    # --- producer's side
    def now(self) -> int:
        """Redis TIME in microseconds."""
        seconds, micros = self._ask("time")
        return int(seconds) * 1_000_000 + int(micros)

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
        parts = list(_parts(missing, PART)) or [[]]
        for number, part in enumerate(parts, 1):
            last = "1" if number == len(parts) else "0"
            about = (lesson.run, f"{lesson.course}/{lesson.lesson}", lesson.model_dump_json(), self._ttl, last)
            if not self._run("enlist", *about, *part):
                raise RunGone(f"run {lesson.run} is not in the ledger: it expired or Redis was flushed; submit again")

    def seal(self, run: str) -> None:
        """All lessons are enlisted: the run ends when the last of them does. Raises RunGone."""
        if not self._run("seal", run):
            raise RunGone(f"run {run} is not in the ledger: it expired or Redis was flushed; submit again")

    def planned(self, hits: int, misses: int) -> None:
        """Count what a submission found in the store, and what not: over all runs, for the cache's hit ratio."""
        self._ask("hincrby", f"{self._prefix}:totals", "cache_hits", hits)
        self._ask("hincrby", f"{self._prefix}:totals", "cache_misses", misses)

    def progress(self, run: str) -> Progress | None:
        """None when the ledger does not know the run: it expired, or Redis was flushed."""
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
        """What was given up, with reasons."""
        return [
            Failure(**json.loads(text)) for text in self._ask("lrange", f"{self._prefix}:run:{run}:failures", 0, -1)
        ]

    def runs(self, most: int) -> list[Progress]:
        """The runs submitted last, the latest first, as far as the ledger remembers them."""
        names = self._ask("zrevrange", f"{self._prefix}:runs", 0, most - 1)
        return [progress for name in names if (progress := self.progress(name))]

    def open_runs(self, most: int) -> int:
        """How many runs have not ended, counted up to ``most``."""
        names = self._ask("zrevrange", f"{self._prefix}:runs", 0, -1)
        states = (self._ask("hget", f"{self._prefix}:run:{name}", "state") for name in names)
        return len(list(islice((1 for state in states if state in ("submitting", "running")), most)))

    def left(self, run: str) -> list[AssembleLesson]:
        """The lessons that a run left undone: given up, or cut off when it was cancelled."""
        messages = self._ask("hgetall", f"{self._prefix}:run:{run}:left")
        return [AssembleLesson.model_validate_json(text) for _, text in sorted(messages.items())]

    def cancel(self, run: str) -> bool:
        """Nothing more is rendered or assembled for this run; what is stored stays. False where it had ended."""
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
        """Segments leased or parked at this moment, over all runs."""
        return int(self._ask("zcard", f"{self._prefix}:jobs"))

    def troubles(self) -> list[str]:
        """Passing faults that workers met in the last two minutes, the latest first: why nothing seems to move."""
        since = self.now() / 1e6 - TROUBLE_SECONDS
        return list(self._ask("zrevrangebyscore", f"{self._prefix}:troubles", "+inf", since))

    # --- worker's side
    def heartbeat(self, info: WorkerInfo) -> None:
        """Say that a worker lives; forgotten after a few missed beats. ``info.seen`` is set here, by Redis TIME."""
        beat = {"queues": info.queues, "processes": info.processes, "seen": self.now() / 1e6}
        self._ask("hset", f"{self._prefix}:workers", info.name, json.dumps(beat))
        self._ask("expire", f"{self._prefix}:workers", self._ttl)

    def farewell(self, name: str) -> None:
        """A worker stops: it is forgotten at once."""
        self._ask("hdel", f"{self._prefix}:workers", name)

    def lease(self, jobs: Sequence[Job], *, alone: bool) -> dict[str, str]:
        """Key to token for the jobs that are now ours; the others are leased elsewhere, under suspicion, or wanted by
        no run any more. The whole job is kept with the lease, so that a sweep can queue it again."""
        token = secrets.token_hex(8)
        granted: list[str] = []
        for part in _parts(jobs, PART):
            about = (token, self._lease_ms, "1" if alone else "0", self._ttl)
            granted += self._run("lease", *about, *(text for job in part for text in (job.key, job.model_dump_json())))
        return dict.fromkeys(granted, token)

    def urgent(self, bundle: str) -> Job | None:
        """Take the segment of this bundle that somebody has waited for longest.

        It is still to be leased: an idle worker may have it from the queue already.
        """
        found = self._ask("zpopmin", f"{self._prefix}:urgent:{bundle}")
        try:
            return Job.model_validate_json(found[0][0]) if found else None
        except ValidationError:  # none of ours wrote it
            return None

    def renew(self, tokens: Mapping[str, str]) -> set[str]:
        """Push our leases' expiry out; gives the keys that are still ours."""
        ours: set[str] = set()
        for part in _parts(tokens.items(), PART):
            ours.update(self._run("renew", self._lease_ms, *(text for pair in part for text in pair)))
        return ours

    def release(
        self,
        tokens: Mapping[str, str],
        *,
        reason: str = "",
        delay: float = 0.0,
        limit: int = 0,
        version: str = "",
    ) -> None:
        """Give leases back unrendered, only with their token; a sweep queues them again.

        ``delay`` (seconds) doubles with every time, up to sixteenfold; after ``limit`` times (0: never) the segment is
        given up for ``reason``, which until then shows up among ``troubles``. While workers that can render its voice's
        version (``can_render``) are at work, times are not counted: it comes to one of them in the end.
        """
        self._give_back("later", tokens, reason, delay=delay, limit=limit, version=version)

    def can_render(self, versions: Iterable[str]) -> None:
        """Note that a worker renders segments of these versions of voices (``render.batch.voice_version``)."""
        for version in versions:
            self._ask("set", f"{self._prefix}:able:{version}", "1", ABLE_SECONDS)

    def suspect(self, tokens: Mapping[str, str], reason: str) -> None:
        """Give leases back after a fault nobody foresaw: queued again, each alone; given up for ``reason`` after
        ``max_attempts`` times alone."""
        self._give_back("suspect", tokens, reason, limit=self._settings.max_attempts)

    def complete(self, done: Sequence[Completed]) -> list[AssembleLesson]:
        """One call: take the keys out of every waiting lesson's todo set; gives lessons that became ready."""
        ready: list[str] = []
        for part in _parts(done, PART):
            rows = ((c.key, c.token, "R" if c.outcome == "rendered" else "U", c.audio_ms, c.cpu_ms) for c in part)
            ready += self._run("complete", *(value for row in rows for value in row))
        return [AssembleLesson.model_validate_json(text) for text in ready]

    def fail(self, key: str, token: str, reason: str) -> None:
        """Give a segment up, for every lesson that waits for it; its lessons end incomplete, and are not assembled."""
        self._run("fail", key, token, reason)

    def begin(self, lesson: AssembleLesson) -> bool:
        """Is this lesson still to be assembled? If so, begin: nobody sends it again for ``lease_seconds``.

        A lesson begun too often without an end took its worker down every time: it is given up. A message that is not
        the one enlisted, such as a forged one with another plan or a later time, begins nothing.
        """
        enlisted = self._ask("hget", f"{self._prefix}:run:{lesson.run}:lessons", f"{lesson.course}/{lesson.lesson}")
        if enlisted in (None, "+", "-") or AssembleLesson.model_validate_json(enlisted) != lesson:
            return False
        return bool(self._run("hold", _member(lesson), self._lease_ms, 1, 2 * self._settings.max_attempts, self._ttl))

    def hold(self, lesson: AssembleLesson) -> bool:
        """Go on for another ``lease_seconds``; False where the lesson has ended meanwhile."""
        return bool(self._run("hold", _member(lesson), self._lease_ms, 0, 0, self._ttl))

    def postpone(self, lesson: AssembleLesson, reason: str) -> None:
        """Assembly met a passing fault: the lesson's message is sent again after ``lease_seconds``."""
        self.trouble(reason)
        self._run("hold", _member(lesson), self._lease_ms, -1, 0, self._ttl)

    def refused(self, lesson: AssembleLesson, reason: str) -> None:
        """The store refused: sent again after ``lease_seconds``, and given up after as many beginnings as a crash
        would be."""
        begun = int(self._ask("get", f"{self._prefix}:begun:{_member(lesson)}") or 0)
        if begun >= 2 * self._settings.max_attempts:
            self.abandon(lesson, reason)
        else:
            self.trouble(reason)
            self._run("hold", _member(lesson), self._lease_ms, 0, 0, self._ttl)

    def assembled(self, lesson: AssembleLesson) -> None:
        """The lesson's manifest is written (or a newer one stands): it leaves ``ready``."""
        self._run("end_lesson", _member(lesson), "+", "")

    def abandon(self, lesson: AssembleLesson, reason: str) -> None:
        """The lesson cannot be assembled; others go on."""
        self._run("end_lesson", _member(lesson), "-", reason)

    def reopen(self, lesson: AssembleLesson, missing: Iterable[str]) -> bool:
        """Assembly found segments gone from the store: they are todo again (the caller queues them).

        False where the lesson has ended meanwhile, or where this happened too often: then it is abandoned.
        """
        keys = list(missing)
        times = self._run("reopen", _member(lesson), self._ttl, *keys)
        if times > self._settings.max_attempts:
            self.abandon(lesson, f"the store lost {len(keys)} of its segments, {times} times in a row: check the store")
            return False
        return bool(times)

    def sweep(self) -> tuple[list[RenderBatch], list[AssembleLesson]]:
        """What is due to be sent, by the caller: jobs of expired leases, each alone; jobs given back, batched by
        bundle; lessons that are ready and whose message was not sent, or not heard of since.

        Runs whose producer died while it submitted them are cancelled on the way."""
        waiting = self._ask("llen", assemble_queue(self._settings.queue_prefix))
        found = self._run(
            "sweep", self._settings.max_attempts, "1" if waiting else "0", SWEEP_MOST, int(SUBMIT_SECONDS * 1000)
        )
        suspects, others, lessons = found
        batches = [_batch([job], alone=True) for job in map(Job.model_validate_json, suspects)]
        jobs = sorted(map(Job.model_validate_json, others), key=lambda job: job.segment.bundle)
        for _, group in groupby(jobs, key=lambda job: job.segment.bundle):
            batches += [_batch(part, alone=False) for part in _parts(group, BATCH_DUE)]
        return batches, [AssembleLesson.model_validate_json(text) for text in lessons]

    def reject(self, kind: str, message: str, reason: str) -> None:
        """Park a message that no task takes, for inspection: the latest hundred, each cut to 2,000 characters."""
        record = {"kind": kind[:100], "reason": reason[:2000], "size": len(message), "message": message[:2000]}
        name = f"{self._prefix}:rejected"
        self._ask("lpush", name, json.dumps(record))
        self._ask("ltrim", name, 0, MAX_REJECTED - 1)
        self._ask("expire", name, self._ttl)

    def trouble(self, reason: str) -> None:
        """Note a passing fault, so that status can say why nothing moves."""
        name = f"{self._prefix}:troubles"
        self._ask("zadd", name, {f"{socket.gethostname()}: {reason[:500]}": self.now() / 1e6})
        self._ask("zremrangebyrank", name, 0, -1 - MAX_TROUBLES)
        self._ask("expire", name, self._ttl)

    @property
    def _lease_ms(self) -> int:
        return int(self._settings.lease_seconds * 1000)

    def _give_back(
        self,
        how: str,
        tokens: Mapping[str, str],
        reason: str,
        *,
        delay: float = 0.0,
        limit: int,
        version: str = "",
    ) -> None:
        if reason and tokens:
            self.trouble(reason)
        for part in _parts(tokens.items(), PART):
            about = (how, reason, int(delay * 1000), limit, version)
            self._run("release", *about, *(text for pair in part for text in pair))

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


def _member(lesson: AssembleLesson) -> str:
    return f"{lesson.run}/{lesson.course}/{lesson.lesson}"


def _batch(jobs: Sequence[Job], *, alone: bool) -> RenderBatch:
    return RenderBatch(bundle=jobs[0].segment.bundle, jobs=tuple(jobs), alone=alone)


T = TypeVar("T")


def _parts(things: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(things)
    while part := list(islice(iterator, size)):
        yield part
