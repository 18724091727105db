"""One batch through its stages, in this process: the real tiny voice, a real ledger, a real directory store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from models import family
from models.catalog import Catalogue
from models.errors import NarrationError, Permanent
from models.voice import Speech, SpeechRequest, Step
from tests.integration.submission import batches, enlist, jobs_of, progress
from tests.speech import text_of
from worker.assemble.task import assemble_ready_lesson
from worker.audio import wav
from worker.context import ProcessContext
from worker.contract.messages import AssembleLesson, RenderBatch, seed, segment_name
from worker.contract.settings import Settings
from worker.errors import StoreUnavailable
from worker.ledger.ledger import Ledger
from worker.render import batch as rendering
from worker.render import leases
from worker.render.batch import render_batch
from worker.store import Store

TEXTS = [f"This is sentence number {word}." for word in ("one", "two", "three", "four", "five", "six")]


@dataclass
class Sent:
    """A sender that keeps what it is given."""

    batches: list[RenderBatch] = field(default_factory=list)
    lessons: list[AssembleLesson] = field(default_factory=list)

    def batch(self, batch: RenderBatch, bounces: int = 0) -> None:
        self.batches.append(batch)

    def lesson(self, lesson: AssembleLesson) -> None:
        self.lessons.append(lesson)


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def context(settings: Settings, store: Store, ledger: Ledger, sent: Sent) -> Iterator[ProcessContext]:
    made = ProcessContext(settings, store, ledger, sent)
    yield made
    made.uploads.shutdown()


def sweep(context: ProcessContext, sent: Sent) -> None:
    found, lessons = context.ledger.sweep()
    sent.batches += found
    sent.lessons += lessons


def test_a_batch_from_texts_to_a_lesson(context: ProcessContext, sent: Sent, tiny_catalogue: Catalogue) -> None:
    jobs = jobs_of(tiny_catalogue, TEXTS)
    lessons = enlist(context.store, context.ledger, {"one": jobs[:4], "two": jobs[2:]})
    for batch in batches(jobs, 4):
        render_batch(batch, context)
    assert sorted(lesson.lesson for lesson in sent.lessons) == ["one", "two"]
    end = progress(context.ledger, lessons[0])
    assert (end.rendered, end.reused, end.failed, end.remaining) == (6, 0, 0, 0)
    assert context.ledger.in_flight() == 0
    audio = 0
    for job in jobs:
        data, _ = context.store.get(segment_name(job.key))
        samples, record = wav.unpack(data)
        assert record.key == job.key
        assert record.seed == seed(job.key)
        assert record.samples == len(samples)
        assert set(record.versions) - {"openvino"} == {"narrator", "onnxruntime", "numpy"}
        audio += record.samples * 1000 // record.sample_rate
    assert end.audio_ms == audio
    for lesson in lessons:
        assemble_ready_lesson(lesson, context)
    assert progress(context.ledger, lessons[0]).state == "done"
    assert list(context.store.list("lessons/course/two/"))
    assert sent.batches == []


def test_what_is_stored_is_not_spoken(context: ProcessContext, tiny_catalogue: Catalogue, monkeypatch) -> None:
    jobs = jobs_of(tiny_catalogue, TEXTS)
    enlist(context.store, context.ledger, {"one": jobs})
    (batch,) = batches(jobs)
    render_batch(batch, context)
    (lesson,) = enlist(context.store, context.ledger, {"one": jobs})
    monkeypatch.setattr(context, "engine", None)
    render_batch(batch, context)
    end = progress(context.ledger, lesson)
    assert (end.rendered, end.reused, end.audio_ms) == (0, 6, 0)


def test_a_batch_sent_thrice_is_counted_once(context: ProcessContext, sent: Sent, tiny_catalogue: Catalogue) -> None:
    jobs = jobs_of(tiny_catalogue, TEXTS)
    (lesson,) = enlist(context.store, context.ledger, {"one": jobs})
    (batch,) = batches(jobs)
    for _ in range(3):
        render_batch(batch, context)
    assert progress(context.ledger, lesson).rendered == 6
    assert sent.lessons == [lesson]


class Scripted:
    """The tiny engine, with faults by speaker's text: ``results`` may replace what a request yields."""

    def __init__(self, engine, results) -> None:
        self.sample_rate, self.interruptible = engine.sample_rate, engine.interruptible
        self.duration_ms = engine.duration_ms
        self._engine = engine
        self._results = results
        self.seeds: list[int] = []

    def speak(self, requests: Sequence[SpeechRequest], step: Step) -> Iterator[tuple[int, Speech | NarrationError]]:
        for index, result in self._engine.speak(requests, step):
            self.seeds.append(requests[index].seed)
            yield index, self._results(requests[index], result)


