"""The task of assembling one lesson of a run: its plan from the store, its parts into it, its end into the ledger."""

from __future__ import annotations

import logging

from models.errors import Permanent, Transient
from worker.assemble.lesson import assemble_lesson
from worker.context import ProcessContext
from worker.contract.messages import AssembleLesson, Job, LessonPlan, RenderBatch
from worker.errors import MissingSegments, StoreRefused
from worker.observe import metrics
from worker.store import plans
from worker.watchdog import Watchdog

REPAIR = 16  # segments in a batch of those that the store lost

log = logging.getLogger("narrator.worker")


def assemble_ready_lesson(lesson: AssembleLesson, context: ProcessContext) -> None:
    """Assemble a lesson, unless it is not ready, or no longer.

    Raises Transient where the ledger does not answer; a sweep sends the lesson again.
    """
    ledger = context.ledger
    if not context.patiently(ledger.begin, lesson):
        return
    with Watchdog(context.settings, renew=lambda: _hold(lesson, context)):
        try:
            plan = plans.read(context.store, lesson.plan)
            with metrics.STAGES.labels("assemble").time():
                assemble_lesson(context.store, plan, lesson)
        except MissingSegments as error:
            _repair(lesson, plan, set(error.keys), context)
        except Transient as error:
            metrics.LESSONS.labels("postponed").inc()
            ledger.postpone(lesson, f"lesson {lesson.course}/{lesson.lesson}: {error}")
        except StoreRefused as error:
            context.patiently(ledger.refused, lesson, f"lesson {lesson.course}/{lesson.lesson}: {error}")
        except Permanent as error:
            metrics.LESSONS.labels("failed").inc()
            log.warning("lesson %s/%s cannot be assembled: %s", lesson.course, lesson.lesson, error)
            context.patiently(ledger.abandon, lesson, str(error))
        except Exception as error:  # what nobody foresaw would happen again
            metrics.LESSONS.labels("failed").inc()
            log.exception("lesson %s/%s cannot be assembled", lesson.course, lesson.lesson)
            context.patiently(ledger.abandon, lesson, f"{type(error).__name__}: {error}")
        else:
            metrics.LESSONS.labels("assembled").inc()
            context.patiently(ledger.assembled, lesson)


def _hold(lesson: AssembleLesson, context: ProcessContext) -> None:
    context.ledger.hold(lesson)


def _repair(lesson: AssembleLesson, plan: LessonPlan, missing: set[str], context: ProcessContext) -> None:
    """Queue segments again that are gone from the store; the lesson comes back when they are there."""
    log.warning("lesson %s/%s: %d segments are gone from the store", lesson.course, lesson.lesson, len(missing))
    if not context.patiently(context.ledger.reopen, lesson, missing):
        return
    by_bundle: dict[str, list[Job]] = {}
    for key, segment in {entry.key: entry.segment for entry in plan.entries if entry.key in missing}.items():
        by_bundle.setdefault(segment.bundle, []).append(Job(key=key, segment=segment))
    for bundle, jobs in by_bundle.items():
        for first in range(0, len(jobs), REPAIR):
            context.sender.batch(RenderBatch(bundle=bundle, jobs=tuple(jobs[first : first + REPAIR])))
