"""Segments that somebody waits for: told once, let in between two of a batch, dropped when nobody waits any more."""

from __future__ import annotations

from models.catalog import Catalogue
from tests.conftest import Valkey
from tests.integration.submission import batches, enlist, jobs_of, progress
from tests.integration.test_render import Sent
from worker.context import ProcessContext
from worker.contract.messages import Job, RenderBatch, segment_name
from worker.contract.settings import Settings
from worker.ledger.ledger import Ledger
from worker.ledger.records import Completed
from worker.ledger.waiting import Settled, WaitingLedger
from worker.render.batch import render_batch
from worker.store import Store


def heard(waiting: WaitingLedger, count: int) -> list[Settled]:
    found: list[Settled] = []
    for _ in range(100):
        found += waiting.settled(0.2)
        if len(found) >= count:
            break
    return found


def test_it_is_told_once_of_what_is_stored_and_of_what_is_given_up(
    waiting: WaitingLedger, ledger: Ledger, tiny_catalogue: Catalogue
) -> None:
    good, bad, other = jobs_of(tiny_catalogue, ["A good one.", "A bad one.", "Another."])
    assert ledger.lease([good], alone=False) == {}  # nobody wants it
    waiting.want([good, bad])
    tokens = ledger.lease([good, bad, other], alone=False)
    assert set(tokens) == {good.key, bad.key}
    ledger.complete([Completed(good.key, tokens[good.key], "rendered")])
    ledger.fail(bad.key, tokens[bad.key], "no sound for it")
    assert heard(waiting, 2) == [Settled(good.key, ""), Settled(bad.key, "no sound for it")]
    assert waiting.settled(0.01) == []
    assert ledger.in_flight() == 0


def test_a_run_that_waits_for_the_same_segment_counts_it(
    waiting: WaitingLedger, store: Store, ledger: Ledger, tiny_catalogue: Catalogue
) -> None:
    (job,) = jobs_of(tiny_catalogue, ["Wanted twice."])
    waiting.want([job])
    (lesson,) = enlist(store, ledger, {"one": [job]})
    tokens = ledger.lease([job], alone=False)
    assert ledger.complete([Completed(job.key, tokens[job.key], "rendered")]) == [lesson]
    assert progress(ledger, lesson).rendered == 1
    assert heard(waiting, 1) == [Settled(job.key, "")]


def test_what_nobody_waits_for_any_more_is_not_rendered(
    waiting: WaitingLedger,
    ledger: Ledger,
    valkey: Valkey,
    settings: Settings,
    tiny_catalogue: Catalogue,
) -> None:
    one, two = jobs_of(tiny_catalogue, ["Dropped.", "Its listener died."])
    waiting.want([one, two])
    waiting.unwant([one])
    assert ledger.lease([one], alone=False) == {}
    assert ledger.urgent("tiny") == two
    assert ledger.urgent("tiny") is None
    valkey.client.delete(f"{settings.redis_prefix}:listener:{waiting.id}")
    assert ledger.lease([two], alone=False) == {}


def test_a_segment_is_let_in_between_two_of_a_batch(
    waiting: WaitingLedger,
    settings: Settings,
    store: Store,
    ledger: Ledger,
    tiny_catalogue: Catalogue,
    monkeypatch,
) -> None:
    bulk = jobs_of(tiny_catalogue, [f"Bulk sentence {n}." for n in range(4)])
    urgent = jobs_of(tiny_catalogue, ["Somebody waits for this.", "And for this."])
    (lesson,) = enlist(store, ledger, {"one": bulk})
    waiting.want(urgent)
    order: list[str] = []
    create = store.create
    monkeypatch.setattr(store, "create", lambda name, *a, **k: (order.append(name), create(name, *a, **k))[1])
    context = ProcessContext(settings, store, ledger, Sent())
    context.uploads._max_workers = 1  # stored in the order in which they were spoken
    render_batch(RenderBatch(bundle="tiny", jobs=tuple(bulk)), context)
    assert order[:3] == [segment_name(job.key) for job in (bulk[0], urgent[0], bulk[1])]  # and not both urgent ones
    assert Settled(urgent[0].key, "") in heard(waiting, 1)
    assert (progress(ledger, lesson).rendered, ledger.in_flight()) == (4, 0)
    context.uploads.shutdown()


def test_a_forged_urgent_job_is_not_render_urgent(
    settings: Settings,
    store: Store,
    ledger: Ledger,
    valkey: Valkey,
    tiny_catalogue: Catalogue,
    monkeypatch,
) -> None:
    monkeypatch.setattr("worker.render.batch.URGENT_LOOK_SECONDS", 0.0)
    one, two = jobs_of(tiny_catalogue, ["Bulk sentence.", "Another sentence."])
    forged = Job(key=two.key, segment=one.segment)
    for text in ("garbage", forged.model_dump_json()):
        valkey.client.zadd(f"{settings.redis_prefix}:urgent:tiny", {text: 1})
    (lesson,) = enlist(store, ledger, {"one": [one, two]})
    context = ProcessContext(settings, store, ledger, Sent())
    render_batch(batches([one, two])[0], context)
    assert progress(ledger, lesson).rendered == 2
    context.uploads.shutdown()