def script(monkeypatch, results) -> list[Scripted]:
    real = family.load_engine
    made: list[Scripted] = []

    def load(bundle, threads=1):
        made.append(Scripted(real(bundle, threads), results))
        return made[-1]

    monkeypatch.setattr(family, "load_engine", load)
    return made


def said(request: SpeechRequest) -> str:
    return " ".join(map(text_of, request.utterances))


def silence(speech: Speech) -> Speech:
    return Speech(np.zeros_like(speech.samples), speech.sample_rate, speech.stages)


def test_silence_is_drawn_again_with_other_seeds_then_given_up(
    context: ProcessContext, sent: Sent, tiny_catalogue: Catalogue, monkeypatch
) -> None:
    jobs = jobs_of(tiny_catalogue, TEXTS)
    bad = {seed(jobs[0].key, a): "always" for a in range(5)} | {seed(jobs[1].key, 0): "once"}
    (made,) = [script(monkeypatch, lambda request, speech: silence(speech) if request.seed in bad else speech)]
    (lesson,) = enlist(context.store, context.ledger, {"one": jobs})
    render_batch(batches(jobs)[0], context)
    end = progress(context.ledger, lesson)
    assert (end.state, end.rendered, end.failed) == ("incomplete", 5, 1)
    (failure,) = context.ledger.failures(lesson.run)
    assert failure.key == jobs[0].key
    assert "silence" in failure.reason
    assert "3 draws" in failure.reason
    assert [made[0].seeds.count(seed(jobs[0].key, a)) for a in range(4)] == [1, 1, 1, 0]
    record = wav.read_record(context.store.get(segment_name(jobs[1].key))[0])
    assert (record.attempt, record.seed) == (1, seed(jobs[1].key, 1))
    assert sent.lessons == []


def test_a_permanent_failure_spares_the_others(context: ProcessContext, tiny_catalogue: Catalogue, monkeypatch) -> None:
    script(monkeypatch, lambda request, speech: Permanent("cannot say it") if "three" in said(request) else speech)
    jobs = jobs_of(tiny_catalogue, TEXTS)
    first, second = enlist(context.store, context.ledger, {"one": jobs[:3], "two": jobs[3:]})
    render_batch(batches(jobs)[0], context)
    end = progress(context.ledger, first)
    assert (end.rendered, end.failed, end.lessons_failed) == (5, 1, 1)
    assert [f.reason for f in context.ledger.failures(first.run)] == ["cannot say it"]
    assemble_ready_lesson(second, context)
    assert progress(context.ledger, first).state == "incomplete"


def test_what_nobody_foresaw_comes_back_alone_and_is_given_up(
    context: ProcessContext, sent: Sent, tiny_catalogue: Catalogue, monkeypatch
) -> None:
    def fault(request: SpeechRequest, speech: Speech) -> Speech:
        if "three" in said(request):
            raise RuntimeError("Non-zero status code returned while running Conv node")
        return speech

    script(monkeypatch, fault)
    jobs = jobs_of(tiny_catalogue, TEXTS)
    (lesson,) = enlist(context.store, context.ledger, {"one": jobs})
    sent.batches = batches(jobs)
    alone = 0
    while sent.batches:
        batch = sent.batches.pop()
        alone += batch.alone and batch.jobs[0].key == jobs[2].key
        render_batch(batch, context)
        sweep(context, sent)
    end = progress(context.ledger, lesson)
    assert (end.state, end.rendered, end.failed) == ("incomplete", 5, 1)
    assert alone == context.settings.max_attempts
    (failure,) = context.ledger.failures(lesson.run)
    assert failure.reason == "RuntimeError: Non-zero status code returned while running Conv node"


