"""Real workers, killed and stopped with real signals: nothing is lost, nothing is counted twice."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from celery import Celery

from models.catalog import Catalogue
from tests.conftest import Valkey
from tests.integration.submission import batches, enlist, jobs_of, progress, wait_for, wait_until_ended
from worker.contract.messages import AssembleLesson, Job, RenderBatch, interactive_queue, segment_name
from worker.contract.settings import Settings, settings_environment
from worker.ledger import broker
from worker.ledger.ledger import Ledger
from worker.ledger.waiting import Settled, WaitingLedger
from worker.process.envelope import MAX_MESSAGE
from worker.store import Store

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"queues": "tiny,assemble", "lease_seconds": 3.0})


@pytest.fixture
def app(settings: Settings) -> Iterator[Celery]:
    made = broker.connect(settings)
    yield made
    made.close()


@pytest.fixture
def spoken(tmp_path: Path) -> Callable[[], list[tuple[int, str]]]:
    """What was spoken, and by which process."""

    def read() -> list[tuple[int, str]]:
        path = tmp_path / "spoken.log"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(int(pid), text) for pid, _, text in (line.partition(" ") for line in lines)]

    return read


@pytest.fixture
def start(settings: Settings, tmp_path: Path, ledger: Ledger) -> Iterator[Start]:
    """Starts a worker and waits until it is ready; ended with the test, its log shown where the test fails."""
    workers: list[subprocess.Popen[bytes]] = []

    def begin(*options: str, wait: bool = True, **changes: object) -> subprocess.Popen[bytes]:
        chosen = settings.model_copy(update=changes)
        command = options or ("-m", "tests.integration.odd_worker", "--processes", "1")
        env = settings_environment(chosen) | {"ODD_LOG": str(tmp_path / "spoken.log")}
        known = {worker.name for worker in ledger.workers()}
        with (tmp_path / "worker.log").open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, *command], stdout=log, stderr=log, env=env, start_new_session=True
            )
        workers.append(worker)
        if not wait:
            return worker
        wait_for(lambda: worker.poll() is not None or {w.name for w in ledger.workers()} - known)
        assert worker.poll() is None, (tmp_path / "worker.log").read_text()
        return worker

    yield begin
    for worker in workers:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    print((tmp_path / "worker.log").read_text()[-6000:])


@pytest.fixture
def send(store: Store, ledger: Ledger, app: Celery, settings: Settings) -> Callable[..., AssembleLesson]:
    """Submits one lesson; ``size`` segments a batch, each message ``copies`` times."""

    def submit(jobs: list[Job], size: int = 64, copies: int = 1, name: str = "one") -> AssembleLesson:
        (lesson,) = enlist(store, ledger, {name: jobs})
        for batch in batches(jobs, size):
            for _ in range(copies):
                broker.send_batch(app, settings, batch)
        return lesson

    return submit


def children(worker: subprocess.Popen[bytes]) -> list[int]:
    text = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text()
    return [int(pid) for pid in text.split()]


def nothing_left(settings: Settings, valkey: Valkey, ledger: Ledger) -> bool:
    """No message waits, none is unacknowledged, nothing is leased."""
    queues = ("narrator.render.tiny", "narrator.assemble")
    return (
        not any(valkey.client.llen(queue) for queue in queues)
        and not valkey.client.hlen(broker.unacked_key(settings))
        and ledger.in_flight() == 0
    )


def test_a_worker_narrates_and_stops(start, send, ledger, settings, valkey, store, tiny_catalogue: Catalogue) -> None:
    worker = start()
    lesson = send(jobs_of(tiny_catalogue, [f"Sentence number {n}." for n in range(30)]), size=7, copies=3)
    end = wait_until_ended(ledger, lesson)
    assert (end.state, end.segments, end.rendered, end.reused, end.failed) == ("done", 30, 30, 0, 0)
    assert len(list(store.list("segments/"))) == 30
    assert f"{lesson.course}/{lesson.lesson}/manifest.json" in "".join(entry.name for entry in store.list("lessons/"))
    wait_for(lambda: nothing_left(settings, valkey, ledger))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0
    assert ledger.workers() == []


def test_malformed_messages_are_parked(start, send, app, ledger, settings, valkey, tiny_catalogue: Catalogue) -> None:
    start()
    queue = broker.queue("narrator.render.tiny")
    (job,) = jobs_of(tiny_catalogue, ["A good one."])
    good = batches([job])[0].model_dump(mode="json")
    for args, kwargs in (
        ((), {}),
        ((1, 2), {}),
        (({},), {}),
        ((good,), {"loud": True}),
        (({**good, "version": 2},), {}),
        (({**good, "bundle": "../../etc"},), {}),
        (({**good, "jobs": good["jobs"] * 65},), {}),
        (("x" * 100_000,), {}),
    ):
        app.send_task("render", args=args, kwargs=kwargs, queue=queue)
    app.send_task("assemble", args=({"run": "../x"},), queue=broker.queue("narrator.assemble"))
    app.send_task("os.system", args=("touch /tmp/owned",), queue=queue)
    app.send_task("celery.accumulate", args=(1,), queue=queue)
    rejected = f"{settings.redis_prefix}:rejected"
    wait_for(lambda: valkey.client.llen(rejected) == 11)
    assert any("no such task" in text for text in valkey.client.lrange(rejected, 0, -1))
    assert end_of(ledger, send([job])) == ("done", 1)
    wait_for(lambda: nothing_left(settings, valkey, ledger))


def raw(body: bytes = b"[[{}],{},{}]", properties: object = None, **headers: object) -> str:
    """A message as kombu lays it into the list, with whatever an attacker likes in it."""
    given = {"delivery_info": {"exchange": "", "routing_key": "q"}, "body_encoding": "base64", "delivery_tag": "tag"}
    envelope = {
        "body": base64.b64encode(body).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": "render", "id": "id", "timelimit": [None, None], **headers},
        "properties": given if properties is None else properties,
    }
    return json.dumps(envelope)


ATTACKS = {
    "no JSON": "garbage",
    "no record": "[1, 2]",
    "empty": "{}",
    "a type for kombu's decoder": '{"__type__": "datetime", "__value__": "x"}',
    "pickle": raw(b"cos\nsystem").replace("application/json", "application/x-python-serialize"),
    "deep nesting": raw(b"[" * 100_000 + b"]" * 100_000),
    "broken body": raw(b"{{{"),
    "a body that is no list": raw(b'{"a": 1}'),
    "callbacks": raw(b'[[{}], {}, {"callbacks": [{"task": "render"}], "chord": 5}]'),
    "arguments that are a word": raw(b'["x", {}, {}]'),
    "a date that is none": raw(eta="soon"),
    "a time limit that is a word": raw(timelimit=["a", "b"]),
    "an id that is a list": raw(id=[1]),
    "a task that is a record": raw(task={"a": 1}),
    "stamps": raw(stamped_headers=5, stamps="x", group=[1], root_id={}),
    "no address": raw(properties={"delivery_info": 5, "body_encoding": "base64", "delivery_tag": "tag"}),
    "properties that are a word": raw(properties="x"),
    "an envelope that is nested deeply": '{"a":' * 50_000 + "1" + "}" * 50_000,
    "more than a message may hold": raw(b"[" + b"1," * (MAX_MESSAGE // 2) + b"1]"),
    "a number of a hundred thousand digits": raw(b"[[" + b"9" * 100_000 + b"], {}, {}]"),
    "numbers that are none": raw(b'[[{"version": NaN, "bundle": Infinity, "jobs": -Infinity}], {}, {}]'),
    "a task id that is long": raw(id="x" * 1_000_000),
    "a task that is long": raw(task="x" * 1_000_000),
}


def test_no_message_stops_a_worker(start, send, ledger, settings, valkey, tiny_catalogue: Catalogue) -> None:
    worker = start()
    jobs = jobs_of(tiny_catalogue, [f"After {name} all is well." for name in ATTACKS])
    for message, job in zip(ATTACKS.values(), jobs, strict=True):
        valkey.client.lpush("narrator.render.tiny", message)
        assert end_of(ledger, send([job])) == ("done", 1)
    assert worker.poll() is None
    wait_for(lambda: nothing_left(settings, valkey, ledger))


def end_of(ledger: Ledger, lesson: AssembleLesson) -> tuple[str, int]:
    end = wait_until_ended(ledger, lesson)
    return end.state, end.rendered


def test_a_job_under_anothers_key_never_holds_its_lease(
    start, send, app, ledger, settings, store, tiny_catalogue: Catalogue
) -> None:
    start()
    (job, other) = jobs_of(tiny_catalogue, ["The true text.", "A forged text."])
    forged = Job(key=job.key, segment=other.segment)
    (lesson,) = enlist(store, ledger, {"one": [job]})
    broker.send_batch(app, settings, batches([forged])[0])
    wait_for(lambda: any("versions differ" in trouble for trouble in ledger.troubles()))
    assert progress(ledger, lesson).remaining == 1
    broker.send_batch(app, settings, batches([job])[0])
    assert end_of(ledger, lesson) == ("done", 1)


def test_a_killed_child_costs_no_segment(
    start, send, ledger, settings, valkey, spoken, tiny_catalogue: Catalogue
) -> None:
    worker = start()
    (child,) = children(worker)
    jobs = jobs_of(tiny_catalogue, [f"Slow sentence number {n}." for n in range(12)])
    lesson = send(jobs)
    wait_for(lambda: len(spoken()) >= 4)
    os.kill(child, signal.SIGKILL)
    killed = time.monotonic()
    wait_for(lambda: any(pid != child for pid, _ in spoken()))
    assert time.monotonic() - killed < settings.lease_seconds + 60  # long before the message returns by itself
    end = wait_until_ended(ledger, lesson)
    assert (end.state, end.rendered + end.reused, end.failed) == ("done", 12, 0)
    assert max(Counter(text for _, text in spoken()).values()) <= 2
    assert worker.poll() is None
    wait_for(lambda: nothing_left(settings, valkey, ledger))


def test_two_runs_wait_for_one_segment_and_its_worker_is_killed(
    start, send, ledger, settings, valkey, spoken, tiny_catalogue: Catalogue
) -> None:
    workers = [start(wait=False), start(wait=False)]
    wait_for(lambda: len(ledger.workers()) == 2)
    jobs = jobs_of(tiny_catalogue, [f"Slow sentence number {n}." for n in range(30)])
    one = send(jobs)
    wait_for(spoken)
    two = send(jobs, name="two")
    # The other worker takes the second run's message, finds every key leased, and leaves the rest to the ledger.
    wait_for(lambda: not valkey.client.llen("narrator.render.tiny"))
    (holder,) = [worker for worker in workers if spoken()[0][0] in children(worker)]
    os.killpg(holder.pid, signal.SIGKILL)
    assert progress(ledger, one).remaining > 0
    ends = [wait_until_ended(ledger, lesson) for lesson in (one, two)]
    assert [end.state for end in ends] == ["done", "done"]
    assert all(end.rendered + end.reused == 30 for end in ends)
    assert ledger.failures(one.run) == ledger.failures(two.run) == []
    assert max(Counter(text for _, text in spoken()).values()) <= 2
    # The dead worker's own message returns after the visibility timeout, and does nothing then.
    wait_for(lambda: ledger.in_flight() == 0)


def test_sigterm_gives_the_rest_back_at_once(
    start, send, ledger, settings, valkey, spoken, store, tiny_catalogue: Catalogue
) -> None:
    first = start(lease_seconds=300.0)  # so that nothing can come back by a lease that lapsed
    jobs = jobs_of(tiny_catalogue, [f"Slow sentence number {n}." for n in range(16)])
    lesson = send(jobs)
    wait_for(lambda: len(spoken()) >= 3)
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    kept = len(list(store.list("segments/")))
    assert 0 < kept < 16
    assert valkey.client.hlen(broker.unacked_key(settings)) == 0
    before = len(spoken())
    start(lease_seconds=300.0)
    wait_for(lambda: len(spoken()) > before)
    end = wait_until_ended(ledger, lesson)
    assert (end.state, end.rendered) == ("done", 16)
    assert set(Counter(text for _, text in spoken()).values()) == {1}, "what was stored is not spoken again"
    wait_for(lambda: nothing_left(settings, valkey, ledger))


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        ("Crash", "crashed the worker 2 times while rendered alone"),
        ("Hang", "the engine gave nothing for 1 s (NARRATOR_SEGMENT_SECONDS)"),
    ],
)
def test_poison_is_given_up_and_the_rest_goes_on(
    poison: str, reason: str, start, send, ledger, settings, spoken, store, tiny_catalogue: Catalogue
) -> None:
    start("-m", "tests.integration.odd_worker", "--processes", "2", segment_seconds=1.0, max_attempts=2)
    texts = ["A fine sentence.", "Another fine one.", f"{poison} on this sentence.", "The last of them."]
    jobs = jobs_of(tiny_catalogue, texts)
    other = jobs_of(tiny_catalogue, ["Elsewhere all is well."])
    lesson, fine = send(jobs), send(other, name="two")
    end = wait_until_ended(ledger, lesson)
    assert (end.state, end.rendered + end.reused, end.failed) == ("incomplete", 3, 1)
    (failure,) = ledger.failures(lesson.run)
    assert failure.key == jobs[2].key
    assert failure.reason == reason
    assert sum(text.startswith(poison) for _, text in spoken()) == 3  # once in company, twice alone
    assert end_of(ledger, fine) == ("done", 1)
    assert store.existing([segment_name(jobs[3].key)])


def test_an_engine_that_gets_somewhere_is_not_ended(start, send, ledger, spoken, tiny_catalogue: Catalogue) -> None:
    start("-m", "tests.integration.odd_worker", segment_seconds=2.0)
    lesson = send(jobs_of(tiny_catalogue, ["Steps towards this sentence.", "One more."]))
    end = wait_until_ended(ledger, lesson)
    assert (end.state, end.rendered) == ("done", 2)
    assert len(spoken()) == 2, "neither came back"


def test_kills_at_random_moments(start, ledger, store, app, settings, valkey, spoken, tiny_catalogue) -> None:
    random = Random(7)
    workers = [start("-m", "tests.integration.odd_worker", "--processes", "2")]
    jobs = jobs_of(tiny_catalogue, [f"Sentence number {n} of many." for n in range(200)])
    lessons = enlist(store, ledger, {f"lesson-{n}": jobs[n * 8 : n * 8 + 16] for n in range(24)})
    for batch in batches(jobs, 16):
        broker.send_batch(app, settings, batch)
    for share in (0.1, 0.3, 0.5, 0.6):
        wait_for(lambda share=share: len({text for _, text in spoken()}) > share * len(jobs))
        assert progress(ledger, lessons[0]).remaining > 0
        with contextlib.suppress(ProcessLookupError, IndexError):
            os.kill(random.choice(children(workers[-1])), signal.SIGKILL)
        if share == 0.5:
            os.killpg(workers[-1].pid, signal.SIGKILL)
            workers.append(start("-m", "tests.integration.odd_worker", "--processes", "2"))
    for _ in range(8):
        with contextlib.suppress(AssertionError):
            wait_until_ended(ledger, lessons[0], 15)
            break
        for batch in batches(jobs, 16):  # as a producer that waits does with what was taken and not yet leased
            broker.send_batch(app, settings, batch)
    end = wait_until_ended(ledger, lessons[0])
    assert (end.state, end.segments, end.rendered + end.reused, end.failed) == ("done", 200, 200, 0)
    assert max(Counter(text for _, text in spoken()).values()) <= 3
    assert len(list(store.list("segments/"))) == 200
    assert len({entry.name for entry in store.list("lessons/") if entry.name.endswith("manifest.json")}) == 24
    wait_for(lambda: ledger.in_flight() == 0)


def test_a_flushed_redis_is_filled_again_from_the_store(
    start, send, ledger, settings, valkey, spoken, tiny_catalogue: Catalogue
) -> None:
    start()
    jobs = jobs_of(tiny_catalogue, [f"Slow sentence number {n}." for n in range(12)])
    lesson = send(jobs, size=3)
    wait_for(lambda: len(spoken()) >= 5)
    valkey.client.flushall()
    assert ledger.progress(lesson.run) is None
    again = send(jobs, size=3)
    end = wait_until_ended(ledger, again)
    assert (end.state, end.rendered + end.reused) == ("done", 12)
    assert end.reused >= 3


def test_a_redis_that_dies_and_returns_is_waited_for(
    start, send, ledger, settings, valkey, spoken, tiny_catalogue: Catalogue
) -> None:
    worker = start()
    lesson = send(jobs_of(tiny_catalogue, [f"Slow sentence number {n}." for n in range(24)]), size=8)
    wait_for(lambda: len(spoken()) >= 4)
    valkey.process.kill()
    valkey.process.wait()
    wait_for(lambda: len(spoken()) >= 8)  # what it holds is rendered meanwhile
    valkey.start()
    end = wait_until_ended(ledger, lesson)
    assert (end.state, end.rendered + end.reused, end.failed) == ("done", 24, 0)
    assert max(Counter(text for _, text in spoken()).values()) <= 2
    assert worker.poll() is None


def test_celery_starts_it_too(start, send, ledger, tiny_catalogue: Catalogue) -> None:
    start("-m", "celery", "-A", "worker", "worker", "-c", "1", "--loglevel", "WARNING")
    lesson = send(jobs_of(tiny_catalogue, ["Started by Celery's own command."]))
    assert end_of(ledger, lesson) == ("done", 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"queues": ""}, "set NARRATOR_QUEUES"),
        ({"queues": "tinny"}, "no voice bundle 'tinny'; did you mean tiny"),
        ({"visibility_timeout": 60}, "NARRATOR_VISIBILITY_TIMEOUT is 60 s"),
        ({"store": ""}, "set NARRATOR_STORE"),
    ],
)
def test_a_worker_that_cannot_work_says_why(changes, message: str, settings: Settings) -> None:
    env = settings_environment(settings.model_copy(update=changes))
    result = subprocess.run([sys.executable, "-m", "worker"], env=env, capture_output=True, text=True, timeout=60)
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_somebody_who_waits_does_not_wait_for_a_batch(
    start, send, waiting: WaitingLedger, ledger, app, settings, spoken, tiny_catalogue: Catalogue
) -> None:
    start()
    lesson = send(jobs_of(tiny_catalogue, [f"Slow sentence {n}." for n in range(20)]))
    first, later = jobs_of(tiny_catalogue, ["Somebody waits.", "Somebody waits again."])
    queue = interactive_queue(settings.queue_prefix, "tiny")
    wait_for(lambda: len(spoken()) >= 3)
    waiting.want([first])
    broker.send_batch(app, settings, RenderBatch(bundle="tiny", jobs=(first,)), to=queue)
    assert waiting.settled(10) == [Settled(first.key, "")]
    assert progress(ledger, lesson).state == "running"
    wait_until_ended(ledger, lesson)
    waiting.want([later])
    broker.send_batch(app, settings, RenderBatch(bundle="tiny", jobs=(later,)), to=queue)
    assert waiting.settled(10) == [Settled(later.key, "")]
    texts = [text for _, text in spoken()]
    assert len(texts) == len(set(texts)) == 22  # each once, though the first was to be had in two places
    assert texts.index("Somebody waits.") < 12
