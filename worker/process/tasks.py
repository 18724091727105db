"""The two tasks, thin: check the message, do the work, and never lose a message nor run what is not one."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from celery import Celery, Task
from celery.exceptions import Reject
from pydantic import ValidationError

from models.errors import NarrationError
from worker.assemble.task import assemble_ready_lesson
from worker.context import ProcessContext
from worker.contract.messages import AssembleLesson, Job, Message, RenderBatch
from worker.contract.settings import Settings
from worker.ledger.broker import ASSEMBLE, RENDER, send_batch, send_lesson
from worker.observe import logs, tracing
from worker.process.envelope import BOUNCES, Park, strategy
from worker.render.batch import render_batch

MAX_BOUNCES = 20
BACK_SECONDS = 1.0  # before a message goes back because store or ledger are not there
BOUNCE_SECONDS = 3.0  # times MAX_BOUNCES: the least that a rolling upgrade may take

log = logging.getLogger("narrator.worker")
M = TypeVar("M", bound=Message)


class QueueSender:
    """Puts work on the queues of a Celery. Raises Transient where the broker does not take it."""

    def __init__(self, app: Celery, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    def batch(self, batch: RenderBatch, bounces: int = 0) -> None:
        """Queue segments to be rendered."""
        send_batch(self._app, self._settings, batch, headers={BOUNCES: bounces} if bounces else None)

    def lesson(self, lesson: AssembleLesson) -> None:
        """Queue a lesson to be assembled."""
        send_lesson(self._app, self._settings, lesson)


def register(app: Celery, context: Callable[[], ProcessContext], park: Park) -> None:
    """Add the tasks to a Celery.

    ``context()`` gives what this process works with, made at its first task; ``park`` keeps messages that are none of
    ours.
    """
    careful = partial(strategy, park)

    # Any arguments are taken, so that a malformed message is parked instead of failing inside Celery.
    @app.task(name=RENDER, bind=True, typing=False, Strategy=careful)  # type: ignore[untyped-decorator]
    def render_task(self: Task, *args: object, **kwargs: object) -> None:
        headers = self.request.headers or {}
        try:
            with _at_work(context()) as here:
                batch = _message(RenderBatch, RENDER, here, args, kwargs)
                ours = _with_our_keys(batch, here, headers) if batch else ()
                if batch and ours:
                    with tracing.span("render", headers, bundle=batch.bundle, segments=len(ours)):
                        render_batch(batch.model_copy(update={"jobs": ours}), here)
        except NarrationError as error:
            # The store or the ledger is not there. What was leased lapses; the message does no harm a second time.
            log.warning("a message goes back to the queue: %s", error)
            time.sleep(BACK_SECONDS)
            raise Reject(str(error), requeue=True) from error

    @app.task(name=ASSEMBLE, bind=True, typing=False, Strategy=careful)  # type: ignore[untyped-decorator]
    def assemble_task(self: Task, *args: object, **kwargs: object) -> None:
        try:
            with _at_work(context()) as here:
                lesson = _message(AssembleLesson, ASSEMBLE, here, args, kwargs)
                if lesson:
                    about = {"run": lesson.run, "course": lesson.course, "lesson": lesson.lesson}
                    with logs.about(**about), tracing.span("assemble", self.request.headers or {}, **about):
                        assemble_ready_lesson(lesson, here)
        except NarrationError as error:  # the lesson is still ready: a sweep sends it again
            log.warning("a lesson comes back later: %s", error)

    # Celery's own tasks (map, chain, chord, ...) run others with arguments of the sender's choice.
    app.finalize()
    for name in [name for name in app.tasks if name.startswith("celery.")]:
        app.tasks.unregister(name)


@contextmanager
def _at_work(context: ProcessContext) -> Iterator[ProcessContext]:
    """Note that the process is at a task: inside, it is expected to get somewhere."""
    context.heartbeat.expect(context.settings.visibility_timeout)
    try:
        yield context
    finally:
        context.heartbeat.idle()
        tracing.flush()


def _message(
    kind: type[M], name: str, context: ProcessContext, args: tuple[object, ...], kwargs: Mapping[str, object]
) -> M | None:
    """The message, or None where it is not one: then it is parked with the reason, and acknowledged."""
    try:
        if len(args) == 1 and not kwargs:
            return kind.model_validate(args[0])
        reason = f"{name} takes one message, not {len(args)} arguments and {len(kwargs)} named ones"
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)[:5]
        reason = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong)
    log.error("a message of the kind %s was parked: %s", name, reason)
    try:
        content = json.dumps([args, kwargs])
    except (RecursionError, ValueError, TypeError) as error:
        content = f"(cannot be shown: {error})"
    context.patiently(context.ledger.reject, name, content, reason)
    return None


def _with_our_keys(batch: RenderBatch, context: ProcessContext, headers: Mapping[str, object]) -> tuple[Job, ...]:
    """The jobs whose key is the one that this version computes; the others go back to the queue, some times.

    A mismatch is an old worker or an old producer in a rolling upgrade, or a forged message: such a job must not hold
    the lease of the key that it claims.
    """
    ours = tuple(job for job in batch.jobs if job.segment.key() == job.key)
    if len(ours) < len(batch.jobs):
        strangers = batch.model_copy(update={"jobs": tuple(job for job in batch.jobs if job not in ours)})
        bounces = headers.get(BOUNCES, 0)
        reason = f"{len(strangers.jobs)} segments have other keys than this worker computes: versions differ"
        context.ledger.note_trouble(reason)
        if isinstance(bounces, int) and 0 <= bounces < MAX_BOUNCES:
            time.sleep(BOUNCE_SECONDS)
            context.sender.batch(strangers, bounces + 1)
        else:
            context.ledger.reject(RENDER, strangers.model_dump_json(), reason)
    return ours
