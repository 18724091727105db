"""Producers killed, doubled, cancelled and overtaken, and versions that differ for a while."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import TINY_VOICES
from tests.faults import course
from tests.faults.conftest import Deploy
from tests.faults.deployment import Delivered, Deployment, kill
from tests.faults.proxy import FaultProxy
from tests.integration.processes import until
from tests.make_tiny_voice import make
from worker.contract.messages import lesson_folder


@pytest.mark.long
def test_a_producer_is_killed_while_it_plans(deploy: Deploy, proxy: FaultProxy, reference: Delivered) -> None:
    """Nothing was written, so nothing is left behind."""
    deployment = deploy(s3_endpoint_url=proxy.endpoint)
    producer = deployment.submit()
    until(lambda: proxy.seen["HEAD"] > 100, 60)  # it asks the store for 540 segments
    kill(producer)
    assert deployment.ledger.runs(5) == []
    deployment.nothing_left()
    deployment.worker(2)
    assert deployment.end(deployment.submit())["failed"] == 0
    deployment.same_as(reference)
    deployment.rendered_at_most(1)
    deployment.nothing_left()


def test_a_producer_is_killed_while_it_submits(
    deploy: Deploy, proxy: FaultProxy, reference: Delivered, segments: int
) -> None:
    """What it sent is rendered, the next submission sends the rest, and its own run is closed in the end."""
    deployment = deploy(s3_endpoint_url=proxy.endpoint)
    deployment.worker(2, FAULT_SUBMIT_SECONDS=5)
    producer = deployment.submit()
    lessons = until(lambda: [run.lessons for run in deployment.ledger.runs(1) if run.lessons > 2], 60)
    kill(producer)
    (first,) = deployment.ledger.runs(5)
    assert first.state == "submitting", "the fault came too late"
    assert 0 < lessons[0] <= first.lessons < course.LESSONS
    assert deployment.end(deployment.submit())["failed"] == 0
    deployment.same_as(reference)
    deployment.rendered_at_most(1)
    until(lambda: deployment.ledger.progress(first.run).state == "cancelled", 60)
    deployment.nothing_left()


def test_two_producers_submit_the_same_course_at_once(
    deployment: Deployment, reference: Delivered, segments: int
) -> None:
    deployment.worker(2)
    producers = [deployment.submit(), deployment.submit()]
    until(lambda: sum(run.remaining > 0 for run in deployment.ledger.runs(5)) == 2, 60)
    reports = [deployment.end(producer) for producer in producers]
    assert [report["failed"] for report in reports] == [0, 0]
    assert sum(report["rendered"] for report in reports) == segments
    deployment.same_as(reference)
    deployment.rendered_at_most(1)
    deployment.nothing_left()


def test_a_run_is_cancelled_and_submitted_again(deployment: Deployment, reference: Delivered, segments: int) -> None:
    deployment.worker(2)
    producer = deployment.submit()
    deployment.until_spoken(0.3, segments)
    (run,) = deployment.ledger.runs(5)
    assert deployment.narrator("runs", "cancel", run.run).returncode == 0
    again = deployment.submit()
    cut_off = deployment.end(producer, code=1)
    assert {one["reason"] for one in cut_off["failures"]} == {"the run was cancelled"}
    assert deployment.narrator("store", "check").returncode == 0, "the store is sound"
    assert deployment.end(again)["failed"] == 0
    deployment.same_as(reference)
    deployment.rendered_at_most(2)
    deployment.nothing_left()


@pytest.mark.long
def test_a_cancelled_run_is_taken_up_again(deployment: Deployment, reference: Delivered, segments: int) -> None:
    deployment.worker(2)
    producer = deployment.submit()
    deployment.until_spoken(0.3, segments)
    (run,) = deployment.ledger.runs(5)
    assert deployment.narrator("runs", "cancel", run.run).returncode == 0
    deployment.end(producer, code=1)
    again = deployment.narrator("runs", "retry", run.run, "--wait", "--json")
    assert again.returncode == 0, again.stderr
    assert 0 < json.loads(again.stdout)["rendered"] < segments
    deployment.same_as(reference)
    deployment.rendered_at_most(2)
    deployment.nothing_left()


def test_an_older_run_that_ends_later_leaves_the_newer_edit(deploy: Deploy, tmp_path: Path) -> None:
    """The older run's lesson waits for a segment that takes long; the newer edit of the lesson is delivered first."""
    deployment = deploy(segment_seconds=200.0)
    folder = course.write(tmp_path / "course")
    own = [course.sentence(i) for i in range(course.SENTENCES)]
    course.write_lesson(folder, 0, [*own, "Slow is the last sentence of this lesson."])
    deployment.poison.touch()
    deployment.worker(2)
    older = deployment.submit(course=folder)
    until(lambda: any(one.text.startswith("Slow") for one in deployment.spoken()), 120)
    edited = course.write_lesson(folder, 0, [*own, "Edited is the last sentence of this lesson."])
    newer = deployment.end(deployment.submit(course=edited))
    assert newer["failed"] == 0
    before, _ = deployment.store.get(lesson_folder("course", "lesson-00") + "manifest.json")
    assert b"Edited is the last" in before
    deployment.in_flight()  # the older run was overtaken
    deployment.poison.unlink()
    assert deployment.end(older)["failed"] == 0
    after, _ = deployment.store.get(lesson_folder("course", "lesson-00") + "manifest.json")
    assert after == before, "the newer edit stays"
    assert len(deployment.delivered().lessons) == course.LESSONS
    deployment.rendered_at_most(1)
    deployment.nothing_left()


@pytest.mark.parametrize("differs", [pytest.param("voice", marks=pytest.mark.long), "keys"])
def test_old_and_new_workers_at_once(
    differs: str, deployment: Deployment, reference: Delivered, segments: int, tmp_path: Path
) -> None:
    """A rolling upgrade: workers with other files of the voice, or that compute other keys, render nothing wrong and
    keep nothing for themselves."""
    voices = tmp_path / "voices"
    shutil.copytree(TINY_VOICES / "tiny_voice", voices / "tiny_voice")
    if differs == "voice":
        make(voices / "tiny_voice", seed=1)
    variables = {"FAULT_SCHEMA": 2} if differs == "keys" else {}
    deployment.worker(1, voices_dir=voices, **variables)
    producer = deployment.submit()
    until(lambda: any("here are not those" in t or "versions differ" in t for t in deployment.ledger.troubles()), 60)
    assert deployment.spoken() == []
    deployment.worker(2)
    report = deployment.end(producer)
    assert (report["failed"], report["failed_lessons"]) == (0, 0)
    deployment.same_as(reference)
    deployment.rendered_at_most(1)
    deployment.nothing_left()
