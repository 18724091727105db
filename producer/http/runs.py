"""Runs: where they stand and what went wrong, cancelled, taken up again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from producer.http.access import KEYED
from producer.http.service import Service, Shared
from producer.run.connection import broker_faults
from producer.run.retry import retry
from producer.run.status import forgotten
from producer.run.watch import ENDED
from worker.contract.messages import RunId
from worker.ledger.records import Progress

router = APIRouter(prefix="/v1/runs", tags=["lessons"], dependencies=[KEYED])

Run = Annotated[RunId, InPath()]


class Failed(BaseModel):
    """A segment or lesson that was given up, and why; ``key`` is empty where a whole lesson failed."""

    course: str
    lesson: str
    key: str
    reason: str


class RunState(BaseModel):
    """The state of a run. Segments are those that were missing when it was submitted."""

    run: str
    state: Literal["submitting", "running", "done", "incomplete", "cancelled"]
    submitted: float = Field(description="seconds since 1970")
    lessons: int
    lessons_done: int
    lessons_failed: int
    segments: int
    remaining: int
    rendered: int
    reused: int
    failed: int
    audio_seconds: float
    names: list[str] = Field(description="course/lesson; of a large run the first hundred")


class RunDetails(RunState):
    """The state of a run, with what went wrong."""

    failures: list[Failed]
    troubles: list[str] = Field(description="passing faults that workers met in the last two minutes")


class Retried(BaseModel):
    """The new run, or null where nothing was left undone."""

    run: str | None


class Stopped(BaseModel):
    """The answer to a cancel: whether there was something to stop."""

    cancelled: bool


def state(progress: Progress) -> RunState:
    """Return a run as the API shows it."""
    counts = {name: value for name, value in asdict(progress).items() if name in RunState.model_fields}
    names = progress.summary.get("names", [])
    return RunState(
        **counts | {"submitted": progress.submitted / 1e6, "audio_seconds": progress.audio_ms / 1000, "names": names}
    )


def details(run: str, service: Service) -> RunDetails:
    """Return a run with what went wrong. Blocks. Raises HTTPException where the ledger does not know it."""
    with broker_faults(service.settings):
        progress = service.ledger.progress(run)
        if progress is None:
            raise HTTPException(404, forgotten(run, service.settings))
        troubles = service.ledger.troubles() if progress.state not in ENDED else []
        failures = [Failed(**asdict(failure)) for failure in service.ledger.failures(run)]
        return RunDetails(**state(progress).model_dump(), failures=failures, troubles=troubles)


def latest(service: Service, most: int) -> list[RunState]:
    """Return the runs submitted last, the latest first. Blocks."""
    with broker_faults(service.settings):
        return [state(progress) for progress in service.ledger.runs(most)]


def stop(run: str, service: Service) -> bool:
    """Cancel a run. Blocks. False where it had ended; raises HTTPException where the ledger does not know it."""
    details(run, service)
    with broker_faults(service.settings):
        return service.ledger.cancel(run)


def again(run: str, service: Service) -> str | None:
    """Submit what a run left undone; the new run's id, or None where there is nothing. Blocks."""
    details(run, service)
    made = retry(run, service.settings)
    made.app.close()
    return made.id if made.work else None


@router.get("")
def list_runs(service: Shared, most: Annotated[int, Query(ge=1, le=1000)] = 20) -> list[RunState]:
    """List the runs submitted last, the latest first."""
    return latest(service, most)


@router.get("/{run}")
def show_run(run: Run, service: Shared) -> RunDetails:
    """Show where a run stands, and what went wrong."""
    return details(run, service)


@router.post("/{run}/cancel")
def cancel_run(run: Run, service: Shared) -> Stopped:
    """Stop a run. What is stored stays; the segments being spoken are finished."""
    return Stopped(cancelled=stop(run, service))


@router.post("/{run}/retry", status_code=202)
def retry_run(run: Run, service: Shared) -> Retried:
    """Submit again what a run gave up, or what was cut off when it was cancelled; nothing else is rendered."""
    return Retried(run=again(run, service))
