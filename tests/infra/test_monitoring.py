"""Alerts and dashboard against a real Prometheus, which scrapes a real worker at a real run.

``python -m tests.infra.test_monitoring docs/dashboard.png`` draws the panels from what that Prometheus has. It is not
Grafana, which is in no package registry: only its queries, with their data.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.monitoring.dashboard import PANELS, dashboard
from tests.conftest import Valkey
from tests.guard import server_folder
from tests.infra.tools import INFRA, run, tool
from tests.integration.s3_servers import free_port
from tests.integration.submission import wait_for
from worker.contract.settings import Settings, settings_environment

pytestmark = pytest.mark.infra
RULES = INFRA / "monitoring" / "alerts.yml"
INTERVAL = "15s"  # stands for $__rate_interval


def test_the_dashboard_s_file_is_what_its_script_writes() -> None:
    written = json.loads((INFRA / "monitoring" / "grafana" / "narrator.json").read_text())
    assert written == dashboard()


def test_alerts_fire_when_they_should(tmp_path: Path) -> None:
    queue = 'celery_queue_length{queue="narrator.render.kokoro"}'
    workers = 'narrator_queue_processes{queue="narrator.render.kokoro"}'
    rendered = 'narrator_segments_total{bundle="kokoro", outcome="rendered"}'
    lessons = 'narrator_lessons_total{outcome="assembled"}'

    def case(fires: str, at: str, series: dict[str, str]) -> dict[str, Any]:
        names = ["NarratorQueueUnserved", "NarratorNothingMoves", "NarratorSegmentsGivenUp", "NarratorRedisAway"]
        inputs = [{"series": name, "values": values} for name, values in series.items()]
        checks = [{"expr": f'count(ALERTS{{alertname="{n}", alertstate="firing"}}) or vector(0)', "eval_time": at,
                   "exp_samples": [{"labels": "{}", "value": 1 if n == fires else 0}]} for n in names]  # fmt: skip
        return {"interval": "1m", "input_series": inputs, "promql_expr_test": checks}

    busy = {queue: "10x60", workers: "2x60", rendered: "0+60x60", lessons: "0+1x60", "narrator_redis_up": "1x60"}
    tests = [
        case("", "40m", busy),
        case("NarratorQueueUnserved", "10m", {**busy, workers: "0x60"}),
        case("NarratorNothingMoves", "40m", {**busy, rendered: "5x60", lessons: "1x60"}),
        case("NarratorSegmentsGivenUp", "40m", {**busy, "narrator_quarantined_total": "0x30 1x30"}),
        case("NarratorRedisAway", "40m", {**busy, "narrator_redis_up": "0x60"}),
    ]
    file = tmp_path / "tests.json"
    file.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}))
    run(tool("promtool"), "check", "rules", str(RULES))
    run(tool("promtool"), "test", "rules", str(file))


class Prometheus:
    """A real server that scrapes one worker every second."""

    def __init__(self, folder: Path, target: int) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(RULES)],
            "scrape_configs": [{"job_name": "narrator", "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}],
        }
        (folder / "prometheus.yml").write_text(json.dumps(config))
        command = [
            tool("prometheus"),
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder}/data",
        ]
        command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
        self.process = subprocess.Popen(command)

    def ask(self, path: str, **query: str | float) -> Any:
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}", timeout=10) as answer:
            return json.load(answer)["data"]

    def series(self, expr: str, since: float) -> list[dict[str, Any]]:
        expr = expr.replace("$__rate_interval", INTERVAL)
        found = self.ask("query_range", query=expr, start=since, end=time.time(), step=1)["result"]
        return [one for one in found if any(value != "NaN" for _, value in one["values"])]

    def up(self) -> bool:
        try:
            return any(float(one["value"][1]) for one in self.ask("query", query="up")["result"])
        except OSError:
            return False

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def narrate(settings: Settings, folder: Path, paragraphs: int) -> tuple[Prometheus, subprocess.Popen[bytes], float]:
    """A run under the eyes of Prometheus: new lessons, then one more with half of its sentences known."""
    env = settings_environment(settings) | {"ODD_LOG": str(folder / "spoken.log")}
    command = [sys.executable, "-m", "tests.integration.odd_worker", "--processes", "2"]
    with (folder / "worker.log").open("wb") as log:
        worker = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    began = time.time()
    prometheus = Prometheus(folder, settings.metrics_port)
    wait_for(prometheus.up)
    for lesson, first in (("one", 0), ("two", paragraphs), ("three", paragraphs // 2)):
        text = "\n\n".join(f"Slow sentence number {first + i}, told by a tiny voice." for i in range(paragraphs))
        file = folder / f"{lesson}.md"
        file.write_text(f"---\ncourse: course\nlesson: {lesson}\nvoice: tiny/one\n---\n{text}\n")
        narrator = str(Path(sys.executable).with_name("narrator"))
        run(narrator, "submit", str(file), "--wait", **env)
    wait_for(lambda: prometheus.series("narrator_cache_hits_total > 0", began))
    return prometheus, worker, began


@pytest.fixture
def watched(settings: Settings, tmp_path: Path) -> Iterator[tuple[Prometheus, float]]:
    tool("prometheus")
    changes = {"queues": "tiny,assemble", "metrics_port": free_port()}
    prometheus, worker, began = narrate(settings.model_copy(update=changes), tmp_path, 20)
    yield prometheus, began
    prometheus.stop()
    worker.terminate()
    worker.wait(30)


def test_every_panel_has_data(watched: tuple[Prometheus, float]) -> None:
    prometheus, began = watched
    wanted = {f"{title}: {expr}": expr for title, _, _, queries in PANELS for expr, _ in queries}

    def empty() -> list[str]:
        return [name for name, expr in wanted.items() if not prometheus.series(expr, began)]

    with contextlib.suppress(AssertionError):
        wait_for(lambda: not empty())  # the last scrapes
    assert empty() == []
    (ratio,) = prometheus.series({title: queries[0][0] for title, _, _, queries in PANELS}["Cache hit ratio"], began)
    assert 0 < float(ratio["values"][-1][1]) < 1
    groups = prometheus.ask("rules")["groups"]
    assert [rule["health"] for group in groups for rule in group["rules"]] == ["ok"] * 8


def test_flower_shows_tasks(settings: Settings, tmp_path: Path) -> None:
    """With Celery's events on, and only then."""
    celery = tool("celery")
    chosen = settings.model_copy(update={"queues": "tiny,assemble", "task_events": True})
    env = settings_environment(chosen)
    port = free_port()
    url = chosen.redis_url.get_secret_value().replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
    with (tmp_path / "log").open("wb") as log:
        flower = subprocess.Popen(
            [celery, f"--broker={url}", "flower", "--address=127.0.0.1", f"--port={port}"], stdout=log, stderr=log
        )
        worker = subprocess.Popen([sys.executable, "-m", "worker"], env=env, stdout=log, stderr=log)

    def metrics() -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    try:
        wait_for(metrics)
        file = tmp_path / "one.md"
        file.write_text("---\nvoice: tiny/one\n---\nShown by Flower.\n")
        run(str(Path(sys.executable).with_name("narrator")), "submit", str(file), "--wait", **env)
        wait_for(lambda: 'task="render",type="task-succeeded"' in metrics().replace('", ', '",'))
    finally:
        for process in (flower, worker):
            process.terminate()
            process.wait(30)


