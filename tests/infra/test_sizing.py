"""The sizing formula, against a night played through in events, and against a real Redis."""

from __future__ import annotations

import math

import pytest

from infra.sizing import REDIS_BYTES, Load, main, simulate, size
from models.catalog import Catalogue
from tests.conftest import Valkey
from tests.integration.submission import batches, enlist, jobs_of
from worker.contract.settings import Settings
from worker.ledger import broker
from worker.ledger.ledger import Ledger
from worker.store import Store


@pytest.mark.parametrize(
    "load",
    [Load(1_000_000), Load(1_000_000, voice="piper-joe"), Load(50_000, hours=4), Load(1_000_000, audio_seconds=8.0)],
    ids=str,
)
def test_the_formula_agrees_with_a_simulated_night(load: Load) -> None:
    cores = max(1, math.ceil(size(load).cores))
    expected = size(load).cores / cores * load.hours
    assert simulate(load, cores) == pytest.approx(expected, rel=0.03)


def test_more_of_everything_needs_more() -> None:
    one, two = size(Load(1000)), size(Load(2000))
    assert two.cores == pytest.approx(2 * one.cores)
    assert two.store_gb == pytest.approx(2 * one.store_gb)
    assert size(Load(1000, outputs=("wav", "mp3"))).store_gb > one.store_gb
    assert size(Load(1000, hours=4)).cores == pytest.approx(2 * one.cores)


def test_redis_holds_what_the_formula_says(
    valkey: Valkey, settings: Settings, store: Store, ledger: Ledger, tiny_catalogue: Catalogue
) -> None:
    number = 3000
    jobs = jobs_of(
        tiny_catalogue, [f"This is sentence {i} of a lesson, and it has about sixty letters." for i in range(number)]
    )
    before = valkey.client.info("memory")["used_memory"]
    enlist(store, ledger, {f"lesson-{i}": jobs[i : i + 200] for i in range(0, number, 200)})
    app = broker.connect(settings)
    for batch in batches(jobs):
        broker.send_batch(app, settings, batch)
    app.close()
    used = (valkey.client.info("memory")["used_memory"] - before) / number
    assert REDIS_BYTES * 0.7 < used < REDIS_BYTES * 1.1


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--sentences", "1000000", "--voice", "kokoro"])
    assert "core hours" in capsys.readouterr().out
