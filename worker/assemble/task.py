"""Link a lesson of a run: its plan from the store, its parts into the store, its end into the ledger."""

from __future__ import annotations

import logging

from models.errors import Permanent, Transient
from worker.assemble.assemble import MissingSegments, assemble
from worker.contract.messages import AssembleLesson, Job, LessonPlan, RenderBatch
from worker.observe import metrics
from worker.process.context import Station
from worker.process.watchdog import Keeper
from worker.store import StoreRefused, plans

REPAIR = 16  # segments in a batch of those that the store lost

log = logging.getLogger("narrator.worker")


def link(lesson: AssembleLesson, station: Station) -> None:
    """Assemble a lesson that is ready; nothing where it is not, or no longer. Raises Transient, and then it is sent
    again by a sweep."""
    ledger = station.ledger
    if not station.patiently(ledger.begin, lesson):
        return
    with Keeper(station.settings, renew=lambda: _hold(lesson, station)):
        try:
            plan = plans.read(station.store, lesson.plan)
            with metrics.STAGES.labels("assemble").time():
                assemble(station.store, plan, lesson)
        except MissingSegments as error:
            _repair(lesson, plan, set(error.keys), station)
        except Transient as error:
            metrics.LESSONS.labels("postponed").inc()
            ledger.postpone(lesson, f"lesson {lesson.course}/{lesson.lesson}: {error}")
        except StoreRefused as error:
            station.patiently(ledger.refused, lesson, f"lesson {lesson.course}/{lesson.lesson}: {error}")
        except Permanent as error:
            metrics.LESSONS.labels("failed").inc()
            log.warning("lesson %s/%s cannot be assembled: %s", lesson.course, lesson.lesson, error)
            station.patiently(ledger.abandon, lesson, str(error))
        except Exception as error:  # what nobody foresaw would happen again
            metrics.LESSONS.labels("failed").inc()
            log.exception("lesson %s/%s cannot be assembled", lesson.course, lesson.lesson)
            station.patiently(ledger.abandon, lesson, f"{type(error).__name__}: {error}")
        else:
            metrics.LESSONS.labels("assembled").inc()
            station.patiently(ledger.assembled, lesson)


def _hold(lesson: AssembleLesson, station: Station) -> None:
    station.ledger.hold(lesson)


def _repair(lesson: AssembleLesson, plan: LessonPlan, missing: set[str], station: Station) -> None:
    """Segments are gone from the store: queue them again; the lesson comes back when they are there."""
    log.warning("lesson %s/%s: %d segments are gone from the store", lesson.course, lesson.lesson, len(missing))
    if not station.patiently(station.ledger.reopen, lesson, missing):
        return
    by_bundle: dict[str, list[Job]] = {}
    for key, segment in {entry.key: entry.segment for entry in plan.entries if entry.key in missing}.items():
        by_bundle.setdefault(segment.bundle, []).append(Job(key=key, segment=segment))
    for bundle, jobs in by_bundle.items():
        for first in range(0, len(jobs), REPAIR):
            station.sender.batch(RenderBatch(bundle=bundle, jobs=tuple(jobs[first : first + REPAIR])))