def draw(prometheus: Prometheus, began: float, out: Path) -> None:
    """The panels as a picture."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot

    rows = (len(PANELS) + 2) // 3
    figure, axes = pyplot.subplots(rows, 3, figsize=(18, 3.1 * rows), layout="constrained")
    for axis, (title, unit, _, queries) in zip(axes.flat, PANELS, strict=False):
        for expr, legend in queries:
            for one in prometheus.series(expr, began):
                times, values = zip(*((at - began, float(value)) for at, value in one["values"]), strict=True)
                label = legend
                for name, value in one["metric"].items():
                    label = label.replace("{{" + name + "}}", value)
                axis.plot(times, values, label=label or None)
        axis.set_title(title + ("" if unit == "short" else f" [{unit}]"), fontsize=10)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
        if axis.get_legend_handles_labels()[1]:
            axis.legend(fontsize=7)
    for axis in list(axes.flat)[len(PANELS) :]:
        axis.set_visible(False)
    figure.suptitle(
        "The dashboard's queries, answered by Prometheus while the tiny voice narrates (drawn by matplotlib)"
    )
    figure.savefig(out, dpi=70)


def main(out: str) -> None:
    from pydantic import SecretStr

    from tests.conftest import TINY_VOICES

    folder = server_folder("nv-")
    valkey = Valkey(folder)
    settings = Settings(
        redis_url=SecretStr(valkey.url), store=str(folder / "store"), voices_dir=TINY_VOICES, queues="tiny,assemble",
        metrics_port=free_port(), sweep_seconds=0.5,
    )  # fmt: skip
    prometheus, worker, began = narrate(settings, folder, 120)
    time.sleep(3)  # for the last scrapes
    draw(prometheus, began, Path(out))
    prometheus.stop()
    worker.terminate()
    worker.wait(30)
    valkey.stop()


if __name__ == "__main__":
    main(sys.argv[1])
