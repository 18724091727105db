"""Words from the segments' records into a lesson's manifest and captions."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from tests.integration.test_assemble import FOLDER, message_for, plan_of, speak
from worker.assemble.lesson import assemble_lesson
from worker.contract.manifest import Manifest, manifest_schema
from worker.contract.messages import Respelling
from worker.store.directory import DirectoryStore


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


def test_words_are_timed_within_the_lesson_at_its_rate(store: DirectoryStore) -> None:
    low = speak(store, "Low one.", rate=12000, words=(("Low", 960, 5000), ("one", 6000, 12000)))
    high = speak(store, "High.", words=(("High", 1920, 24000),))
    plan = plan_of((low, 100), (high, 0), (low, 0))
    manifest = assemble_lesson(store, plan, message_for(plan))
    assert manifest.word_timings == "words"
    assert [cue.words for cue in manifest.cues] == [
        (("Low", 1920, 10000), ("one", 12000, 24000)),
        (("High", 28320, 50400),),
        (("Low", 52320, 60400), ("one", 62400, 74400)),
    ]
    written = json.loads(store.get(FOLDER + "manifest.json")[0])
    jsonschema.validate(written, json.loads(manifest_schema()))
    assert written["cues"][1]["words"] == [["High", 28320, 50400]]
    assert Manifest.model_validate(written) == manifest


def test_segments_stored_before_words_were_timed_still_assemble(store: DirectoryStore) -> None:
    new = speak(store, "New.", words=(("New", 0, 24000),))
    old = speak(store, "Old.")
    plan = plan_of((new, 0), (old, 0))
    manifest = assemble_lesson(store, plan, message_for(plan))
    assert manifest.word_timings == "segments"
    assert [cue.words for cue in manifest.cues] == [(("New", 0, 24000),), None]


def test_words_stay_when_only_lines_have_moved(store: DirectoryStore) -> None:
    one = speak(store, "One two.", words=(("One", 0, 12000), ("two", 12000, 24000)))
    plan = plan_of((one, 0))
    first = assemble_lesson(store, plan, message_for(plan))
    moved = plan.model_copy(update={"source_digest": "3" * 64})
    again = assemble_lesson(store, moved, message_for(moved, 2))
    assert again.source_digest != first.source_digest
    assert (again.cues, again.word_timings) == (first.cues, "words")


def test_a_manifest_written_before_words_is_still_read(store: DirectoryStore) -> None:
    plan = plan_of((speak(store, "One."), 0))
    fields = json.loads(assemble_lesson(store, plan, message_for(plan)).model_dump_json())
    for cue in fields["cues"]:
        del cue["words"]
    assert Manifest.model_validate(fields).cues[0].words is None


def test_captions_are_divided_where_words_begin(store: DirectoryStore) -> None:
    text = "Before the pause is a sentence of some length. After the pause there is one as long as that."
    before, after = ([word.strip(".") for word in part.split()] for part in text.split(". "))
    said = tuple((word, 2000 + 9600 * n, 9600 * (n + 1)) for n, word in enumerate(before))
    said += tuple((word, 180000 + 4800 * n, 180000 + 4800 * (n + 1)) for n, word in enumerate(after))
    plan = plan_of((speak(store, text, seconds=10.0, words=said), 0))
    manifest = assemble_lesson(store, plan, message_for(plan))
    (name,) = [part.name for part in manifest.parts if part.kind == "vtt"]
    times = [line for line in store.get(FOLDER + name)[0].decode().splitlines() if "-->" in line]
    assert times[-1] == "00:00:07.500 --> 00:00:10.000"


def test_words_are_those_that_were_written(store: DirectoryStore) -> None:
    said = (("Cube", 0, 6000), ("control", 6000, 12000), ("runs", 12000, 24000))
    plan = plan_of((speak(store, "Cube control runs.", words=said), 0))
    entry = plan.entries[0].model_copy(
        update={"caption": "Kubectl runs.", "respelt": (Respelling(start=0, end=12, written="Kubectl"),)}
    )
    written = plan.model_copy(update={"entries": (entry,)})
    assert (
        written.lesson_key()
        != plan.model_copy(update={"entries": (entry.model_copy(update={"respelt": ()}),)}).lesson_key()
    )
    manifest = assemble_lesson(store, written, message_for(written))
    assert manifest.cues[0].words == (("Kubectl", 0, 12000), ("runs", 12000, 24000))
    (name,) = [part.name for part in manifest.parts if part.kind == "vtt"]
    assert "Kubectl runs." in store.get(FOLDER + name)[0].decode()
