"""Redis over TLS that is verified, and a whole run as a user who may do no more than docs/security.md says."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from celery import Celery
from kombu import pools
from pydantic import SecretStr

from models.errors import Transient
from producer.errors import RedisUnavailable
from producer.run.submit import plan_paths, submit
from tests.conftest import TINY_VOICES, Valkey
from tests.guard import server_folder
from tests.integration import s3_servers
from tests.integration.test_local_stack import lesson, sentence
from worker.contract.messages import assemble_queue, render_queue
from worker.contract.settings import Settings, settings_environment
from worker.errors import BrokerUnavailable
from worker.ledger import broker
from worker.ledger.ledger import Ledger

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
NAMESPACE = "physics"
PASSWORD = "the-worker's own/password"


def rules() -> list[str]:
    """The words of the rule set on the page."""
    found = re.search(r"```\nuser narrator-physics (.+?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1].replace("\\\n", " ").split()


@pytest.fixture
def confined(valkey: Valkey) -> Iterator[Settings]:
    """Settings of a user with those rules."""
    words = [f">{PASSWORD}" if word == ">PASSWORD" else word for word in rules()]
    valkey.client.execute_command("ACL", "SETUSER", "narrator-physics", "reset", *words)
    valkey.client.execute_command("ACL", "LOG", "RESET")
    yield Settings(
        redis_url=SecretStr(f"unix://narrator-physics:the-worker%27s%20own%2Fpassword@{valkey.socket}?db=0"),
        namespace=NAMESPACE,
        voices_dir=TINY_VOICES,
        lease_seconds=2.0,
        sweep_seconds=0.2,
    )
    valkey.client.execute_command("ACL", "DELUSER", "narrator-physics")


def a_run(settings: Settings, folder: Path) -> None:
    """Submit two lessons, narrate them with a real worker, look at them as every command does, cancel and retry."""
    settings = settings.model_copy(update={"store": str(folder / "store")})
    (folder / "course").mkdir()
    lesson(folder / "course", "first", [sentence(number) for number in range(8)])
    lesson(folder / "course", "second", [sentence(number) for number in range(4, 12)])
    env = settings_environment(settings)
    queues = f"{assemble_queue(settings.queue_prefix)},{render_queue(settings.queue_prefix, 'tiny')}"
    narrator = str(Path(sys.executable).with_name("narrator"))
    run = submit(*plan_paths([folder / "course"], settings=settings))
    assert run.ledger.cancel(run.id)
    command = [sys.executable, "-P", "-m", "worker", "--queues", queues]
    with (folder / "worker.log").open("wb") as log, subprocess.Popen(command, env=env, stderr=log) as worker:
        try:
            submitted = ["submit", str(folder / "course"), "--wait"]
            for words in (["runs", "retry", run.id, "--wait"], submitted, ["runs", "list"]):
                done = subprocess.run([narrator, *words], env=env, capture_output=True, text=True, timeout=120)
                assert done.returncode == 0, (done.stderr, (folder / "worker.log").read_text()[-4000:])
            assert subprocess.run([narrator, "doctor"], env=env, capture_output=True, timeout=60).returncode == 0
        finally:
            worker.terminate()
            assert worker.wait(60) == 0
    assert len(list((folder / "store").rglob("manifest.json"))) == 2


def test_a_whole_run_with_the_least_commands(confined: Settings, valkey: Valkey, tmp_path: Path) -> None:
    a_run(confined, tmp_path)
    denied = valkey.client.execute_command("ACL", "LOG")
    assert [(entry["reason"], entry["object"]) for entry in denied] == []


FORBIDDEN = (
    "FLUSHALL", "FLUSHDB", "CONFIG GET *", "CONFIG SET dir /tmp", "KEYS *", "SCAN 0", "SHUTDOWN",
    "SAVE", "BGSAVE", "REPLICAOF host 1", "MODULE LIST", "MONITOR", "ACL LIST", "ACL WHOAMI", "CLIENT LIST",
    "CLIENT KILL TYPE normal", "FUNCTION LIST", "SCRIPT FLUSH", "RENAME {narrator-physics}:totals x", "RANDOMKEY",
    "GET narrator-maths.x", "HGETALL {narrator-maths}:totals", "LPUSH narrator.render.tiny x", "DBSIZE",
    "LRANGE narrator-maths.render.tiny 0 -1", "DEL {narrator-maths}:runs", "GET {narrator-physics-2}:x",
    "LPUSH narrator-physics-2.render.tiny x", "SWAPDB 0 1", "PUBLISH other x", "SUBSCRIBE other",
)  # fmt: skip


def test_everything_else_is_denied(confined: Settings) -> None:
    client = broker.redis_client(confined)
    client.ping()
    allowed = []
    for command in FORBIDDEN:
        with suppress(redis.exceptions.NoPermissionError):
            client.execute_command(*command.split())
            allowed.append(command)
    script = client.register_script("return redis.call('GET', 'narrator-maths.x')")
    with suppress(redis.exceptions.ResponseError):
        allowed.append(f"a script that reads elsewhere: {script()}")
    assert allowed == []
    client.close()


# --- TLS
class TlsRedis:
    """Debian's redis-server with TLS alone; its certificate is signed by itself, so it is its own authority."""

    def __init__(self, folder: Path) -> None:
        binary = shutil.which("redis-server")
        if binary is None or shutil.which("openssl") is None:
            s3_servers.missing("redis-server", "apt-get install redis-server openssl")
        self.folder, self.port = folder, s3_servers.free_port()
        self.ca, self.other = (
            certificate(folder, "server", "IP:127.0.0.1"),
            certificate(folder, "other", "IP:127.0.0.1"),
        )
        (folder / "redis.conf").write_text(
            f"port 0\ntls-port {self.port}\ntls-cert-file {self.ca}\ntls-key-file {folder}/server.key\n"
            f"tls-ca-cert-file {self.ca}\ntls-auth-clients no\nbind 127.0.0.1\nrequirepass secret\ndir {folder}\n"
            "set-proc-title no\n"
        )
        self.process = subprocess.Popen([binary, str(folder / "redis.conf")], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.02)

    def settings(self, ca: Path, host: str = "127.0.0.1") -> Settings:
        url = f"rediss://:secret@{host}:{self.port}/0?ssl_ca_certs={ca}"
        return Settings(
            redis_url=SecretStr(url), voices_dir=TINY_VOICES, namespace="tls", lease_seconds=2.0, sweep_seconds=0.2
        )


