"""The status page: runs and what went wrong, to be listened to, taken up again and stopped. No script, one style sheet.

Browsers ask for the key themselves (Basic: any name, the key as password). What changes something is a form that the
``Fence`` takes from this site alone.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from producer.http import lessons, runs
from producer.http.access import KEYED
from producer.http.lessons import Course, Lesson
from producer.http.runs import Run
from producer.http.service import Service, Shared
from producer.run.connection import broker_faults
from producer.run.watch import ENDED

router = APIRouter(include_in_schema=False, dependencies=[KEYED])

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src data:; media-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
MOST_RUNS: Final = 50


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters["clock"] = _clock
TEMPLATES.filters["moment"] = lambda seconds: f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def _page(name: str, **values: Any) -> Response:
    html = TEMPLATES.get_template(name).render(ended=ENDED, **values)
    return HTMLResponse(html, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})


def _machines(service: Service) -> dict[str, Any]:
    """Count who works, and how many segments wait in which queue."""
    with broker_faults(service.settings):
        workers = service.ledger.workers()
        waiting = service.depths(queue for worker in workers for queue in worker.queues)
    return {"workers": len(workers), "processes": sum(one.processes for one in workers), "waiting": waiting}


@router.get("/")
def show_runs(service: Shared) -> Response:
    """Show the runs, the latest first."""
    return _page("runs.html", runs=runs.latest(service, MOST_RUNS), **_machines(service))


@router.get("/runs/{run}")
def show_run(run: Run, service: Shared) -> Response:
    """Show one run: progress, failures, lessons."""
    return _page("run.html", run=runs.details(run, service))


@router.post("/runs/{run}/cancel")
def cancel_run(run: Run, service: Shared) -> Response:
    """Stop a run, and show it."""
    runs.stop(run, service)
    return RedirectResponse(f"/runs/{run}", 303)


@router.post("/runs/{run}/retry")
async def retry_run(run: Run, service: Shared) -> Response:
    """Take up what a run left undone, and show the new run; the old one where there is nothing."""
    made = await asyncio.to_thread(runs.again, run, service)
    return RedirectResponse(f"/runs/{made or run}", 303)


@router.get("/lessons/{course}/{lesson}")
def show_lesson(course: Course, lesson: Lesson, service: Shared) -> Response:
    """Show a narrated lesson, sentence by sentence, to be listened to."""
    return _page("lesson.html", lesson=lessons.manifest(course, lesson, service).manifest)
