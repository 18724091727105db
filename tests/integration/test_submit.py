"""Submitting to workers elsewhere: real Valkey, a real Celery worker, and what goes wrong in between."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from models.errors import Permanent
from producer.errors import NoWorker, RedisUnavailable
from producer.run import watch
from producer.run.batches import Batches, written
from producer.run.submit import SubmittedRun, plan_paths, submit
from tests.conftest import TINY_VOICES, Valkey
from tests.integration.processes import until
from tests.integration.test_local_stack import lesson, sentence
from worker.contract.messages import MAX_BATCH, Job, RenderBatch, assemble_queue, render_queue
from worker.contract.settings import Settings, settings_environment
from worker.ledger import broker


@pytest.fixture(scope="module")
def served(valkey_server: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a deployment whose worker runs all through this file."""
    settings = Settings(
        redis_url=SecretStr(valkey_server.url),
        store=str(tmp_path_factory.mktemp("store")),
        namespace="served",
        voices_dir=TINY_VOICES,
        lease_seconds=2.0,
        sweep_seconds=0.2,
    )
    queues = f"{assemble_queue('narrator-served')},{render_queue('narrator-served', 'tiny')}"
    command = [sys.executable, "-P", "-m", "worker", "--queues", queues, "--processes", "1"]
    with subprocess.Popen(command, env=settings_environment(settings), stderr=subprocess.DEVNULL) as worker:
        yield settings.model_copy(update={"ledger_days": 1.0})
        worker.kill()


@pytest.fixture
def unserved(served: Settings, valkey: Valkey) -> Settings:
    """The same server, emptied, and a namespace in which nobody works."""
    return served.model_copy(update={"namespace": "nobody"})


