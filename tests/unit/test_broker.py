"""How settings become a Celery and a client: addresses, and settings that contradict each other."""

from __future__ import annotations

import ssl
import subprocess
import sys

import pytest
from kombu import Connection
from pydantic import SecretStr

from models.errors import Permanent
from worker.contract.messages import interactive_queue, render_queue
from worker.contract.settings import Settings
from worker.ledger import broker


@pytest.mark.parametrize(
    ("given", "for_redis", "for_kombu"),
    [
        ("redis://host:1/2", "redis://host:1/2", "redis://host:1/2"),
        ("unix://:pw@/run/r.sock?db=3", "unix://:pw@/run/r.sock?db=3", "redis+socket://:pw@/run/r.sock?virtual_host=3"),
        (
            "redis+socket://:p%40w@/run/r.sock?virtual_host=1",
            "unix://:p%40w@/run/r.sock?db=1",
            "redis+socket://:p%40w@/run/r.sock?virtual_host=1",
        ),
        ("unix:///run/r.sock", "unix:///run/r.sock", "redis+socket:///run/r.sock?virtual_host=0"),
    ],
)
def test_one_address_for_both_libraries(given: str, for_redis: str, for_kombu: str) -> None:
    settings = Settings(redis_url=given)
    assert broker._redis_url(settings) == for_redis
    assert broker._kombu_url(settings) == for_kombu


@pytest.mark.parametrize("query", ["", "?ssl_ca_certs=ca.pem"])
def test_a_servers_certificate_is_verified(query: str) -> None:
    settings = Settings(redis_url=f"rediss://:pw@host:1/0{query}")
    assert Connection(broker._kombu_url(settings)).ssl["ssl_cert_reqs"] == ssl.CERT_REQUIRED
    client = broker.redis_client(settings)
    assert client.connection_pool.make_connection().cert_reqs == ssl.CERT_REQUIRED
    off = Settings(redis_url="rediss://host:1/0?ssl_cert_reqs=none")
    assert Connection(broker._kombu_url(off)).ssl["ssl_cert_reqs"] == ssl.CERT_NONE


def test_a_visibility_timeout_shorter_than_a_task_is_refused() -> None:
    with pytest.raises(
        Permanent, match=r"NARRATOR_VISIBILITY_TIMEOUT is 200 s.*at least 300.*NARRATOR_SEGMENT_SECONDS"
    ):
        broker.connect(Settings(visibility_timeout=200, segment_seconds=120))
    app = broker.connect(Settings(visibility_timeout=300, segment_seconds=120))
    assert app.conf.task_time_limit < 300


def test_teams_share_nothing() -> None:
    ours, theirs = (broker.connect(Settings(namespace=name)).conf for name in ("", "other"))
    for key in ("unacked_key", "unacked_index_key", "unacked_mutex_key"):
        assert ours.broker_transport_options[key] != theirs.broker_transport_options[key]
    assert ours.task_default_queue != theirs.task_default_queue


def test_queues_are_served_in_this_order() -> None:
    from worker.process.celery_app import queues

    settings = Settings(queues="kokoro, piper-joe,assemble")
    prefix = settings.queue_prefix
    assert queues(settings) == [
        interactive_queue(prefix, "kokoro"),
        interactive_queue(prefix, "piper-joe"),
        "narrator.assemble",
        render_queue(prefix, "kokoro"),
        render_queue(prefix, "piper-joe"),
    ]


def test_importing_the_worker_stays_light() -> None:
    code = "import sys, worker.contract.messages; print({'celery', 'redis', 'onnxruntime', 'boto3'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
    code = "import sys, worker.ledger.ledger; print({'onnxruntime', 'boto3', 'scipy'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"


def test_sentinels_are_named_for_kombu_and_asked_for_the_master() -> None:
    url = "sentinel://:s%40cret@one,two:1234/2?master=narrator&sentinel_password=own"
    settings = Settings(redis_url=SecretStr(url))
    assert broker._kombu_url(settings) == "sentinel://:s%40cret@one:26379/2;sentinel://:s%40cret@two:1234/2"
    app = broker.connect(settings)
    assert app.conf.broker_transport_options["master_name"] == "narrator"
    assert app.conf.broker_transport_options["sentinel_kwargs"]["password"] == "own"
    client = broker.redis_client(settings)
    assert client.connection_pool.service_name == "narrator"
    assert client.connection_pool.connection_kwargs["password"] == "s@cret"
    assert client.connection_pool.connection_kwargs["db"] == 2


@pytest.mark.parametrize("wrong", ["sentinel://one/0", "sentinel://?master=x", "sentinel://one:y/0?master=x"])
def test_an_incomplete_sentinel_address_is_refused(wrong: str) -> None:
    with pytest.raises(Permanent, match=r"it must look like|must look like sentinel"):
        broker.connect(Settings(redis_url=SecretStr(wrong)))
