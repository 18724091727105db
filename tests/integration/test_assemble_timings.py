"""Timings and chapters of an assembled lesson: complete, exact, and as their schema says."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import webvtt

import worker.contract.timings as module
from tests.integration.test_assemble import FOLDER, contents, message_for, plan_of, speak
from worker.assemble.lesson import assemble_lesson
from worker.contract.manifest import Manifest
from worker.contract.messages import LessonPlan, Role
from worker.contract.timings import Timings, timings_schema
from worker.store.directory import DirectoryStore


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


def with_roles(plan: LessonPlan, *roles: Role) -> LessonPlan:
    entries = [entry.model_copy(update={"role": role}) for entry, role in zip(plan.entries, roles, strict=True)]
    return plan.model_copy(update={"entries": tuple(entries)})


def part(store: DirectoryStore, manifest: Manifest, kind: str) -> str:
    (name,) = [part.name for part in manifest.parts if part.kind == kind]
    return store.get(FOLDER + name)[0].decode()


def test_segments_words_and_chapters_stand_where_the_manifest_says(store: DirectoryStore) -> None:
    title = speak(store, "Waves.", words=(("Waves", 2400, 24000),))
    one = speak(store, "They are salt & <wet>.", words=(("They", 0, 4800), ("are", 4800, 9600)))
    half, other = speak(store, "What then?", words=()), speak(store, "More.", words=(("More", 0, 1),))
    plan = plan_of((title, 700), (one, 500), (half, 250), (other, 700), (one, 0), title="The sea")
    plan = with_roles(plan, "heading", "paragraph", "sentence", "heading", "paragraph")
    manifest = assemble_lesson(store, plan, message_for(plan))
    found: dict[str, Any] = json.loads(part(store, manifest, "timings"))
    jsonschema.validate(found, json.loads(timings_schema()))
    assert [(s["start_sample"], s["end_sample"]) for s in found["segments"]] == [
        (c.start, c.end) for c in manifest.cues
    ]
    assert found["segments"][1]["start"] == 1.7
    assert found["segments"][0]["words"] == [
        {"start": 0.1, "end": 1.0, "start_sample": 2400, "end_sample": 24000, "text": "Waves"}
    ]
    assert [(c["title"], c["start"]) for c in found["chapters"]] == [("Waves.", 0.0), ("What then? More.", 3.2)]
    assert found["chapters"][-1]["end"] == found["duration"] == manifest.samples / 24000
    assert found["word_timings"] == "words"
    read = list(webvtt.from_buffer(io.StringIO(part(store, manifest, "chapters"))))
    assert [(c.start, c.end, c.text) for c in read] == [
        ("00:00:00.000", "00:00:03.200", "Waves."),
        ("00:00:03.200", "00:00:07.150", "What then? More."),
    ]


def test_what_comes_before_the_first_heading_is_a_chapter_too(store: DirectoryStore) -> None:
    one, two = speak(store, "One."), speak(store, "Two.")
    plan = with_roles(plan_of((one, 0), (two, 0), title="Sea"), "paragraph", "heading")
    assert [title for title, *_ in module.chapters(assemble_lesson(store, plan, message_for(plan)))] == ["Sea", "Two."]
    plan = with_roles(plan_of((one, 0), (two, 0)), "paragraph", "paragraph")
    assert list(module.chapters(assemble_lesson(store, plan, message_for(plan, 2)))) == [("waves", 0, 48000)]


def test_a_lesson_linked_before_there_were_timings_gets_them(store: DirectoryStore) -> None:
    plan = plan_of((speak(store, "One."), 0))
    whole = assemble_lesson(store, plan, message_for(plan))
    kept = contents(store)
    old = whole.model_copy(update={"parts": whole.parts[:3]})
    _, tag = store.get(FOLDER + "manifest.json")
    store.replace(FOLDER + "manifest.json", old.model_dump_json().encode(), tag)
    assert assemble_lesson(store, plan, message_for(plan)) == whole
    assert contents(store) == kept


def test_how_a_segment_was_delivered_is_in_the_manifest(store: DirectoryStore) -> None:
    spoken = speak(store, "One.")
    plan = plan_of((spoken, 0))
    (cue,) = assemble_lesson(store, plan, message_for(plan)).cues
    pitch = 200 + int(spoken.key()[:2], 16)
    assert cue.pitch == pytest.approx(pitch * 10, rel=0.03)
    assert cue.speech_ms == 1000


def test_the_committed_schema_is_in_step() -> None:
    committed = Path(module.__file__).with_name("timings.schema.json").read_text(encoding="utf-8")
    assert committed == timings_schema(), "python -m worker.contract.timings > worker/contract/timings.schema.json"
    jsonschema.Draft202012Validator.check_schema(json.loads(timings_schema()))
    assert set(Timings.model_fields) == set(json.loads(timings_schema())["properties"])
