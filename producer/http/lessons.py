"""Lessons to be narrated by and by, the runs that narrate them, and what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, TypeVar

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from models.errors import Permanent
from producer.errors import Unfit
from producer.http.access import KEYED
from producer.http.service import Service, Shared
from producer.http.submission import LessonOptions, LessonText, Submitted, Upload, send
from producer.readers.formats import BY_NAME, BY_SUFFIX
from producer.run.connection import broker_faults
from producer.run.retry import retry
from producer.run.status import forgotten
from producer.run.watch import ENDED
from worker.contract.manifest import Manifest
from worker.contract.messages import Digest, Identifier, RunId, lesson_folder
from worker.errors import Missing, UnreadableManifest
from worker.ledger.records import Progress
from worker.store import manifests
from worker.store.manifests import StoredManifest

router = APIRouter(prefix="/v1", tags=["lessons"], dependencies=[KEYED])

PLANNING = asyncio.Semaphore(2)  # lessons planned at once: the others wait, speech does not
BLOCK = 1 << 16  # bytes of a file sent at once
FOREVER = "private, max-age=31536000, immutable"  # what a digest names never changes

Run = Annotated[RunId, InPath()]
Course = Annotated[Identifier, InPath()]
Lesson = Annotated[Identifier, InPath()]


class Failed(BaseModel):
    """What was given up, and why; ``key`` is empty where a whole lesson failed."""

    course: str
    lesson: str
    key: str
    reason: str


class RunState(BaseModel):
    """Where a run stands. Segments are those that were missing when it was submitted."""

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
    """The same, with what went wrong."""

    failures: list[Failed]
    troubles: list[str] = Field(description="passing faults that workers met in the last two minutes")


class Retried(BaseModel):
    """The new run, or null where nothing was left undone."""

    run: str | None


class Stopped(BaseModel):
    """Whether there was something to stop."""

    cancelled: bool


def state(progress: Progress) -> RunState:
    """A run as the API shows it."""
    counts = {name: value for name, value in asdict(progress).items() if name in RunState.model_fields}
    names = progress.summary.get("names", [])
    return RunState(
        **counts | {"submitted": progress.submitted / 1e6, "audio_seconds": progress.audio_ms / 1000, "names": names}
    )


def details(run: str, service: Service) -> RunDetails:
    """A run with what went wrong. Blocks. Raises HTTPException where the ledger does not know it."""
    with broker_faults(service.settings):
        progress = service.ledger.progress(run)
        if progress is None:
            raise HTTPException(404, forgotten(run, service.settings))
        troubles = service.ledger.troubles() if progress.state not in ENDED else []
        failures = [Failed(**asdict(failure)) for failure in service.ledger.failures(run)]
        return RunDetails(**state(progress).model_dump(), failures=failures, troubles=troubles)


def latest(service: Service, most: int) -> list[RunState]:
    """The runs submitted last, the latest first. Blocks."""
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


_BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/LessonText"}},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": f"{', '.join(BY_SUFFIX)}"},
                    **{name: {"type": "string"} for name in LessonOptions.model_fields if name != "outputs"},
                    "outputs": {"type": "array", "items": {"type": "string"}},
                },
            }
        },
    },
}


@router.post("/lessons", status_code=202, openapi_extra={"requestBody": _BODY})
async def submit_lesson(request: Request, response: Response, service: Shared) -> Submitted:
    """Have a lesson narrated: its text in JSON, or its file as a form. Follow the run that comes back."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        data, suffix, name, upload = await _form(request)
    elif kind == "application/json":
        lesson = _valid(LessonText, await request.body())
        data, suffix, name, upload = lesson.text.encode(), BY_NAME[lesson.format].suffixes[0], "", lesson
    else:
        raise HTTPException(415, "a lesson is application/json, or multipart/form-data with a file")
    async with PLANNING:
        made = await asyncio.to_thread(send, data, suffix, name, upload, service.settings)
    if made.run:
        response.headers["Location"] = f"/v1/runs/{made.run}"
    return made