def certificate(folder: Path, name: str, holder: str) -> Path:
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={holder}"]
    command += ["-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem"]
    subprocess.run(command, check=True, capture_output=True)
    return folder / f"{name}.pem"


@pytest.fixture(scope="module")
def tls() -> Iterator[TlsRedis]:
    folder = server_folder("nt-")
    server = TlsRedis(folder)
    yield server
    server.process.kill()
    server.process.wait()
    shutil.rmtree(folder)


def test_a_whole_run_over_tls(tls: TlsRedis, tmp_path: Path) -> None:
    a_run(tls.settings(tls.ca), tmp_path)


@pytest.mark.parametrize("fault", ["authority", "name"])
def test_a_server_that_cannot_prove_who_it_is_is_refused(tls: TlsRedis, fault: str) -> None:
    """By the ledger and by Celery, whatever it offers: the wrong authority, or a certificate of another host."""
    wrong = tls.settings(tls.other) if fault == "authority" else tls.settings(tls.ca, "localhost")
    with pytest.raises(Transient, match=r"(?i)certificate"):
        Ledger(broker.redis_client(wrong), wrong).now()
    app = connect(wrong)
    with pytest.raises(BrokerUnavailable, match=r"(?i)certificate"):
        broker._send(app, "none", Nothing(), "tls.nowhere")
    app.close()
    right = tls.settings(tls.ca)
    app = connect(right)
    broker._send(app, "none", Nothing(), "tls.nowhere")
    app.close()
    client = broker.redis_client(right)
    assert client.llen("tls.nowhere") == 1
    client.delete("tls.nowhere")
    client.close()


def connect(settings: Settings) -> Celery:
    """A Celery that opens its own connections: kombu's pools are the process's, and do not look at certificates."""
    pools.reset()
    app = broker.connect(settings)
    app.conf.task_publish_retry = False
    return app


class Nothing(broker.Message):
    """A message for nobody."""


def test_a_wrong_password_is_refused(valkey: Valkey, settings: Settings, tmp_path: Path) -> None:
    wrong = settings.model_copy(update={"redis_url": SecretStr(valkey.url.replace(valkey.password, "guessed"))})
    (tmp_path / "course").mkdir()
    lesson(tmp_path / "course", "first", [sentence(1)])
    with pytest.raises(RedisUnavailable, match=r"(?i)password"):
        submit(*plan_paths([tmp_path / "course"], settings=wrong))
