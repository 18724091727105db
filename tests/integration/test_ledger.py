"""The ledger against a real Valkey: exactly-once counts, leases, suspicion, sweeps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from models.errors import Permanent
from tests.conftest import Valkey
from worker.contract.messages import AssembleLesson, Job, Segment
from worker.contract.settings import Settings
from worker.errors import LedgerUnavailable, RunGone
from worker.ledger import broker
from worker.ledger.ledger import Ledger
from worker.ledger.records import Completed, Failure, Progress, WorkerInfo

runs = (f"run-{number}" for number in count())


def job(text: str) -> Job:
    digest = "0" * 64
    segment = Segment(
        voice="tiny/one",
        fingerprint=digest,
        backend="onnxruntime",
        precision="float32",
        language="en",
        text=text,
        frontend=digest,
    )
    return Job(key=segment.key(), segment=segment)


JOBS = [job(f"Sentence {number}.") for number in range(6)]
KEYS = [j.key for j in JOBS]


def open_run(ledger: Ledger, lessons: dict[str, list[str]], *, seal: bool = True) -> dict[str, AssembleLesson]:
    run = next(runs)
    submitted = ledger.open_run(run, {"paths": ["a.md"]})
    messages = {
        name: AssembleLesson(run=run, course="course", lesson=name, plan="1" * 64, submitted=submitted)
        for name in lessons
    }
    for name, keys in lessons.items():
        ledger.enlist(messages[name], keys)
    if seal:
        ledger.seal(run)
    return messages


def progress(ledger: Ledger, lesson: AssembleLesson) -> Progress:
    found = ledger.progress(lesson.run)
    assert found is not None
    return found


def rendered(tokens: dict[str, str]) -> list[Completed]:
    return [Completed(key, token, "rendered", audio_ms=100, cpu_ms=10) for key, token in tokens.items()]


def wait_for(look: Callable[[], Any], seconds: float = 5.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)
    return found


def test_a_run_from_open_to_done(ledger: Ledger) -> None:
    lessons = open_run(ledger, {"one": KEYS[:2], "two": KEYS[1:3]})
    one, two = lessons.values()
    assert progress(ledger, one).state == "running"
    assert (progress(ledger, one).segments, progress(ledger, one).remaining) == (3, 3)

    tokens = ledger.lease(JOBS[:3], alone=False)
    assert set(tokens) == set(KEYS[:3])
    assert ledger.complete(rendered({k: tokens[k] for k in KEYS[:1]})) == []
    assert ledger.complete(rendered({k: tokens[k] for k in KEYS[1:2]})) == [one]
    assert ledger.complete([Completed(KEYS[2], tokens[KEYS[2]], "reused")]) == [two]
    assert progress(ledger, one).state == "running"
    ledger.assembled(one)
    ledger.assembled(one)
    ledger.assembled(two)

    end = progress(ledger, one)
    assert end.state == "done"
    assert (end.lessons, end.lessons_done, end.lessons_failed) == (2, 2, 0)
    assert (end.segments, end.remaining, end.rendered, end.reused, end.failed) == (3, 0, 2, 1, 0)
    assert (end.audio_ms, end.cpu_ms, end.summary) == (200, 20, {"paths": ["a.md"]})
    assert ledger.in_flight() == 0


def test_the_same_completion_thrice_counts_once(ledger: Ledger) -> None:
    (lesson,) = open_run(ledger, {"one": KEYS[:2]}).values()
    tokens = ledger.lease(JOBS[:2], alone=False)
    first = rendered({KEYS[0]: tokens[KEYS[0]]})
    assert [ledger.complete(first) for _ in range(3)] == [[], [], []]
    assert progress(ledger, lesson).rendered == 1
    assert progress(ledger, lesson).remaining == 1
    second = rendered({KEYS[1]: tokens[KEYS[1]]})
    assert [ledger.complete(second) for _ in range(3)] == [[lesson], [], []]
    assert progress(ledger, lesson).audio_ms == 200


def test_two_runs_wait_for_one_rendering(ledger: Ledger) -> None:
    (a,) = open_run(ledger, {"one": KEYS[:1]}).values()
    (b,) = open_run(ledger, {"two": KEYS[:1]}).values()
    tokens = ledger.lease(JOBS[:1], alone=False)
    assert ledger.lease(JOBS[:1], alone=False) == {}
    assert sorted(m.lesson for m in ledger.complete(rendered(tokens))) == ["one", "two"]
    assert (progress(ledger, a).rendered, progress(ledger, a).reused) == (1, 0)
    assert (progress(ledger, b).rendered, progress(ledger, b).reused) == (0, 1)
    assert progress(ledger, b).audio_ms == 0


def test_a_long_lesson_is_not_ready_before_its_last_part_is_enlisted(ledger: Ledger, monkeypatch) -> None:
    run = next(runs)
    lesson = AssembleLesson(run=run, course="c", lesson="l", plan="1" * 64, submitted=ledger.open_run(run, {}))
    monkeypatch.setattr("worker.ledger.scripts.PART", 2)
    call = ledger._run
    seen: list[list[AssembleLesson]] = []

    def between(name: str, *arguments: str | int) -> object:
        result = call(name, *arguments)
        if name == "enlist" and arguments[4] == "0":
            parts = [j for j in JOBS if j.key in arguments]
            seen.append(ledger.complete(rendered(ledger.lease(parts, alone=False))))
        return result

    monkeypatch.setattr(ledger, "_run", between)
    ledger.enlist(lesson, KEYS[:5])
    assert seen == [[], []]
    assert ledger.complete(rendered(ledger.lease(JOBS[4:5], alone=False))) == [lesson]


def test_a_lesson_without_missing_segments_is_due_at_once(ledger: Ledger) -> None:
    (lesson,) = open_run(ledger, {"one": []}).values()
    assert ledger.sweep() == ([], [lesson])
    assert ledger.sweep() == ([], [])


def test_a_sealed_run_without_lessons_is_done(ledger: Ledger) -> None:
    run = next(runs)
    ledger.open_run(run, {})
    ledger.seal(run)
    found = ledger.progress(run)
    assert found is not None
    assert found.state == "done"


def test_nothing_is_leased_that_no_live_run_wants(ledger: Ledger) -> None:
    assert ledger.lease(JOBS, alone=False) == {}
    (lesson,) = open_run(ledger, {"one": KEYS}).values()
    assert ledger.cancel(lesson.run)
    assert not ledger.cancel(lesson.run)
    assert ledger.lease(JOBS, alone=False) == {}
    assert ledger.complete(rendered(dict.fromkeys(KEYS, "no token"))) == []
    assert progress(ledger, lesson).state == "cancelled"
    assert progress(ledger, lesson).rendered == 0


def test_a_cancelled_run_does_not_stop_another(ledger: Ledger) -> None:
    (a,) = open_run(ledger, {"one": KEYS[:2]}).values()
    (b,) = open_run(ledger, {"one": KEYS[:2]}).values()
    ledger.cancel(a.run)
    assert ledger.complete(rendered(ledger.lease(JOBS, alone=False))) == [b]
    assert not ledger.hold(a)
    assert ledger.hold(b)


def test_release_and_renew_need_the_token(ledger: Ledger) -> None:
    open_run(ledger, {"one": KEYS[:1]})
    tokens = ledger.lease(JOBS[:1], alone=False)
    wrong = dict.fromkeys(tokens, "wrong")
    assert ledger.renew(wrong) == set()
    ledger.release(wrong)
    ledger.fail(KEYS[0], "wrong", "no")
    assert ledger.renew(tokens) == set(KEYS[:1])
    ledger.release(tokens)
    assert ledger.renew(tokens) == set()
    assert ledger.lease(JOBS[:1], alone=False)


def test_released_jobs_come_back_as_batches_of_their_bundle(ledger: Ledger) -> None:
    open_run(ledger, {"one": KEYS[:3]})
    ledger.release(ledger.lease(JOBS[:3], alone=False))
    (batch,), lessons = ledger.sweep()
    assert (batch.bundle, batch.alone, lessons) == ("tiny", False, [])
    assert sorted(j.key for j in batch.jobs) == sorted(KEYS[:3])
    assert {j.key: j for j in batch.jobs}[KEYS[0]] == JOBS[0]
    assert ledger.sweep() == ([], [])  # handed out once; again only when it stays unheard of


def test_release_with_a_limit_gives_up_with_its_reason(ledger: Ledger) -> None:
    (lesson,) = open_run(ledger, {"one": KEYS[:1]}).values()
    for _ in range(2):
        tokens = ledger.lease(JOBS[:1], alone=False)
        ledger.release(tokens, reason="stale worker", delay=0.001, limit=2)
    assert progress(ledger, lesson).state == "incomplete"
    assert ledger.failures(lesson.run) == [Failure("course", "one", KEYS[0], "stale worker")]
    assert [t.partition(": ")[2] for t in ledger.troubles()] == ["stale worker"]
    assert ledger.in_flight() == 0


def test_a_crash_spends_no_attempt_of_its_batch_mates(settings: Settings) -> None:
    quick = settings.model_copy(update={"lease_seconds": 0.05, "max_attempts": 2})
    client = broker.redis_client(settings)
    ledger = Ledger(client, quick)
    (lesson,) = open_run(ledger, {"one": KEYS[:3]}).values()
    poison = KEYS[1]
    assert len(ledger.lease(JOBS[:3], alone=False)) == 3  # and the process is killed
    batches, _ = wait_for(lambda: found if (found := ledger.sweep())[0] else None)
    assert [len(b.jobs) for b in batches] == [1, 1, 1]
    assert all(b.alone for b in batches)
    assert ledger.lease(JOBS[:3], alone=False) == {}, "suspects are not let into a batch"
    for batch in batches:
        tokens = ledger.lease(batch.jobs, alone=True)
        if batch.jobs[0].key != poison:
            ledger.complete(rendered(tokens))
    (again,), _ = wait_for(lambda: found if (found := ledger.sweep())[0] else None)
    assert again.jobs[0].key == poison
    assert ledger.lease(again.jobs, alone=True)
    wait_for(lambda: ledger.sweep() and progress(ledger, lesson).failed)
    end = progress(ledger, lesson)
    assert (end.state, end.rendered, end.failed, end.lessons_failed) == ("incomplete", 2, 1, 1)
    reason = "crashed the worker 2 times while rendered alone"
    assert ledger.failures(lesson.run) == [Failure("course", "one", poison, reason)]
    assert ledger.in_flight() == 0
    # A new submission tries it afresh.
    open_run(ledger, {"one": [poison]})
    assert set(ledger.lease([JOBS[1]], alone=False)) == {poison}
    client.close()


def test_a_completion_counts_though_its_lease_went_to_another(ledger: Ledger) -> None:
    (lesson,) = open_run(ledger, {"one": KEYS[:1]}).values()
    first = ledger.lease(JOBS[:1], alone=False)
    ledger.release(first)
    second = ledger.lease(JOBS[:1], alone=False)
    assert ledger.complete(rendered(first)) == [lesson]  # the object is stored, whoever stored it
    assert ledger.complete(rendered(second)) == []
    assert progress(ledger, lesson).rendered == 1
    assert ledger.in_flight() == 0


def test_ready_lessons_are_sent_again_until_they_are_assembled(ledger: Ledger, settings: Settings, valkey) -> None:
    (lesson,) = open_run(ledger, {"one": []}).values()
    assert ledger.sweep()[1] == [lesson]
    valkey.client.zadd(f"{settings.redis_prefix}:ready", {f"{lesson.run}/course/one": 1})  # its time has come
    valkey.client.lpush("narrator.assemble", "a message")
    assert ledger.sweep()[1] == [], "it is probably among those that wait"
    valkey.client.delete("narrator.assemble")
    assert ledger.sweep()[1] == [lesson]
    assert ledger.hold(lesson)
    ledger.assembled(lesson)
    assert not ledger.hold(lesson)


def test_a_reopened_lesson_waits_again_and_is_abandoned_in_the_end(ledger: Ledger, settings: Settings) -> None:
    (lesson,) = open_run(ledger, {"one": KEYS[:1]}).values()
    ledger.complete(rendered(ledger.lease(JOBS[:1], alone=False)))
    assert ledger.reopen(lesson, KEYS[:2])
    now = progress(ledger, lesson)
    assert (now.segments, now.remaining, now.rendered) == (2, 2, 0)
    assert ledger.complete(rendered(ledger.lease(JOBS[:2], alone=False))) == [lesson]
    for _ in range(settings.max_attempts - 1):
        assert ledger.reopen(lesson, KEYS[:1])
    assert not ledger.reopen(lesson, KEYS[:1])
    (failure,) = ledger.failures(lesson.run)
    assert "check the store" in failure.reason
    assert not ledger.reopen(lesson, KEYS[:1])


def test_an_abandoned_lesson_spares_the_others(ledger: Ledger) -> None:
    one, two = open_run(ledger, {"one": [], "two": []}).values()
    ledger.abandon(one, "the plan is gone")
    ledger.assembled(two)
    end = progress(ledger, one)
    assert (end.state, end.lessons_done, end.lessons_failed) == ("incomplete", 1, 1)
    assert ledger.failures(one.run) == [Failure("course", "one", "", "the plan is gone")]


def test_a_run_with_a_failed_lesson_renders_the_rest_of_it(ledger: Ledger) -> None:
    (lesson,) = open_run(ledger, {"one": KEYS[:2]}).values()
    tokens = ledger.lease(JOBS[:1], alone=False)
    ledger.fail(KEYS[0], tokens[KEYS[0]], "no sound for it")
    assert progress(ledger, lesson).state == "running"
    assert ledger.complete(rendered(ledger.lease(JOBS[1:2], alone=False))) == []
    end = progress(ledger, lesson)
    assert (end.state, end.rendered, end.failed, end.remaining) == ("incomplete", 1, 1, 0)


def test_after_a_flush_nothing_is_recreated(ledger: Ledger, valkey: Valkey) -> None:
    (lesson,) = open_run(ledger, {"one": KEYS}).values()
    tokens = ledger.lease(JOBS, alone=False)
    valkey.client.flushall()
    valkey.client.script_flush()
    assert ledger.progress(lesson.run) is None
    assert ledger.complete(rendered(tokens)) == []
    ledger.assembled(lesson)
    ledger.abandon(lesson, "no")
    assert not ledger.reopen(lesson, KEYS)
    ledger.release(tokens)
    assert ledger.sweep() == ([], [])
    assert valkey.client.keys() == []
    with pytest.raises(RunGone, match="submit again"):
        ledger.enlist(lesson, KEYS)
    with pytest.raises(RunGone):
        ledger.seal(lesson.run)


def test_submission_times_are_unique_and_monotone(ledger: Ledger, settings: Settings, valkey: Valkey) -> None:
    times = [ledger.open_run(next(runs), {}) for _ in range(20)]
    assert times == sorted(set(times))
    assert abs(times[-1] - ledger.now()) < 5_000_000
    future = ledger.now() + 10**9  # a clock that was set back
    valkey.client.set(f"{settings.redis_prefix}:clock", future)
    assert ledger.open_run(next(runs), {}) == future + 1


def test_a_run_id_is_used_once(ledger: Ledger) -> None:
    lesson = next(iter(open_run(ledger, {"one": []}).values()))
    with pytest.raises(Permanent, match="exists already"):
        ledger.open_run(lesson.run, {"paths": ["a.md"]})


def test_everything_expires(ledger: Ledger, settings: Settings, valkey: Valkey) -> None:
    open_run(ledger, {"one": KEYS})
    tokens = ledger.lease(JOBS, alone=False)
    ledger.fail(KEYS[0], tokens.pop(KEYS[0]), "no")
    ledger.release(tokens, reason="the store does not answer", delay=1)
    ledger.heartbeat(WorkerInfo("w", ("q",), 1, 0))
    ledger.reject("render", "{}", "no jobs")
    lasting = {f"{settings.redis_prefix}:{name}" for name in ("jobs", "ready", "clock", "totals")}  # small, or swept
    for key in valkey.client.scan_iter():
        if key not in lasting:
            assert 0 < valkey.client.ttl(key) <= settings.ledger_days * 86_400, key


def test_heartbeats(ledger: Ledger, settings: Settings, valkey: Valkey) -> None:
    ledger.heartbeat(WorkerInfo("host-1", ("narrator.render.tiny",), 2, 0))
    ledger.heartbeat(WorkerInfo("host-2", ("narrator.assemble",), 1, 0))
    assert [(w.name, w.queues, w.processes) for w in ledger.workers()] == [
        ("host-1", ("narrator.render.tiny",), 2),
        ("host-2", ("narrator.assemble",), 1),
    ]
    ledger.farewell("host-2")
    valkey.client.hset(f"{settings.redis_prefix}:workers", "old", '{"queues":[],"processes":1,"seen":1}')
    assert [w.name for w in ledger.workers()] == ["host-1"]
    assert valkey.client.hlen(f"{settings.redis_prefix}:workers") == 1


def test_a_server_that_does_not_answer(tmp_path) -> None:
    nowhere = Settings(redis_url=f"unix://{tmp_path}/nothing.sock")
    with pytest.raises(LedgerUnavailable, match="Redis"):
        Ledger(broker.redis_client(nowhere), nowhere).progress("run")


def test_many_workers_at_once_lease_each_job_once(ledger: Ledger, settings: Settings) -> None:
    jobs = [job(f"Crowd {number}.") for number in range(40)]
    (lesson,) = open_run(ledger, {"one": [j.key for j in jobs]}).values()
    granted: list[str] = []

    def worker() -> None:
        client = broker.redis_client(settings)
        mine = Ledger(client, settings)
        for first in range(0, 40, 8):
            tokens = mine.lease(jobs[first : first + 8], alone=False)
            granted.extend(tokens)
            mine.complete(rendered(tokens))
        client.close()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(granted) == sorted(j.key for j in jobs)
    assert progress(ledger, lesson).rendered == 40


def test_times_do_not_count_while_others_render_that_voice_version(ledger: Ledger) -> None:
    (lesson,) = open_run(ledger, {"one": KEYS[:1]}).values()
    ledger.can_render(["tiny/one/new"])
    for _ in range(5):
        ledger.release(
            ledger.lease(JOBS[:1], alone=False), reason="stale", delay=0.001, limit=2, version="tiny/one/new"
        )
    assert progress(ledger, lesson).remaining == 1
    for _ in range(2):
        ledger.release(
            ledger.lease(JOBS[:1], alone=False), reason="stale", delay=0.001, limit=2, version="tiny/one/old"
        )
    assert progress(ledger, lesson).state == "incomplete"


def test_a_submission_that_broke_off_is_cancelled(
    ledger: Ledger, settings: Settings, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    (lesson,) = open_run(ledger, {"one": KEYS[:2]}, seal=False).values()
    (sealed,) = open_run(ledger, {"one": KEYS[2:3]}).values()
    ledger.sweep()
    assert progress(ledger, lesson).state == "submitting"
    monkeypatch.setattr("worker.ledger.work.SUBMIT_SECONDS", 0.05)
    ledger.enlist(lesson.model_copy(update={"lesson": "two"}), KEYS[:1])  # it lives
    ledger.sweep()
    assert progress(ledger, lesson).state == "submitting"
    time.sleep(0.06)
    ledger.sweep()
    assert progress(ledger, lesson).state == "cancelled"
    assert progress(ledger, sealed).state == "running"
    assert [left.lesson for left in ledger.lessons_left(lesson.run)] == ["one", "two"]
    assert not valkey.client.exists(f"{settings.redis_prefix}:submitting")


def test_a_lesson_whose_store_refuses_is_tried_again_and_given_up_with_the_reason(
    ledger: Ledger, settings: Settings
) -> None:
    (lesson,) = open_run(ledger, {"one": []}).values()
    for _ in range(2 * settings.max_attempts - 1):
        assert ledger.begin(lesson)
        ledger.refused(lesson, "the bucket is full")
        assert progress(ledger, lesson).state == "running"
    assert ledger.begin(lesson)
    ledger.refused(lesson, "the bucket is full")
    assert [failure.reason for failure in ledger.failures(lesson.run)] == ["the bucket is full"]
    assert progress(ledger, lesson).state == "incomplete"


@pytest.mark.parametrize("change", [{"submitted": 1 << 52}, {"plan": "f" * 64}, {"lesson": "other"}, {"run": "other"}])
def test_a_forged_lesson_begins_nothing(ledger: Ledger, change: dict[str, Any]) -> None:
    """Neither with another plan, nor with a later time, which would keep every newer delivery out."""
    lesson = open_run(ledger, {"one": []})["one"]
    assert not any(ledger.begin(lesson.model_copy(update=change)) for _ in range(20))
    assert ledger.begin(lesson)
    ledger.assembled(lesson)
    assert progress(ledger, lesson).state == "done"
