"""What is done with a run after its submission: listed, cancelled, taken up again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from models.errors import Permanent
from producer.cli import main
from producer.run.batches import Batches
from producer.run.retry import retry
from producer.run.status import recent
from producer.run.submit import SubmittedRun, plan_paths, submit
from tests.integration.submission import wait_until_ended
from tests.integration.test_local_stack import lesson, sentence
from worker.contract.manifest import MANIFEST
from worker.contract.messages import AssembleLesson, Job, lesson_folder
from worker.contract.settings import Settings
from worker.ledger.ledger import Ledger
from worker.ledger.records import Completed
from worker.store import Store


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    folder.mkdir()
    lesson(folder, "first", [sentence(1), sentence(2), sentence(3)])
    lesson(folder, "second", [sentence(4), sentence(5)])
    return folder


@pytest.fixture
def run(course: Path, settings: Settings) -> SubmittedRun:
    return submit(*plan_paths([course], settings=settings))


@pytest.fixture
def narrator(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("producer.run.status.load_settings", lambda: settings)
    monkeypatch.setattr("producer.run.retry.load_settings", lambda: settings)

    def call(*words: str) -> Result:
        return CliRunner().invoke(main, words)

    return call


def jobs(run: SubmittedRun) -> list[Job]:
    filler = Batches(run.work, run.plan, run.settings.task_seconds)
    found = [batch for one in run.work for batch in filler.add(one)] + list(filler.rest())
    return [job for batch in found for job in batch.jobs]


def give_up_one(run: SubmittedRun) -> Job:
    """A worker stores every segment but the first of the first lesson, and delivers the second lesson."""
    poison, *others = jobs(run)
    tokens = run.ledger.lease([poison, *others], alone=False)
    run.ledger.fail(poison.key, tokens[poison.key], "no voice for it")
    for job in others:
        run.store.create(f"segments/{job.key[:2]}/{job.key}.wav", b"sound")
    for ready in run.ledger.complete([Completed(job.key, tokens[job.key], "rendered") for job in others]):
        run.ledger.assembled(ready)
    return poison


def test_retry_submits_just_what_was_given_up(run: SubmittedRun, settings: Settings, ledger: Ledger, narrator) -> None:
    poison = give_up_one(run)
    assert run.progress().state == "incomplete"
    (left,) = ledger.lessons_left(run.id)
    again = retry(run.id, settings)
    assert [(one.lesson, one.missing) for one in again.work] == [("first", (poison.key,))]
    assert [job.key for job in jobs(again)] == [poison.key]
    assert again.submitted == run.submitted, "it keeps its place among other submissions"
    (given,) = ledger.lease([poison], alone=False).items()
    (ready,) = ledger.complete([Completed(*given, "rendered")])
    assert (ready.plan, ready.submitted) == (left.plan, left.submitted)
    ledger.assembled(ready)
    assert again.progress().state == "done"
    assert ledger.lessons_left(again.id) == []


def test_a_retry_leaves_a_newer_submission_alone(
    run: SubmittedRun, course: Path, settings: Settings, ledger: Ledger, store: Store
) -> None:
    give_up_one(run)
    (left,) = ledger.lessons_left(run.id)
    newer = _manifest(left, run.submitted + 1)
    store.put(lesson_folder(left.course, left.lesson) + MANIFEST, newer)
    assert retry(run.id, settings).work == []


def _manifest(lesson: AssembleLesson, submitted: int) -> bytes:
    return json.dumps(
        {
            "course": lesson.course, "lesson": lesson.lesson, "title": "", "language": "en", "source": "",
            "source_digest": "0" * 64, "lesson_key": "0" * 64, "plan": "0" * 64, "submitted": submitted,
            "sample_rate": 8000, "samples": 1, "parts": [], "cues": [],
            "loudness": {"target": None, "integrated": None, "true_peak": None, "gain": 0},
        }
    ).encode()  # fmt: skip


def test_a_cancelled_run_is_taken_up_again(run: SubmittedRun, settings: Settings, ledger: Ledger, narrator) -> None:
    done = narrator("runs", "cancel", run.id)
    assert (done.exit_code, done.output) == (0, f"{run.id}: cancelled\n")
    assert narrator("runs", "cancel", run.id).output == f"{run.id}: had ended already\n"
    assert ledger.lease(jobs(run), alone=False) == {}
    assert ledger.sweep() == ([], [])
    again = json.loads(narrator("runs", "retry", run.id, "--json").output)
    assert again["lessons"] == 2
    keys = ledger.lease(jobs(run), alone=False)
    assert set(keys) == {job.key for job in jobs(run)}
    assert ledger.progress(again["run"]).segments == len(keys)


def test_a_retry_whose_plan_is_damaged_says_so(run: SubmittedRun, store: Store, narrator) -> None:
    narrator("runs", "cancel", run.id)
    plan = next(entry.name for entry in store.list("plans/"))
    store.put(plan, store.get(plan)[0].replace(b"river", b"rover"))
    done = narrator("runs", "retry", run.id)
    assert done.exit_code == 1
    assert f"{plan} in the store is damaged" in done.output


@pytest.mark.parametrize("command", ["retry", "cancel", "show"])
def test_a_run_that_the_ledger_forgot(command: str, narrator, settings: Settings) -> None:
    done = narrator("runs", command, "20200101-000000-abcd")
    assert done.exit_code == 2
    assert "no run '20200101-000000-abcd' in the ledger" in done.output
    assert "submit the lessons again" in done.output


def test_runs_are_listed_the_latest_first(run: SubmittedRun, settings: Settings, ledger: Ledger, narrator) -> None:
    narrator("runs", "cancel", run.id)
    again = retry(run.id, settings)
    assert [progress.run for progress in recent(20, settings)] == [again.id, run.id]
    assert [progress.run for progress in recent(1, settings)] == [again.id]
    lines = narrator("runs", "list").output.splitlines()
    assert lines[1].split()[:5] == [run.id, "cancelled", "0", "of", "2"]
    assert [one["run"] for one in json.loads(narrator("runs", "list", "--json").output)] == [again.id, run.id]


def test_an_open_run_name_is_refused_a_second_time(run: SubmittedRun, ledger: Ledger) -> None:
    with pytest.raises(Permanent, match="exists already"):
        ledger.open_run(run.id, {"other": 1})


def test_nothing_left_is_nothing_to_do(ledger: Ledger, settings: Settings, store: Store, narrator) -> None:
    ledger.open_run("empty", {})
    ledger.seal("empty")
    assert wait_until_ended(ledger, AssembleLesson(run="empty", course="c", lesson="l", plan="0" * 64, submitted=0))
    assert narrator("runs", "retry", "empty").output == "nothing to do\n"
