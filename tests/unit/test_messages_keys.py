"""Segment keys: pinned, equal everywhere, and another one for whatever changes the sound."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys

import pytest

from worker.contract import messages as contract
from worker.contract.messages import LessonEntry, LessonPlan, Loudness, Segment, segment_name

VOICE = "kokoro/af_heart"
BASE = {
    "voice": VOICE,
    "fingerprint": "a" * 64,
    "backend": "onnxruntime",
    "precision": "int8",
    "language": "en",
    "text": "Welcome to lesson three.",
    "frontend": "b" * 64,
}

# Whoever changes one of these renders every course of every user again: raise SCHEMA and say why.
GOLDEN = [
    ({}, "6be1534c5ae4a9f8fa7b4b22f44f977f5cfa1e738dd692e3d4ba1941f52cf324"),
    (
        {"language": "zh", "text": "欢迎来到第三课。", "voice": "kokoro/zf_xiaobei"},
        "81f1bd8913f1065a2ee5c857293c50531fc9a904338bfda24405022ca361cd26",
    ),
    (
        {"language": "ja", "text": "こんにちは。", "voice": "kokoro/jf_alpha"},
        "29cd5ed7667d2b2d79ffc24bb11cc3567bdb08b52ac94e19c5de7f59a5123409",
    ),
    ({"speed": 1250}, "cb75c6e4783c963d92e52dc282ca71aa0a65d537e34f4ae275c95cd17809591a"),
    ({"take": 2}, "5572ebf8106d2d23aa2a38e8772233146c2b5b90bd9beea8b926e0789eefc4e2"),
    ({"options": {"vocoder": "hift", "steps": 10}}, "bd1a010957d554395697325de601de1ac47c4de16fc49b02a3c6564c10c4fc1a"),
]
CHANGES = [
    {"voice": "kokoro/af_bella"},
    {"fingerprint": "c" * 64},
    {"backend": "openvino"},
    {"precision": "fp32"},
    {"language": "ja"},
    {"text": "Welcome to lesson three!"},
    {"frontend": "d" * 64},
    {"speed": 1001},
    {"take": 1},
    {"options": {"vocoder": "hift"}},
    {"readings": [{"start": 0, "end": 7, "ipa": "ˈwɛlkəm"}]},
    {"relaxed": True},
]


def segment(**changes: object) -> Segment:
    return Segment.model_validate(BASE | changes)


@pytest.mark.parametrize(("changes", "key"), GOLDEN)
def test_golden(changes, key):
    assert segment(**changes).key() == key


def test_a_key_is_the_digest_of_canonical_json():
    record = BASE | {"schema": 1}
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert segment().key() == hashlib.sha256(text.encode()).hexdigest()


def test_every_field_that_shapes_the_sound_is_in_the_key():
    assert {name for change in CHANGES for name in change} == set(Segment.model_fields)
    keys = [segment(**change).key() for change in CHANGES]
    assert len({segment().key(), *keys}) == len(CHANGES) + 1


def test_the_order_of_fields_and_options_does_not_matter():
    forwards = segment(options={"a": 1, "b": 2})
    backwards = Segment.model_validate(dict(reversed(list((BASE | {"options": {"b": 2, "a": 1}}).items()))))
    assert forwards.key() == backwards.key()


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_other_processes_and_hash_seeds_agree(seed):
    code = (
        "import sys; from worker.contract.messages import Segment; "
        "print(Segment.model_validate_json(sys.stdin.read()).key())"
    )
    record = segment(options={"vocoder": "hift", "steps": 10, "z": "y"})
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=record.model_dump_json(), capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )  # fmt: skip
    assert done.stdout.strip() == record.key()


def test_pauses_captions_loudness_and_outputs_change_the_lesson_and_no_segment():
    def plan(**changes: object) -> LessonPlan:
        entry = {"caption": "Welcome", "role": "sentence", "pause_ms": 250, "line": 3} | {
            name: changes.pop(name) for name in ("caption", "role", "pause_ms", "line") if name in changes
        }
        lesson = {"course": "c", "lesson": "l", "language": "en", "source_digest": "e" * 64} | changes
        one = segment()
        return LessonPlan.model_validate({**lesson, "entries": (LessonEntry(key=one.key(), segment=one, **entry),)})

    base = plan()
    others = [
        plan(caption="Willkommen"), plan(role="heading"), plan(pause_ms=251), plan(loudness=Loudness(lufs=-1900)),
        plan(outputs=("wav", "mp3")), plan(title="Another"), plan(assembly=2),
    ]  # fmt: skip
    assert {p.entries[0].key for p in others} == {base.entries[0].key}
    assert len({base.lesson_key(), *(p.lesson_key() for p in others)}) == len(others) + 1
    assert plan(line=99, source_digest="f" * 64).lesson_key() == base.lesson_key()


def test_the_limiters_version_is_in_the_lesson_key_only_where_loudness_is_wanted(monkeypatch):
    one = segment()
    entry = LessonEntry(key=one.key(), segment=one, caption="Welcome", role="sentence", pause_ms=250, line=3)
    plan = LessonPlan(course="c", lesson="l", language="en", source_digest="e" * 64, entries=(entry,))
    loud = plan.model_copy(update={"loudness": Loudness(lufs=-1900)})
    before = plan.lesson_key(), loud.lesson_key()
    assert before[0] == "0574fce3b9e5d1579c684e888e1a27d8ae690b1e670def2f5d6d1101bc13dbc4"
    monkeypatch.setattr(contract, "LIMITER", contract.LIMITER + 1)
    assert plan.lesson_key() == before[0]
    assert loud.lesson_key() != before[1]


def test_segments_are_spread_over_256_folders():
    assert segment_name(segment().key()).startswith(f"segments/{segment().key()[:2]}/")
