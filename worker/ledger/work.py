"""The worker's side of the ledger: segments are leased and settled, lessons assembled, and what is due is sent again.

A segment's job is in one of three places: in the queue, leased by a worker, or parked here until a sweep queues it
again; so the ledger's memory is bounded by the work in flight.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from pydantic import ValidationError

from worker.contract.messages import AssembleLesson, Job, RenderBatch, assemble_queue
from worker.ledger.records import Completed, WorkerInfo
from worker.ledger.scripts import RedisScripts, lesson_member, parts_of

SWEEP_MOST = 500  # jobs and lessons handed out by one sweep
MAX_REJECTED = 100  # messages kept for inspection
ABLE_SECONDS = 900  # for which a worker that rendered a version of a voice counts as able to render it
SUBMIT_SECONDS = 600.0  # between two lessons of a submission; its producer is dead after that
BATCH_DUE = 16  # jobs in one batch of those that come back; they are few, and several workers may share them


class WorkLedger(RedisScripts):
    """The ledger as a worker uses it."""

    # --- the worker itself
    def heartbeat(self, info: WorkerInfo) -> None:
        """Say that a worker lives; forgotten after a few missed beats. ``info.seen`` is set here, by Redis TIME."""
        beat = {"queues": info.queues, "processes": info.processes, "seen": self.now() / 1e6}
        self._ask("hset", f"{self._prefix}:workers", info.name, json.dumps(beat))
        self._ask("expire", f"{self._prefix}:workers", self._ttl)

    def farewell(self, name: str) -> None:
        """Forget a worker that stops, at once."""
        self._ask("hdel", f"{self._prefix}:workers", name)

    def reject(self, kind: str, message: str, reason: str) -> None:
        """Park a message that no task takes, for inspection: the latest hundred, each cut to 2,000 characters."""
        record = {"kind": kind[:100], "reason": reason[:2000], "size": len(message), "message": message[:2000]}
        name = f"{self._prefix}:rejected"
        self._ask("lpush", name, json.dumps(record))
        self._ask("ltrim", name, 0, MAX_REJECTED - 1)
        self._ask("expire", name, self._ttl)

    # --- segments
    def lease(self, jobs: Sequence[Job], *, alone: bool) -> dict[str, str]:
        """Lease jobs; gives key to token for those that are now ours.

        The others are leased elsewhere, under suspicion, or wanted by no run any more. The whole job is kept with the
        lease, so that a sweep can queue it again.
        """
        token = secrets.token_hex(8)
        granted: list[str] = []
        for part in parts_of(jobs):
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
        """Renew leases; gives the keys that are still ours."""
        ours: set[str] = set()
        for part in parts_of(tokens.items()):
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
        """Take keys out of every waiting lesson's todo set, in one call; gives the lessons that became ready."""
        ready: list[str] = []
        for part in parts_of(done):
            rows = ((c.key, c.token, "R" if c.outcome == "rendered" else "U", c.audio_ms, c.cpu_ms) for c in part)
            ready += self._run("complete", *(value for row in rows for value in row))
        return [AssembleLesson.model_validate_json(text) for text in ready]

    def fail(self, key: str, token: str, reason: str) -> None:
        """Give a segment up, for every lesson that waits for it; its lessons end incomplete, and are not assembled."""
        self._run("fail", key, token, reason)

    # --- lessons
    def begin(self, lesson: AssembleLesson) -> bool:
        """Begin a lesson if it is still to be assembled: nobody sends it again for ``lease_seconds``. False if not.

        A lesson begun too often without an end took its worker down every time: it is given up. A message that is not
        the one enlisted, such as a forged one with another plan or a later time, begins nothing.
        """
        enlisted = self._ask("hget", f"{self._prefix}:run:{lesson.run}:lessons", f"{lesson.course}/{lesson.lesson}")
        if enlisted in (None, "+", "-") or AssembleLesson.model_validate_json(enlisted) != lesson:
            return False
        return bool(
            self._run("hold", lesson_member(lesson), self._lease_ms, 1, 2 * self._settings.max_attempts, self._ttl)
        )

    def hold(self, lesson: AssembleLesson) -> bool:
        """Go on for another ``lease_seconds``; False where the lesson has ended meanwhile."""
        return bool(self._run("hold", lesson_member(lesson), self._lease_ms, 0, 0, self._ttl))

    def postpone(self, lesson: AssembleLesson, reason: str) -> None:
        """Have a lesson that met a passing fault sent again after ``lease_seconds``."""
        self.note_trouble(reason)
        self._run("hold", lesson_member(lesson), self._lease_ms, -1, 0, self._ttl)

    def refused(self, lesson: AssembleLesson, reason: str) -> None:
        """Have a lesson that the store refused sent again after ``lease_seconds``, as often as after a crash."""
        begun = int(self._ask("get", f"{self._prefix}:begun:{lesson_member(lesson)}") or 0)
        if begun >= 2 * self._settings.max_attempts:
            self.abandon(lesson, reason)
        else:
            self.note_trouble(reason)
            self._run("hold", lesson_member(lesson), self._lease_ms, 0, 0, self._ttl)

    def assembled(self, lesson: AssembleLesson) -> None:
        """End a lesson whose manifest is written (or a newer one stands): it leaves ``ready``."""
        self._run("end_lesson", lesson_member(lesson), "+", "")

    def abandon(self, lesson: AssembleLesson, reason: str) -> None:
        """Give up a lesson that cannot be assembled; others go on."""
        self._run("end_lesson", lesson_member(lesson), "-", reason)

    def reopen(self, lesson: AssembleLesson, missing: Iterable[str]) -> bool:
        """Note that segments are gone from the store: they are to do again (the caller queues them).

        False where the lesson has ended meanwhile, or where this happened too often: then it is abandoned.
        """
        keys = list(missing)
        times = self._run("reopen", lesson_member(lesson), self._ttl, *keys)
        if times > self._settings.max_attempts:
            self.abandon(lesson, f"the store lost {len(keys)} of its segments, {times} times in a row: check the store")
            return False
        return bool(times)

    # --- what is due
    def sweep(self) -> tuple[list[RenderBatch], list[AssembleLesson]]:
        """Take what is due to be sent, by the caller: jobs of expired leases, each alone; jobs given back, batched by
        bundle; lessons that are ready and whose message was not sent, or not heard of since.

        Runs whose producer died while it submitted them are cancelled on the way.
        """
        waiting = self._ask("llen", assemble_queue(self._settings.queue_prefix))
        found = self._run(
            "sweep", self._settings.max_attempts, "1" if waiting else "0", SWEEP_MOST, int(SUBMIT_SECONDS * 1000)
        )
        suspects, others, lessons = found
        batches = [_batch([job], alone=True) for job in map(Job.model_validate_json, suspects)]
        jobs = sorted(map(Job.model_validate_json, others), key=lambda job: job.segment.bundle)
        for _, group in groupby(jobs, key=lambda job: job.segment.bundle):
            batches += [_batch(part, alone=False) for part in parts_of(group, BATCH_DUE)]
        return batches, [AssembleLesson.model_validate_json(text) for text in lessons]

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
            self.note_trouble(reason)
        for part in parts_of(tokens.items()):
            about = (how, reason, int(delay * 1000), limit, version)
            self._run("release", *about, *(text for pair in part for text in pair))


def _batch(jobs: Sequence[Job], *, alone: bool) -> RenderBatch:
    return RenderBatch(bundle=jobs[0].segment.bundle, jobs=tuple(jobs), alone=alone)