def test_a_stale_worker_gives_back_and_says_so_then_gives_up(
    context: ProcessContext, sent: Sent, tiny_catalogue: Catalogue, monkeypatch
) -> None:
    monkeypatch.setattr(rendering, "STALE_DELAY", 0.0005)
    jobs = jobs_of(tiny_catalogue, TEXTS[:2]) + jobs_of(tiny_catalogue, TEXTS[2:3], fingerprint="f" * 64)
    (lesson,) = enlist(context.store, context.ledger, {"one": jobs})
    for tries in range(1, rendering.STALE_TRIES + 1):
        render_batch(batches(jobs)[0], context)
        assert any("not those the producer planned with" in trouble for trouble in context.ledger.troubles())
        assert progress(context.ledger, lesson).failed == (tries == rendering.STALE_TRIES)
    end = progress(context.ledger, lesson)
    assert (end.rendered, end.failed) == (2, 1)
    assert "tiny/one" in context.ledger.failures(lesson.run)[0].reason


@pytest.mark.parametrize("change", [{"frontend": "e" * 64}, {"precision": "fp16"}, {"voice": "tiny/nobody"}])
def test_every_difference_makes_a_worker_stale(context: ProcessContext, tiny_catalogue: Catalogue, change) -> None:
    (job,) = jobs_of(tiny_catalogue, TEXTS[:1])
    assert context.stale(job) is None
    assert context.stale(job.model_copy(update={"segment": job.segment.model_copy(update=change)}))


def test_a_store_that_is_away_is_waited_for(context: ProcessContext, tiny_catalogue: Catalogue, monkeypatch) -> None:
    create, faults = context.store.create, iter([StoreUnavailable("no answer")] * 3)

    def flaky(name: str, data: bytes, **more) -> str:
        for fault in faults:
            raise fault
        return create(name, data, **more)

    jobs = jobs_of(tiny_catalogue, TEXTS)
    (lesson,) = enlist(context.store, context.ledger, {"one": jobs})
    monkeypatch.setattr(context.store, "create", flaky)
    render_batch(batches(jobs)[0], context)
    assert progress(context.ledger, lesson).rendered == 6


def test_a_store_that_refuses_is_tried_some_times(
    context: ProcessContext, sent: Sent, tiny_catalogue: Catalogue, monkeypatch
) -> None:
    monkeypatch.setattr(leases, "STORE_DELAY", 0.0005)
    create, full = context.store.create, True

    def fail(name: str, data: bytes, **more) -> str:
        if full:
            raise Permanent("the disk is full")
        return create(name, data, **more)

    jobs = jobs_of(tiny_catalogue, TEXTS)
    (lesson,) = enlist(context.store, context.ledger, {"one": jobs})
    more = jobs_of(tiny_catalogue, ["Seven is the last."])
    (last,) = enlist(context.store, context.ledger, {"two": more})
    monkeypatch.setattr(context.store, "create", fail)
    render_batch(batches(jobs)[0], context)
    assert any("the disk is full" in trouble for trouble in context.ledger.troubles())
    assert progress(context.ledger, lesson).failed == 0
    full = False
    render_batch(batches(jobs)[0], context)
    assert progress(context.ledger, lesson).rendered == 6
    full = True
    for _ in range(leases.STORE_TRIES):
        render_batch(batches(more)[0], context)
    assert context.ledger.failures(last.run)[0].reason == "the disk is full"