async def _form(request: Request) -> tuple[bytes, str, str, Upload]:
    async with request.form(max_files=1, max_fields=32) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Unfit("the form has no file: send it as `file`")
        name = Path(file.filename or "").name
        suffix = Path(name).suffix.lower()
        if suffix not in BY_SUFFIX:
            raise Unfit(f"no reader for {suffix or 'a file without a suffix'!r}: {', '.join(BY_SUFFIX)}")
        fields: dict[str, Any] = {key: value for key, value in form.items() if key not in ("file", "outputs")}
        if outputs := form.getlist("outputs"):
            fields["outputs"] = outputs
        return await file.read(), suffix, name, _valid(LessonOptions, fields)


M = TypeVar("M", bound=BaseModel)


def _valid(model: type[M], given: bytes | dict[str, Any]) -> M:
    """As FastAPI would check a body. Raises RequestValidationError."""
    try:
        return model.model_validate_json(given) if isinstance(given, bytes) else model.model_validate(given)
    except ValidationError as error:
        wrong = [{**e, "loc": ("body", *e["loc"])} for e in error.errors(include_context=False, include_url=False)]
        raise RequestValidationError(wrong) from None


@router.get("/runs")
def list_runs(service: Shared, most: Annotated[int, Query(ge=1, le=1000)] = 20) -> list[RunState]:
    """The runs submitted last, the latest first."""
    return latest(service, most)


@router.get("/runs/{run}")
def show_run(run: Run, service: Shared) -> RunDetails:
    """Where a run stands, and what went wrong."""
    return details(run, service)


@router.post("/runs/{run}/cancel")
def cancel_run(run: Run, service: Shared) -> Stopped:
    """Stop a run. What is stored stays; the segments being spoken are finished."""
    return Stopped(cancelled=stop(run, service))


@router.post("/runs/{run}/retry", status_code=202)
def retry_run(run: Run, service: Shared) -> Retried:
    """Submit again what a run gave up, or what was cut off when it was cancelled; nothing else is rendered."""
    return Retried(run=again(run, service))


@router.get("/lessons/{course}/{lesson}", responses={200: {"model": Manifest}})
def show_lesson(course: Course, lesson: Lesson, service: Shared) -> Response:
    """A narrated lesson's manifest: its files, and every sentence with its times."""
    return Response(manifest(course, lesson, service).data, media_type="application/json")


@router.get(
    "/lessons/{course}/{lesson}/{part}", response_class=Response,
    responses={200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}},
)  # fmt: skip
def show_part(course: Course, lesson: Lesson, part: str, service: Shared) -> Response:
    """One of a lesson's files, as the manifest names it."""
    parts = manifest(course, lesson, service).manifest.parts
    found = next((one for one in parts if one.name == part), None)
    if found is None:
        raise HTTPException(404, f"the lesson has no file {part[:100]!r}; its manifest names those it has")
    try:
        file = service.store.open(lesson_folder(course, lesson) + found.name)
    except Missing:
        raise HTTPException(404, f"the file {part} is gone from the store") from None
    headers = {"Content-Length": str(found.size), "Cache-Control": FOREVER}
    return StreamingResponse(_blocks(file), media_type=found.media_type, headers=headers)


@router.get(
    "/segments/{key}", response_class=Response,
    responses={200: {"content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}}},
)  # fmt: skip
async def show_segment(key: Annotated[Digest, InPath()], service: Shared) -> Response:
    """One sentence's sound, by its key."""
    data = await service.waiting.stored(key)
    if data is None:
        raise HTTPException(404, "no segment of that key is in the store")
    return Response(data, media_type="audio/wav", headers={"Cache-Control": FOREVER})


def manifest(course: str, lesson: str, service: Service) -> StoredManifest:
    """A narrated lesson's manifest, as stored and as a record. Blocks. Raises HTTPException where there is none."""
    try:
        return manifests.at(service.store, manifests.manifest_name(course, lesson))
    except UnreadableManifest as error:
        raise HTTPException(500, str(error)) from None
    except (Missing, Permanent):
        raise HTTPException(404, f"the lesson {course}/{lesson} is not narrated, or not finished") from None


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while block := file.read(BLOCK):
            yield block
