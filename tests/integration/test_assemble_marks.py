"""Marks and a segment's own gain, from a plan into a lesson's manifest and sound."""

from __future__ import annotations

import io
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import soundfile

from tests.integration.test_assemble import FOLDER, message_for, plan_of, speak
from worker.assemble.lesson import assemble_lesson
from worker.contract.manifest import Manifest, TimedMark, manifest_schema
from worker.contract.messages import CaptionMark, LessonPlan
from worker.store.directory import DirectoryStore


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


def changed(plan: LessonPlan, at: int, **fields: object) -> LessonPlan:
    entries = list(plan.entries)
    entries[at] = entries[at].model_copy(update=fields)
    return plan.model_copy(update={"entries": tuple(entries)})


def sound(store: DirectoryStore, manifest: Manifest) -> np.ndarray:
    (name,) = [part.name for part in manifest.parts if part.kind == "audio"]
    return soundfile.read(io.BytesIO(store.get(FOLDER + name)[0]), dtype="float64")[0]


def test_marks_land_in_the_manifest(store: DirectoryStore) -> None:
    timed = speak(store, "One two.", words=(("One", 100, 12000), ("two", 13000, 24000)))
    plan = plan_of((timed, 100), (speak(store, "Three four."), 0))
    plan = changed(plan, 0, marks=(CaptionMark(name="a", offset=0), CaptionMark(name="b", offset=4)))
    plan = changed(plan, 1, marks=(CaptionMark(name="c", offset=6), CaptionMark(name="d", offset=11)))
    manifest = assemble_lesson(store, plan, message_for(plan))
    assert manifest.marks == (
        TimedMark(name="a", sample=0, timing="segment"),
        TimedMark(name="b", sample=13000, timing="word"),
        TimedMark(name="c", sample=26400 + round(24000 * 5 / 14), timing="share"),
        TimedMark(name="d", sample=50400, timing="segment"),
    )
    jsonschema.validate(json.loads(store.get(FOLDER + "manifest.json")[0]), json.loads(manifest_schema()))
    moved = plan.model_copy(update={"source_digest": "3" * 64})
    assert assemble_lesson(store, moved, message_for(moved, 2)).marks == manifest.marks


def test_only_marks_and_gains_that_are_set_change_a_lessons_key(store: DirectoryStore) -> None:
    plan = plan_of((speak(store, "One."), 0))
    keys = {
        plan.lesson_key(),
        changed(plan, 0, marks=(CaptionMark(name="a", offset=0),)).lesson_key(),
        changed(plan, 0, marks=(CaptionMark(name="b", offset=0),)).lesson_key(),
        changed(plan, 0, gain=300).lesson_key(),
    }
    assert len(keys) == 4
    assert changed(plan, 0, gain=0, marks=()).lesson_key() == plan.lesson_key()


@pytest.mark.parametrize(("gain", "applied"), [(600, 600), (-600, -600), (1200, 1200)])
def test_a_segments_gain_is_heard_in_it_alone(store: DirectoryStore, gain: int, applied: int) -> None:
    plan = plan_of((speak(store, "One."), 100), (speak(store, "Two."), 0))
    plain = sound(store, assemble_lesson(store, plan, message_for(plan)))
    louder = changed(plan, 1, gain=gain)
    manifest = assemble_lesson(store, louder, message_for(louder, 2))
    heard = sound(store, manifest)
    assert [cue.gain for cue in manifest.cues] == [0, applied]
    assert np.array_equal(heard[:26400], plain[:26400])
    ratio = np.std(heard[26400:]) / np.std(plain[26400:])
    assert 20 * np.log10(ratio) == pytest.approx(applied / 100, abs=0.01)


def test_a_gain_stops_a_decibel_below_full_scale(store: DirectoryStore) -> None:
    plan = changed(plan_of((speak(store, "One.", amplitude=0.5), 0)), 0, gain=1200)
    manifest = assemble_lesson(store, plan, message_for(plan))
    assert manifest.cues[0].gain == pytest.approx(502, abs=1)  # 0.5 is -6.02 dBFS
    assert np.max(np.abs(sound(store, manifest))) == pytest.approx(10 ** (-1 / 20), abs=0.001)
    loud = changed(plan_of((speak(store, "Two.", amplitude=0.99), 0)), 0, gain=300)
    assert assemble_lesson(store, loud, message_for(loud, 2)).cues[0].gain == 0
