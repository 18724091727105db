"""A real worker seen from outside: its metrics, its health, its traces; also when its processes are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from models.catalog import Catalogue
from tests.conftest import Valkey
from tests.integration.processes import processes
from tests.integration.s3_servers import free_port
from tests.integration.submission import batches, enlist, jobs_of, wait_for, wait_until_ended
from worker.contract.settings import Settings, settings_environment
from worker.ledger import broker
from worker.ledger.ledger import Ledger
from worker.store import Store

Start = Callable[..., subprocess.Popen[bytes]]
RENDERED = 'narrator_segments_total{"bundle": "tiny", "outcome": "rendered"}'
TEXTS = ("The first sentence.", "The second sentence.", "The third sentence.")


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    changes = {
        "queues": "tiny,assemble",
        "metrics_port": free_port(),
        "health_file": str(tmp_path / "health"),
        "log_format": "json",
    }
    return settings.model_copy(update=changes)


@pytest.fixture
def start(settings: Settings, tmp_path: Path, ledger: Ledger) -> Iterator[Start]:
    workers: list[subprocess.Popen[bytes]] = []

    def begin(*, variables: dict[str, str] | None = None, **changes: object) -> subprocess.Popen[bytes]:
        env = settings_environment(settings.model_copy(update=changes)) | {"ODD_LOG": str(tmp_path / "spoken.log")}
        command = [sys.executable, "-m", "tests.integration.odd_worker", "--processes", "1"]
        with (tmp_path / "worker.log").open("ab") as log:
            worker = subprocess.Popen(
                command, stdout=log, stderr=log, env=env | (variables or {}), start_new_session=True
            )
        workers.append(worker)
        wait_for(lambda: worker.poll() is not None or ledger.workers())
        assert worker.poll() is None, (tmp_path / "worker.log").read_text()
        return worker

    yield begin
    for worker in workers:
        worker.terminate()
        try:
            worker.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


def scrape(settings: Settings) -> dict[str, float]:
    """Each sample by its name and labels, as in ``name{label="value"}``."""
    with urllib.request.urlopen(f"http://127.0.0.1:{settings.metrics_port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return {
        sample.name + (json.dumps(sample.labels, sort_keys=True) if sample.labels else ""): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(metrics: dict[str, float], name: str, **labels: str) -> float:
    return metrics[name + (json.dumps(labels, sort_keys=True) if labels else "")]


def narrate(settings: Settings, store: Store, ledger: Ledger, catalogue: Catalogue, texts: tuple[str, ...]) -> None:
    app = broker.connect(settings)
    jobs = jobs_of(catalogue, texts)
    (lesson,) = enlist(store, ledger, {"lesson": jobs})
    for batch in batches(jobs):
        broker.send_batch(app, settings, batch)
    wait_until_ended(ledger, lesson)
    app.close()


def ask_health(settings: Settings) -> subprocess.CompletedProcess[str]:
    env = {"NARRATOR_HEALTH_FILE": settings.health_file}
    return subprocess.run([sys.executable, "-m", "worker.health"], env=env, capture_output=True, text=True)


def test_counts_survive_a_killed_process(
    settings: Settings, store: Store, ledger: Ledger, tiny_catalogue: Catalogue, start: Start, tmp_path: Path
) -> None:
    worker = start()
    narrate(settings, store, ledger, tiny_catalogue, TEXTS)
    # What is stored is counted when the ledger has been told, an instant after the run has ended.
    first = wait_for(lambda: (found := scrape(settings)).get(RENDERED, 0) >= 3 and found)
    assert of(first, "narrator_segments_total", bundle="tiny", outcome="rendered") == 3
    assert of(first, "narrator_lessons_total", outcome="assembled") == 1
    assert of(first, "narrator_stage_seconds_count", stage="store") == 3
    assert of(first, "narrator_audio_seconds_total", bundle="tiny") > 0.5
    assert of(first, "narrator_segment_rtf_count", bundle="tiny") == 3
    assert of(first, "celery_queue_length", queue="narrator.render.tiny") == 0
    assert of(first, "narrator_queue_processes", queue="narrator.render.tiny") == 1
    assert of(first, "narrator_redis_up") == 1
    (child,) = [seen.pid for seen in processes() if seen.parent == worker.pid]
    os.kill(child, signal.SIGKILL)
    wait_for(lambda: [seen for seen in processes() if seen.parent == worker.pid and seen.pid != child])
    narrate(settings, store, ledger, tiny_catalogue, ("Said by the next process.",))
    second = wait_for(lambda: (found := scrape(settings)).get(RENDERED, 0) >= 4 and found)
    assert of(second, "narrator_segments_total", bundle="tiny", outcome="rendered") == 4
    # In a batch of its own: a process that dies between storing a segment and counting it counts it nowhere.
    narrate(settings, store, ledger, tiny_catalogue, ("Crash this one.",))
    wait_for(lambda: scrape(settings).get("narrator_quarantined_total") == 1)
    lines = [json.loads(line) for line in (tmp_path / "worker.log").read_text().splitlines() if line.startswith("{")]
    assert {"time", "level", "process", "message"} <= lines[0].keys()
    worker.terminate()
    worker.wait(60)
    assert not list(Path("/tmp").glob(f"narrator-metrics-*/*_{worker.pid}.db"))


def test_an_idle_worker_is_well_and_a_stuck_one_is_not(
    settings: Settings, store: Store, ledger: Ledger, tiny_catalogue: Catalogue, start: Start, valkey: Valkey
) -> None:
    worker = start(segment_seconds=20.0)
    wait_for(lambda: ask_health(settings).returncode == 0)
    assert "0 processes at work" in ask_health(settings).stdout
    app = broker.connect(settings)
    jobs = jobs_of(tiny_catalogue, ("Hang here.",))
    enlist(store, ledger, {"stuck": jobs})
    broker.send_batch(app, settings, batches(jobs)[0])
    app.close()
    record = wait_for(lambda: (found := json.loads(Path(settings.health_file).read_text()))["due"] and found)
    (name,) = record["due"]
    wait_for(lambda: json.loads(Path(settings.health_file).read_text())["loop"] > record["loop"], 20)  # it turns
    # What the check says when the process lets its time pass: the time is moved, the record is real.
    Path(settings.health_file).write_text(json.dumps(record | {"due": {name: record["written"] - 3600}}))
    os.kill(worker.pid, signal.SIGSTOP)  # and the main process no longer writes
    try:
        Path(settings.health_file).write_text(json.dumps(record | {"due": {name: record["written"] - 3600}}))
        assert ask_health(settings).returncode == 1
        Path(settings.health_file).write_text(json.dumps(record | {"written": record["written"] - 3600}))
        assert "not been heard of" in ask_health(settings).stdout
    finally:
        os.kill(worker.pid, signal.SIGCONT)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


class Collector:
    """An OTLP collector of our own: keeps the spans that are posted to it."""

    def __init__(self) -> None:
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        spans = self.spans = []

        class Intake(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = ExportTraceServiceRequest()
                request.ParseFromString(self.rfile.read(int(self.headers["Content-Length"])))
                spans.extend(s for r in request.resource_spans for scope in r.scope_spans for s in scope.spans)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Intake)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"


def test_one_trace_from_submission_to_upload(
    settings: Settings, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = Collector()
    try:
        start(variables={"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint})
        lessons = tmp_path / "lessons"
        lessons.mkdir()
        (lessons / "one.md").write_text("---\nvoice: tiny/one\n---\nHello there.\n\nThis is a trace.\n")
        env = settings_environment(settings) | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint}
        narrator = [str(Path(sys.executable).with_name("narrator")), "submit", str(lessons), "--wait"]
        done = subprocess.run(narrator, env=env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        wait_for(lambda: {"submit", "render", "assemble", "store"} <= {span.name for span in collector.spans})
        assert len({span.trace_id for span in collector.spans}) == 1
        names = {span.span_id: span.name for span in collector.spans}
        parents = {(span.name, names.get(span.parent_span_id, "")) for span in collector.spans}
        assert {("submit", ""), ("render", "submit"), ("store", "render"), ("store", "assemble")} <= parents
        assert ("assemble", "render") in parents or ("assemble", "submit") in parents
    finally:
        collector.server.shutdown()
        collector.server.server_close()
