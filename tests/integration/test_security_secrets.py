"""No secret in what anybody may read: logs, answers, errors, command lines, objects of the store. Real processes."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from producer.run.connection import without_password
from tests.conftest import Valkey
from tests.integration import s3_servers
from tests.integration.processes import processes
from tests.integration.test_local_stack import lesson, sentence
from worker.contract.messages import assemble_queue, render_queue
from worker.contract.settings import Settings, settings_environment
from worker.store import open_store

NARRATOR = [str(Path(sys.executable).with_name("narrator"))]
PLANTED = {
    "AWS_SECRET_ACCESS_KEY": "planted-secret-access-key-7c1e",
    "AWS_SESSION_TOKEN": "planted-session-token-90ab",
    "NARRATOR_API_KEYS": "planted-api-key-5d3f2b,planted-api-key-777777",
}
ENDPOINT_PASSWORD = "planted-endpoint-password"
WEBHOOK = {"NARRATOR_WEBHOOK_URL": "planted-webhook-token", "NARRATOR_WEBHOOK_SECRET": "planted00webhook00secret"}


class Watch:
    """Looks at every command line on the machine, and keeps what it was given to read."""

    def __init__(self, secrets: list[str]) -> None:
        self.secrets = secrets
        self.read: dict[str, bytes] = {}
        self.found: set[tuple[str, str]] = set()
        self.looks = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while not self._end.wait(0.1):
            for seen in processes():
                self.found |= {("ps", secret) for secret in self.secrets if secret in seen.command}
            self.looks += 1

    def stop(self) -> None:
        self._end.set()
        self._thread.join()

    def leaks(self) -> set[tuple[str, str]]:
        """Where a secret was seen, and which."""
        return self.found | {
            (where, secret) for where, text in self.read.items() for secret in self.secrets if secret.encode() in text
        }


class Refusal(BaseHTTPRequestHandler):
    """An S3 server that denies everything, and tells what it was sent, as an indiscreet one might."""

    def _deny(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        said = f"not with {self.headers.get('X-Amz-Security-Token')} in {self.headers.get('Authorization')}"
        body = f"<Error><Code>AccessDenied</Code><Message>{said}</Message></Error>".encode()
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _deny

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def denying() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusal) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://somebody:{ENDPOINT_PASSWORD}@127.0.0.1:{server.server_port}"
        server.shutdown()


def test_no_secret_is_shown(valkey: Valkey, tmp_path: Path, denying: str) -> None:
    s3 = s3_servers.start("moto")
    settings = Settings(
        redis_url=SecretStr(valkey.url),
        store=f"s3://{s3_servers.BUCKET}/secrets",
        s3_endpoint_url=s3.endpoint.replace("://", f"://somebody:{ENDPOINT_PASSWORD}@"),
        namespace="secrets",
        voices_dir=Path(__file__).parents[1] / "data",
        lease_seconds=2.0,
        sweep_seconds=0.2,
    )
    (tmp_path / "course").mkdir()
    lesson(tmp_path / "course", "first", [sentence(i) for i in range(3)])
    secrets = [valkey.password, ENDPOINT_PASSWORD, *",".join(PLANTED.values()).split(","), *WEBHOOK.values()]
    watch = Watch(secrets)
    queues = f"{assemble_queue('narrator-secrets')},{render_queue('narrator-secrets', 'tiny')}"
    worker = [sys.executable, "-P", "-m", "worker", "--queues", queues]
    wrong = valkey.url.replace(valkey.password, "planted-wrong-password")
    secrets.append("planted-wrong-password")
    away = f"http://somebody:{ENDPOINT_PASSWORD}@127.0.0.1:{s3_servers.free_port()}"
    broken = {
        "wrong password": {"redis_url": SecretStr(wrong)},
        "redis away": {"redis_url": SecretStr(f"redis://:{valkey.password}@127.0.0.1:{s3_servers.free_port()}/0")},
        "a password with a slash": {"redis_url": SecretStr(f"redis://:/{valkey.password}/@127.0.0.1:1/0")},
        "a URL of another kind": {"redis_url": SecretStr(f"https://:{valkey.password}@127.0.0.1:1/0")},
        "s3 denied": {"s3_endpoint_url": denying},
        "s3 away": {"s3_endpoint_url": away},
    }

    def env(chosen: Settings, **more: str) -> dict[str, str]:
        return settings_environment(chosen) | {"AWS_ACCESS_KEY_ID": "planted", "AWS_MAX_ATTEMPTS": "1"} | PLANTED | more

    def run(name: str, words: list[str], environ: dict[str, str]) -> int:
        done = subprocess.run(words, env=environ, capture_output=True, timeout=90, check=False)
        watch.read[name] = done.stdout + done.stderr
        return done.returncode

    with contextlib.ExitStack() as stack:
        stack.callback(watch.stop)
        for style in ("json", "pretty"):
            log = stack.enter_context((tmp_path / f"{style}.log").open("wb"))
            running = subprocess.Popen(worker, env=env(settings, NARRATOR_LOG_FORMAT=style), stdout=log, stderr=log)
            stack.callback(running.wait)
            stack.callback(running.kill)
        submit = [*NARRATOR, "submit", str(tmp_path / "course"), "--wait", "--json"]
        assert run("submit", submit, env(settings)) == 0, watch.read["submit"].decode()
        doctor = [*NARRATOR, "doctor"]
        assert run("doctor", doctor, env(settings)) in (0, 1)
        assert run("runs", [*NARRATOR, "runs", "list", "--json"], env(settings)) == 0
        receiver = f"{denying}/hooks/{WEBHOOK['NARRATOR_WEBHOOK_URL']}"
        hooked = env(settings, **WEBHOOK | {"NARRATOR_WEBHOOK_URL": receiver})
        assert run("sync", [*NARRATOR, "sync", str(tmp_path / "course")], hooked) == 2
        assert b"refused with status 403" in watch.read["sync"]
        wrong_secret = hooked | {"NARRATOR_WEBHOOK_SECRET": WEBHOOK["NARRATOR_WEBHOOK_SECRET"] + "!"}
        assert run("sync, a malformed secret", [*NARRATOR, "sync", str(tmp_path / "course")], wrong_secret) == 2
        lesson(tmp_path / "course", "second", [sentence(i) for i in range(3, 5)])  # so that there is something to send
        chosen = {name: env(settings.model_copy(update=changes)) for name, changes in broken.items()}
        with ThreadPoolExecutor(4) as pool:
            doctored = [name for name in broken if "away" not in name]
            codes = [pool.submit(run, f"submit, {name}", submit, chosen[name]) for name in broken]
            codes += [pool.submit(run, f"doctor, {name}", doctor, chosen[name]) for name in doctored]
            said = {f"worker, {name}": pool.submit(begin, worker, chosen[name]) for name in doctored}
        watch.read |= {name: text.result() for name, text in said.items()}
        assert 0 not in [code.result() for code in codes], sorted(watch.read)
        assert [name for name, text in watch.read.items() if b"Traceback" in text] == []
        watch.read["api"] = ask_api(env(settings))
    watch.read |= {f"{path.name}": path.read_bytes() for path in tmp_path.glob("*.log")}
    store_settings = settings.model_copy(update={"s3_endpoint_url": s3.endpoint})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "any")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "any")
        store = open_store(store_settings)
        watch.read |= {entry.name: store.get(entry.name)[0] for entry in store.list()}
    valkey_log = list(valkey.folder.glob("appendonlydir/*.aof"))  # every write to Redis
    assert valkey_log
    watch.read |= {path.name: path.read_bytes() for path in valkey_log}
    assert any(name.endswith("manifest.json") for name in watch.read)
    assert watch.read["json.log"]
    assert watch.looks > 20
    assert watch.leaks() == set()


def begin(command: list[str], env: dict[str, str]) -> bytes:
    """What a worker says in its first seconds."""
    try:
        return subprocess.run(command, env=env, capture_output=True, timeout=6, check=False).stderr
    except subprocess.TimeoutExpired as late:
        return (late.stdout or b"") + (late.stderr or b"")


def ask_api(env: dict[str, str]) -> bytes:
    """What the API says to callers with a right key, with a wrong one, and without, and what it logs."""
    command = [*NARRATOR, "serve", "--port", "0"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as api:
        assert api.stdout is not None
        said = api.stdout.readline()
        url = next(word for word in said.decode().split() if word.startswith("http")).rstrip("/.,")
        answers = []
        for key in (PLANTED["NARRATOR_API_KEYS"].partition(",")[0], "wrong-key-0123456789", ""):
            for path in ("/v1/voices", "/runs", "/v1/runs/none", "/v1/nowhere"):
                answer = httpx.get(url + path, headers={"Authorization": f"Bearer {key}"} if key else {})
                answers.append(f"{answer.status_code} {answer.headers} {answer.text}".encode())
        assert any(answer.startswith(b"401") for answer in answers)
        assert any(answer.startswith(b"200") for answer in answers)
        api.terminate()
        rest, _ = api.communicate(timeout=20)
    return said + rest + b"".join(answers)


@pytest.mark.parametrize(
    "url",
    [
        "redis://:PLANTED@host:6379/0",
        "redis://user:PLANTED@host:6379/0",
        "redis://:a/PLANTED@host:6379/0",
        "redis://:a@PLANTED@host:6379/0",
        "redis://:a#PLANTED@host:6379/0",
        "redis://host:6379/0?password=PLANTED",
        "unix://:PLANTED@/run/redis.sock?db=0",
        "sentinel://:PLANTED@host,host/0?master=m&sentinel_password=PLANTED",
    ],
)
def test_an_address_for_people_has_no_password(url: str) -> None:
    shown = without_password(Settings(redis_url=SecretStr(url)))
    assert "PLANTED" not in shown
    assert shown.startswith(url.partition("//")[0])


def test_settings_do_not_show_secrets() -> None:
    settings = Settings(redis_url=SecretStr("redis://:PLANTED@host/0"))
    assert "PLANTED" not in repr(settings) + str(settings) + settings.model_dump_json()