def test_a_store_that_denies_the_look_is_tried_some_times(
    context: ProcessContext, tiny_catalogue: Catalogue, monkeypatch
) -> None:
    monkeypatch.setattr(leases, "STORE_DELAY", 0.0005)
    jobs = jobs_of(tiny_catalogue, TEXTS)
    (lesson,) = enlist(context.store, context.ledger, {"one": jobs})

    def deny(names) -> set[str]:
        raise Permanent("access denied")

    monkeypatch.setattr(context.store, "existing", deny)
    for _ in range(leases.STORE_TRIES):
        assert progress(context.ledger, lesson).failed == 0
        render_batch(batches(jobs)[0], context)
    assert {f.reason for f in context.ledger.failures(lesson.run)} == {"access denied"}
    assert progress(context.ledger, lesson).failed == 6


def test_a_worker_that_stops_gives_back_the_rest(
    context: ProcessContext, sent: Sent, tiny_catalogue: Catalogue
) -> None:
    jobs = jobs_of(tiny_catalogue, TEXTS)
    (lesson,) = enlist(context.store, context.ledger, {"one": jobs})
    answers = iter([False, False])
    context.stopping = lambda: next(answers, True)
    render_batch(batches(jobs)[0], context)
    assert progress(context.ledger, lesson).rendered == 2
    sweep(context, sent)
    (batch,) = sent.batches
    assert len(batch.jobs) == 4
    assert not batch.alone
    context.stopping = lambda: False
    render_batch(batch, context)
    assert progress(context.ledger, lesson).rendered == 6


def test_a_cancelled_run_is_not_rendered(context: ProcessContext, tiny_catalogue: Catalogue, store: Store) -> None:
    jobs = jobs_of(tiny_catalogue, TEXTS)
    (lesson,) = enlist(store, context.ledger, {"one": jobs})
    context.ledger.cancel(lesson.run)
    render_batch(batches(jobs)[0], context)
    assert not list(store.list("segments/"))


def test_segments_gone_before_assembly_are_rendered_again(
    context: ProcessContext, sent: Sent, tiny_catalogue: Catalogue, store: Store
) -> None:
    jobs = jobs_of(tiny_catalogue, TEXTS)
    (lesson,) = enlist(store, context.ledger, {"one": jobs})
    render_batch(batches(jobs)[0], context)
    store.delete([segment_name(j.key) for j in jobs[:2]])
    assemble_ready_lesson(lesson, context)
    (batch,) = sent.batches
    assert {j.key for j in batch.jobs} == {j.key for j in jobs[:2]}
    render_batch(batch, context)
    assert sent.lessons == [lesson, lesson]
    assemble_ready_lesson(lesson, context)
    end = progress(context.ledger, lesson)
    assert (end.state, end.segments, end.rendered) == ("done", 6, 6)


@pytest.mark.parametrize("damage", ["gone", "changed", "nonsense"])
def test_a_lesson_whose_plan_is_damaged_is_abandoned(
    damage: str, context: ProcessContext, tiny_catalogue: Catalogue, store: Store, settings: Settings
) -> None:
    jobs = jobs_of(tiny_catalogue, TEXTS)
    (lesson,) = enlist(store, context.ledger, {"one": jobs})
    render_batch(batches(jobs)[0], context)
    (plan,) = Path(settings.store).glob("plans/*/*.json")
    if damage == "gone":
        plan.unlink()
    else:
        text = plan.read_text().replace("This is", "That is") if damage == "changed" else "{}"
        store.put(f"plans/{plan.parent.name}/{plan.name}", text.encode())
    assemble_ready_lesson(lesson, context)
    assert progress(context.ledger, lesson).state == "incomplete"
    assert "plan" in context.ledger.failures(lesson.run)[0].reason


def test_a_lesson_that_always_kills_its_worker_is_given_up(
    context: ProcessContext, tiny_catalogue: Catalogue, store: Store, settings: Settings
) -> None:
    jobs = jobs_of(tiny_catalogue, TEXTS[:1])
    (lesson,) = enlist(store, context.ledger, {"one": jobs})
    render_batch(batches(jobs)[0], context)
    for _ in range(2 * settings.max_attempts):
        assert context.ledger.begin(lesson)
    assert not context.ledger.begin(lesson)
    assert "took the worker down" in context.ledger.failures(lesson.run)[0].reason
    assert progress(context.ledger, lesson).state == "incomplete"
