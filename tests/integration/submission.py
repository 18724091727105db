"""A small producer for tests of the worker: texts to plans, ledger entries and messages."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import Any

from models.catalog import Catalogue
from models.family import load_frontend
from worker.contract.messages import AssembleLesson, Job, LessonEntry, LessonPlan, RenderBatch, Segment, plan_name
from worker.errors import Exists
from worker.ledger.ledger import Ledger
from worker.ledger.records import Progress
from worker.store import Store

_runs = (f"run-{number}" for number in count())


def jobs_of(catalogue: Catalogue, texts: Sequence[str], voice: str = "tiny/one", **changes: Any) -> list[Job]:
    """A job for each text."""
    found = catalogue.find(voice)
    frontend = load_frontend(catalogue.bundle(found.bundle)).fingerprint("en")
    segments = [
        Segment(
            voice=found.id,
            fingerprint=found.fingerprint,
            backend=found.backend,
            precision=found.precision,
            language="en",
            text=text,
            frontend=frontend,
        ).model_copy(update=changes)
        for text in texts
    ]
    return [Job(key=segment.key(), segment=segment) for segment in segments]


def enlist(store: Store, ledger: Ledger, lessons: Mapping[str, Sequence[Job]]) -> list[AssembleLesson]:
    """Plans into the store, a sealed run into the ledger; every segment counts as missing. Sends nothing."""
    run = next(_runs)
    submitted = ledger.open_run(run, {})
    messages = []
    for name, jobs in lessons.items():
        plan = LessonPlan(
            course="course",
            lesson=name,
            language="en",
            source_digest="0" * 64,
            entries=tuple(
                LessonEntry(key=j.key, segment=j.segment, caption=j.segment.text, role="sentence", pause_ms=250)
                for j in jobs
            ),
        )
        with suppress(Exists):
            store.create(plan_name(plan.plan_id()), plan.model_dump_json().encode())
        message = AssembleLesson(run=run, course="course", lesson=name, plan=plan.plan_id(), submitted=submitted)
        ledger.enlist(message, list(dict.fromkeys(j.key for j in jobs)))
        messages.append(message)
    ledger.seal(run)
    return messages


def batches(jobs: Sequence[Job], size: int = 16) -> list[RenderBatch]:
    """The jobs as messages."""
    distinct = list({j.key: j for j in jobs}.values())
    return [
        RenderBatch(bundle=distinct[0].segment.bundle, jobs=tuple(distinct[first : first + size]))
        for first in range(0, len(distinct), size)
    ]


def progress(ledger: Ledger, lesson: AssembleLesson) -> Progress:
    found = ledger.progress(lesson.run)
    assert found is not None
    return found


def wait_for(look: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Poll until something true comes."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)
    return found


def wait_until_ended(ledger: Ledger, lesson: AssembleLesson, seconds: float = 120.0) -> Progress:
    """The run's progress once it is over."""

    def ended() -> Progress | None:
        now = progress(ledger, lesson)
        return now if now.state not in ("submitting", "running") else None

    try:
        result = wait_for(ended, seconds)
    except AssertionError:
        raise AssertionError(f"the run did not end: {progress(ledger, lesson)}, {ledger.troubles()}") from None
    assert isinstance(result, Progress)
    return result
