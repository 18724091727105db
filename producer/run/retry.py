"""Taking up again what a run left undone, from the plans in the store: no lesson file is read."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from models.catalog import Catalogue
from models.errors import Permanent
from producer.plan.planner import expected_seconds
from producer.plan.result import LessonFailure, Plan, PlannedLesson
from producer.run.connection import broker_faults
from producer.run.status import forgotten, open_ledger
from producer.run.submit import SubmittedRun, submit
from worker.contract.messages import AssembleLesson, LessonPlan, Segment, segment_name
from worker.contract.settings import Settings, load_settings
from worker.store import manifests
from worker.store import plans as stored
from worker.store.base import Store
from worker.store.open import open_store


def retry(run: str, settings: Settings | None = None) -> SubmittedRun:
    """Submit the lessons that a run gave up, or that were cut off when it was cancelled, under a new id.

    Only segments that are not in the store are rendered. The lessons keep their place in time: where a newer
    submission of one has been delivered, that stays. Raises Permanent where the ledger has forgotten the run.
    """
    started = time.monotonic()
    settings = settings or load_settings()
    with broker_faults(settings):
        ledger = open_ledger(settings)
        if ledger.progress(run) is None:
            raise Permanent(forgotten(run, settings))
        left = ledger.lessons_left(run)
    store = open_store(settings)
    plan = _plan(left, store, Catalogue.load(settings.voices_dir))
    return submit(plan, store, settings, started=started, submitted=min((one.submitted for one in left), default=0))


def _plan(left: Iterable[AssembleLesson], store: Store, catalogue: Catalogue) -> Plan:
    plans, failures = [], []
    for lesson in left:
        if _newer(store, lesson):
            continue
        try:
            plans.append(stored.read(store, lesson.plan))
        except Permanent as error:
            failures.append(LessonFailure(Path(lesson.course, lesson.lesson), 0, str(error)))
    wanted = {entry.key: entry.segment for plan in plans for entry in plan.entries}
    there = store.existing(map(segment_name, wanted))
    missing = {key: segment for key, segment in wanted.items() if segment_name(key) not in there}
    families = {voice.id: voice.family for voice in catalogue.voices}
    return Plan(
        tuple(_planned(plan, missing) for plan in plans),
        tuple(failures),
        len(wanted),
        len(missing),
        *expected_seconds(missing.values(), lambda voice: families.get(voice, "")),
        relaxed=any(segment.relaxed for segment in wanted.values()),
    )


def _planned(plan: LessonPlan, missing: dict[str, Segment]) -> PlannedLesson:
    keys = dict.fromkeys(entry.key for entry in plan.entries)
    absent = tuple(key for key in keys if key in missing)
    return PlannedLesson(
        course=plan.course,
        lesson=plan.lesson,
        path=Path(plan.source),
        plan=plan,
        entries=len(plan.entries),
        reused=len(keys) - len(absent),
        missing=absent,
    )


def _newer(store: Store, lesson: AssembleLesson) -> bool:
    """A later submission of the lesson has been delivered meanwhile."""
    present = manifests.find(store, lesson.course, lesson.lesson)
    return present is not None and present.submitted > lesson.submitted
