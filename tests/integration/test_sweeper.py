"""Housekeeping: heartbeats, what is due is sent, and an outage of Redis is outlived and said once."""

from __future__ import annotations

import logging

from tests.conftest import Valkey
from tests.integration.submission import batches, enlist, jobs_of, wait_for
from tests.integration.test_render import Sent
from worker.contract.settings import Settings
from worker.ledger.ledger import Ledger
from worker.ledger.records import WorkerInfo
from worker.process.sweeper import Sweeper
from worker.store import Store


def test_housekeeping_outlives_redis(
    ledger: Ledger, settings: Settings, store: Store, valkey: Valkey, tiny_catalogue, caplog
) -> None:
    caplog.set_level(logging.WARNING, "narrator.worker")
    sent = Sent()
    sweeper = Sweeper(
        settings.model_copy(update={"sweep_seconds": 0.05}), ledger, sent, WorkerInfo("w", ("narrator.assemble",), 1, 0)
    )
    sweeper.start()
    wait_for(lambda: [worker.queues for worker in ledger.workers()] == [("narrator.assemble",)])
    valkey.process.kill()
    valkey.process.wait()
    wait_for(lambda: "housekeeping waits" in caplog.text)
    valkey.start()
    wait_for(lambda: "housekeeping goes on" in caplog.text)
    assert [record.message.split(":")[0] for record in caplog.records] == ["housekeeping waits", "housekeeping goes on"]

    jobs = jobs_of(tiny_catalogue, ["One.", "Two."])
    enlist(store, ledger, {"one": jobs})
    (lesson,) = enlist(store, ledger, {"empty": jobs[:1]})
    tokens = ledger.lease(batches(jobs)[0].jobs, alone=False)
    ledger.release(tokens)
    wait_for(lambda: sent.batches)
    assert {job.key for job in sent.batches[0].jobs} == {job.key for job in jobs}
    sweeper.stop()
    assert ledger.workers() == []
    assert lesson not in sent.lessons
