"""Assembly and delivery over a real S3 server give what they give over a directory."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from producer.outputs.deliver import deliver
from tests.integration.s3_servers import BUCKET, Server, start
from tests.integration.test_assemble import FOLDER, contents, message_for, plan_of, speak
from worker.assemble.lesson import assemble_lesson
from worker.contract.manifest import Manifest
from worker.contract.settings import Settings
from worker.store import Store, open_store


@pytest.fixture(scope="module")
def server() -> Server:
    return start("moto")  # shared by all tests, and stopped when they end


@pytest.fixture
def s3(server: Server, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret_key)
    return open_store(Settings(store=f"s3://{BUCKET}/{uuid.uuid4().hex}", s3_endpoint_url=server.endpoint))


def test_the_same_lesson_comes_out_of_either_store(s3: Store, tmp_path: Path) -> None:
    folder = open_store(Settings(store=str(tmp_path / "store")))
    delivered = []
    for name, store in (("s3", s3), ("folder", folder)):
        plan = plan_of(*[(speak(store, f"Segment {n}.", seconds=0.5), 100) for n in range(20)])
        assemble_lesson(store, plan, message_for(plan))
        delivered.append([path.read_bytes() for path in deliver(store, "physics", "waves", tmp_path / name)])
    assert contents(s3) == contents(folder)
    assert delivered[0] == delivered[1]


def test_of_many_submissions_at_once_the_newest_stands(s3: Store) -> None:
    plans = [plan_of((speak(s3, f"Version {n}.", seconds=0.2), 0)) for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda n: assemble_lesson(s3, plans[n], message_for(plans[n], submitted=n)), [3, 7, 0, 5, 1, 6, 2, 4]
            )
        )
    assert Manifest.model_validate_json(s3.get(FOLDER + "manifest.json")[0]).plan == plans[7].plan_id()
