"""Segments that take their worker down, never end, take all memory, or come out as silence or noise."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.faults import course
from tests.faults.conftest import Deploy
from tests.faults.deployment import SUBMISSION
from worker.contract.messages import segment_name

ATTEMPTS = 2
POISON = {
    "Crash": ("on this sentence the engine crashes.", f"crashed the worker {ATTEMPTS} times while rendered alone"),
    "Hang": ("on this sentence the engine hangs.", "the engine gave nothing for 5 s (NARRATOR_SEGMENT_SECONDS)"),
    "Hog": ("all the memory on this sentence.", "MemoryError"),
    "Silence": ("is all that comes of this sentence.", "the engine gave silence (3 draws)"),
    "Nan": ("is what the samples of this one are.", "samples that are not numbers"),
}


@pytest.fixture
def poisoned(tmp_path: Path) -> Path:
    """The course, with one poisonous sentence in the middle of each of the first lessons."""
    folder = course.write(tmp_path / "course")
    for number, (word, (rest, _)) in enumerate(POISON.items()):
        first = number * course.SENTENCES
        own = [course.sentence(first + i) for i in range(course.SENTENCES + 2)]
        course.write_lesson(folder, number, [*own[:14], f"{word} {rest}", *own[14:]])
    return folder


def test_poison_is_given_up_and_everything_else_is_delivered(deploy: Deploy, poisoned: Path) -> None:
    deployment = deploy(
        segment_seconds=5.0, max_attempts=ATTEMPTS, visibility_timeout=70, lease_seconds=2.0, process_megabytes=700
    )
    deployment.poison.touch()
    deployment.worker(2)
    report = deployment.end(deployment.submit(course=poisoned), code=1)
    assert report["failed"] == report["failed_lessons"] == len(POISON)
    assert (
        report["rendered"] + report["reused"] + report["failed"] == report["segments"] == course.SEGMENTS + len(POISON)
    )
    reasons = {Path(one["where"]).stem: one["reason"] for one in report["failures"]}
    for number, (_, reason) in enumerate(POISON.values()):
        assert reason in reasons[f"lesson-{number:02}"]
    manifests = [entry.name for entry in deployment.store.list("lessons/") if entry.name.endswith("manifest.json")]
    assert len(manifests) == course.LESSONS - len(POISON), "every lesson without poison is delivered"
    counts = Counter(one.text for one in deployment.spoken())
    for word in ("Crash", "Hang", "Hog"):
        (poison,) = [text for text in counts if text.startswith(word)]
        assert ATTEMPTS <= counts.pop(poison) <= 1 + ATTEMPTS, "once in company, unless a mate came first; then alone"
    for word in ("Silence", "Nan"):
        (poison,) = [text for text in counts if text.startswith(word)]
        assert counts.pop(poison) >= 3
    # A batch may hold several of the poisons, and each takes it down once.
    assert max(counts.values()) <= 1 + 3, "no innocent segment is spoken more often than its batch was taken down"

    # Mended: retry renders just those.
    deployment.poison.unlink()
    before = len(deployment.spoken())
    again = deployment.narrator("runs", "retry", report["run"], "--wait", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["rendered"] == len(POISON)
    assert {one.text.partition(" ")[0] for one in deployment.spoken()[before:]} == set(POISON)
    found = deployment.delivered()
    assert len(found.lessons) == course.LESSONS
    keys = {cue["key"] for manifest in found.lessons.values() for cue in manifest["cues"]}
    assert deployment.store.existing(map(segment_name, keys)) == set(map(segment_name, keys))
    assert not SUBMISSION & set(next(iter(found.lessons.values())))
    deployment.nothing_left()


def test_a_visibility_timeout_shorter_than_a_task_is_refused(deploy: Deploy) -> None:
    deployment = deploy(visibility_timeout=90, segment_seconds=120.0)
    for command in (("worker", "--bundle", "tiny"), ("submit", str(deployment.course))):
        done = deployment.narrator(*command)
        assert done.returncode == 2, command
        assert "NARRATOR_VISIBILITY_TIMEOUT is 90 s" in done.stderr
        assert "set it to at least 300" in done.stderr
