"""Lessons: submitted as a text or a file, and fetched when they are narrated."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from models.errors import Permanent
from producer.errors import Unfit
from producer.http.access import KEYED
from producer.http.service import Service, Shared
from producer.http.submission import LessonOptions, LessonText, Submitted, Upload, send
from producer.readers.formats import BY_NAME, BY_SUFFIX
from worker.contract.manifest import Manifest
from worker.contract.messages import Digest, Identifier, lesson_folder
from worker.errors import Missing, UnreadableManifest
from worker.store import manifests
from worker.store.manifests import StoredManifest

router = APIRouter(prefix="/v1", tags=["lessons"], dependencies=[KEYED])

PLANNING = asyncio.Semaphore(2)  # lessons planned at once: the others wait, speech does not
BLOCK = 1 << 16  # bytes of a file sent at once
MOST_MARKS = 200  # commas and opening brackets of a lesson's JSON, its texts apart
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
FOREVER = "private, max-age=31536000, immutable"  # what a digest names never changes

Course = Annotated[Identifier, InPath()]
Lesson = Annotated[Identifier, InPath()]


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
        lesson = await asyncio.to_thread(_lesson_text, await request.body())
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


def _lesson_text(body: bytes) -> LessonText:
    """Read a lesson's JSON, which is one flat object. Raises HTTPException for what would only fill memory."""
    structure = _STRING.sub(b"", body)
    marks = sum(map(structure.count, (b"[", b"{", b",")))
    if marks > MOST_MARKS:
        raise HTTPException(422, f"a lesson is one object of a few fields, not {marks} values: see /docs")
    return _valid(LessonText, body)


M = TypeVar("M", bound=BaseModel)


def _valid(model: type[M], given: bytes | dict[str, Any]) -> M:
    """Check a body as FastAPI would. Raises RequestValidationError."""
    try:
        return model.model_validate_json(given) if isinstance(given, bytes) else model.model_validate(given)
    except ValidationError as error:
        wrong = [{**e, "loc": ("body", *e["loc"])} for e in error.errors(include_context=False, include_url=False)]
        raise RequestValidationError(wrong) from None


@router.get("/lessons/{course}/{lesson}", responses={200: {"model": Manifest}})
def show_lesson(course: Course, lesson: Lesson, service: Shared) -> Response:
    """Show a narrated lesson's manifest: its files, and every sentence with its times."""
    return Response(manifest(course, lesson, service).data, media_type="application/json")


@router.get(
    "/lessons/{course}/{lesson}/{part}", response_class=Response,
    responses={200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}},
)  # fmt: skip
def show_part(course: Course, lesson: Lesson, part: str, service: Shared) -> Response:
    """Give one of a lesson's files, as the manifest names it."""
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
    """Give one sentence's sound, by its key."""
    data = await service.waiting.stored(key)
    if data is None:
        raise HTTPException(404, "no segment of that key is in the store")
    return Response(data, media_type="audio/wav", headers={"Cache-Control": FOREVER})


def manifest(course: str, lesson: str, service: Service) -> StoredManifest:
    """Read a lesson's manifest, as stored and as a record. Blocks. Raises HTTPException where there is none."""
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