@pytest.fixture
def course(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Two lessons of their own for every test: the store of the file's worker is shared."""
    folder = tmp_path / re.sub(r"\W+", "-", request.node.name)
    folder.mkdir()
    own = f"{request.node.name}: ".replace("_", " ")
    lesson(folder, "first", [own + sentence(i) for i in range(20)])
    lesson(folder, "second", [own + sentence(i) for i in range(15, 30)])
    return folder


def send(course: Path, settings: Settings) -> SubmittedRun:
    return submit(*plan_paths([course], settings=settings))


def batches(run: SubmittedRun) -> list[RenderBatch]:
    filler = Batches(run.work, run.plan, run.settings.task_seconds)
    return [batch for lesson in run.work for batch in filler.add(lesson)] + list(filler.rest())


def test_a_run_is_submitted_and_watched_to_its_end(served: Settings, course: Path) -> None:
    run = send(course, served)
    assert re.fullmatch(r"\d{8}-\d{6}-[a-z0-9]{4}", run.id)
    seen = list(run.watch())
    assert seen[-1].state == "done"
    report = run.wait()
    assert report.run == run.id
    assert (report.lessons, report.segments, report.reused, report.rendered, report.failed) == (2, 32, 0, 32, 0)
    assert report.results == (f"lessons/{course.name}/first/", f"lessons/{course.name}/second/")
    assert report.exit_code == 0

    again = send(course, served.model_copy(update={"redis_url": SecretStr("redis://localhost:1/0")}))
    report = again.wait()  # nothing changed: nobody asks the broker, which is not there
    assert (report.unchanged, report.segments, report.reused, report.rendered) == (2, 32, 32, 0)


def test_a_flushed_ledger_is_noticed_and_the_run_submitted_again(
    served: Settings, course: Path, valkey_server: Valkey
) -> None:
    run = send(course, served)
    first = run.id
    valkey_server.client.flushall()
    report = run.wait()
    assert run.id != first
    assert report.exit_code == 0
    assert report.segments == 32 == report.rendered + report.reused


def test_lost_messages_are_noticed_and_sent_again(unserved: Settings, course: Path, monkeypatch) -> None:
    monkeypatch.setattr(watch, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(watch, "LOST_SECONDS", 0.2)
    run = send(course, unserved)
    first, sent = run.id, run.depths()
    queue = render_queue("narrator-nobody", "tiny")
    run.redis.delete(queue)
    watching = run.watch()
    until(lambda: next(watching).run != first)
    assert run.depths()[queue] == sent[queue]
    assert run.ledger.progress(first).state == "cancelled"


def test_a_queue_that_nobody_serves_is_named(unserved: Settings, course: Path, monkeypatch) -> None:
    monkeypatch.setattr(watch, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(watch, "UNSERVED_SECONDS", 0.2)
    with pytest.raises(NoWorker, match=r"queue narrator-nobody\.render\.tiny.*narrator worker --bundle tiny"):
        send(course, unserved).wait()


def test_a_submission_killed_in_the_middle_loses_nothing(
    served: Settings, course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[RenderBatch] = []
    real = broker.send_batch

    def die(app: object, settings: Settings, batch: RenderBatch) -> None:
        if sent:
            raise KeyboardInterrupt
        sent.append(batch)
        real(app, settings, batch)

    monkeypatch.setattr("producer.run.batches.MAX_BATCH", 8)
    with monkeypatch.context() as patch:
        patch.setattr(broker, "send_batch", die)
        with pytest.raises(KeyboardInterrupt):
            send(course, served)
    report = send(course, served).wait()
    assert report.exit_code == 0
    assert report.segments == 32 == report.rendered + report.reused


def test_a_failed_segment_is_reported_with_its_line(unserved: Settings, course: Path) -> None:
    run = send(course, unserved)
    shared = [key for key in run.work[0].missing if key in run.work[1].missing]
    jobs = {job.key: job for batch in batches(run) for job in batch.jobs}
    tokens = run.ledger.lease([jobs[shared[0]]], alone=False)
    run.ledger.fail(shared[0], tokens[shared[0]], "the voice lost its tongue")
    run.cancel()
    report = run.wait()
    assert (report.segments, report.rendered, report.failed, report.failed_lessons) == (32, 0, 32, 2)
    assert report.exit_code == 1
    first, *_ = report.failures
    assert (first.where, first.reason) == (f"{course / 'first.md'}:6", "the voice lost its tongue")


def test_a_cancelled_run_ends(unserved: Settings, course: Path) -> None:
    run = send(course, unserved)
    run.cancel()
    assert [progress.state for progress in run.watch()] == ["cancelled"]
    report = run.wait()
    assert report.segments == report.failed == 32
    assert {trouble.reason for trouble in report.failures} == {"the run was cancelled"}


def test_a_broker_that_is_away_is_named_without_its_password(served: Settings, course: Path, tmp_path: Path) -> None:
    url = f"unix://:hunter2@{tmp_path}/gone.sock?db=0"
    with pytest.raises(RedisUnavailable) as caught:
        send(course, served.model_copy(update={"redis_url": SecretStr(url)}))
    assert f"{tmp_path}/gone.sock" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_tasks_hold_every_missing_segment_once_in_order(unserved: Settings, tmp_path: Path) -> None:
    for number in range(5):
        lesson(tmp_path, f"lesson{number}", [sentence(number * 50 + i) for i in range(100)])
    run = send(tmp_path, unserved)
    found = batches(run)
    keys = [job.key for batch in found for job in batch.jobs]
    assert keys == list(dict.fromkeys(key for work in run.work for key in work.missing))
    assert max(len(batch.jobs) for batch in found) <= MAX_BATCH
    assert len(found[-1].jobs) < len(found[0].jobs) / 2  # the last are small, so that workers end together
    assert run.depths()[render_queue("narrator-nobody", "tiny")] == len(found)
    stored = {path.stem for path in Path(unserved.store, "nobody", "plans").glob("*/*.json")}
    assert {written(work).plan_id() for work in run.work} <= stored


def test_a_job_is_what_the_worker_computes(unserved: Settings, course: Path) -> None:
    for batch in batches(send(course, unserved)):
        for job in batch.jobs:
            assert Job.model_validate_json(job.model_dump_json()).segment.key() == job.key


def test_a_worker_that_is_stopped_for_a_while_is_waited_for(served: Settings, course: Path) -> None:
    """A paused worker is no lost message: its leases lapse, and the run ends once it goes on."""
    run = send(course, served)
    (worker,) = (w for w in until(run.ledger.workers) if render_queue("narrator-served", "tiny") in w.queues)
    pid = int(worker.name.split("-")[-2])
    subprocess.run(["kill", f"-{signal.SIGSTOP.value}", str(pid)], check=True)
    watching = run.watch()
    next(watching)
    subprocess.run(["kill", f"-{signal.SIGCONT.value}", str(pid)], check=True)
    assert list(watching)[-1].state == "done"


def test_a_lesson_beyond_its_limits_is_refused(unserved: Settings, tmp_path: Path) -> None:
    words = lesson(tmp_path, "words", ["What is said has thirty-six letters."] * 40_000)  # 1.4 MB
    plan, _, _ = plan_paths([words], settings=unserved.model_copy(update={"lesson_megabytes": 1}))
    assert plan.failures[0].message == "larger than 1 MB: split it, or raise NARRATOR_LESSON_MEGABYTES"
    few = lesson(tmp_path, "few", ["This has twenty letters."] * 10)  # and a heading of four characters
    with pytest.raises(
        Permanent, match="244 characters to say, more than 243: split the lesson, or raise NARRATOR_LESSON_"
    ):
        send(few, unserved.model_copy(update={"lesson_characters": 243}))
    assert send(few, unserved.model_copy(update={"lesson_characters": 244}))


@pytest.mark.parametrize(
    ("limit", "most", "message"),
    [
        (
            "lesson_segments",
            20,
            "first.md: 21 segments, more than 20: split the lesson, or raise NARRATOR_LESSON_SEGMENTS",
        ),
        (
            "run_segments",
            31,
            "32 segments to render, more than 31: submit fewer lessons at once, or raise NARRATOR_RUN_",
        ),
        (
            "open_runs",
            1,
            "1 runs are open already: wait, cancel some (narrator runs list, narrator runs cancel RUN), or raise NARR",
        ),
    ],
)
def test_a_run_beyond_the_limits_is_refused(
    unserved: Settings, course: Path, limit: str, most: int, message: str
) -> None:
    first = send(course, unserved.model_copy(update={limit: most + 1}))
    with pytest.raises(Permanent, match=re.escape(message)):
        send(course, unserved.model_copy(update={limit: most}))
    assert first.ledger.cancel(first.id)
    if limit == "open_runs":
        send(course, unserved.model_copy(update={limit: most}))
