"""Dockerfile, compose, chart and units, each read by the real tool, and held to what the code calls things."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.tools import INFRA, ROOT, helm, missing, run, tool
from worker.contract.messages import assemble_queue, interactive_queue, render_queue
from worker.contract.settings import Settings

pytestmark = pytest.mark.infra
CHART = str(INFRA / "helm" / "narrator")
EVERYTHING = (
    "redis.mode=bundled", "s3.mode=bundled", "api.ingress.enabled=true", "api.ingress.host=narrator.example.org",
    "api.ingress.tlsSecret=tls", "voices.claim=voices", "s3.caConfigMap=ca", "sync.claim=lessons",
    "metrics.podMonitor=true", "tracing.endpoint=http://otel:4318", "namespace=physics",
    "settings.NARRATOR_SEGMENT_SECONDS=60",
)  # fmt: skip


# --- Dockerfile
def test_dockerfile() -> None:
    run(tool("hadolint"), str(INFRA / "Dockerfile"))


def test_nothing_of_a_package_index_is_in_the_image_s_files() -> None:
    for file in [INFRA / "Dockerfile", *(INFRA / "requirements").iterdir()]:
        assert not re.search(r"https?://|index-url|find-links", file.read_text()), file


# --- compose.yaml
@pytest.fixture
def compose(tmp_path: Path) -> dict[str, Any]:
    """The whole file, resolved, with secrets made by its own script."""
    copy = tmp_path / "infra"
    shutil.copytree(INFRA, copy, ignore=shutil.ignore_patterns("helm", "requirements", "secrets"))
    (copy / "secrets").mkdir()
    run("sh", str(copy / "compose" / "secrets.sh"))
    secret = (copy / "secrets" / "redis_password").read_text()
    assert len(secret) > 24
    run("sh", str(copy / "compose" / "secrets.sh"))
    assert (copy / "secrets" / "redis_password").read_text() == secret  # made once
    profiles = ("--profile", "monitoring", "--profile", "tools")
    said = run(tool("docker-compose"), "-f", str(copy / "compose.yaml"), *profiles, "config", "--format", "json")
    assert secret.strip() not in said.stdout  # files, never variables
    return dict(json.loads(said.stdout))


def test_compose_is_valid_and_pinned(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) >= {
        "redis",
        "minio",
        "bucket",
        "worker",
        "scheduler",
        "api",
        "prometheus",
        "grafana",
    }
    for name, service in compose["services"].items():
        assert re.search(r":(v?\d|RELEASE\.\d)", service["image"]), f"{name}: {service['image']} is not pinned"
        assert "mem_limit" in service or name in ("bucket", "narrator", "listen"), f"{name} may take all memory"
    for name in ("worker", "scheduler", "api"):
        service = compose["services"][name]
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
    assert "--maxmemory-policy noeviction" in " ".join(compose["services"]["redis"]["command"])


def test_compose_mounts_what_is_there(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            if volume["type"] == "bind":
                source = volume["source"]
                assert Path(source).exists() or source.endswith("examples"), source


def test_compose_sets_only_settings_that_exist(compose: dict[str, Any]) -> None:
    known = {f"NARRATOR_{name.upper()}" for name in Settings.model_fields} | {"NARRATOR_SECRETS_DIR"}
    for service in compose["services"].values():
        named = {name for name in service.get("environment") or {} if name.startswith("NARRATOR_")}
        assert named <= known


def test_secrets_are_read_from_files(tmp_path: Path) -> None:
    (tmp_path / "narrator_redis_url").write_text("redis://:hidden@there:6379/0\n")
    settings = Settings(_secrets_dir=tmp_path)
    assert settings.redis_url.get_secret_value() == "redis://:hidden@there:6379/0"


# --- the chart
def template(folder: Path, *values: str, ok: bool = True) -> Any:
    sets = [word for value in values for word in ("--set", value)]
    done = run(helm(folder), "template", "n", CHART, *sets, ok=ok)
    return [found for found in yaml.safe_load_all(done.stdout) if found] if ok else done.stderr


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tools")


def test_chart_is_linted(tools: Path) -> None:
    run(helm(tools), "lint", "--strict", CHART, "--set", "redis.address=redis:6379")


@pytest.mark.parametrize("values", [("redis.address=redis:6379",), EVERYTHING], ids=["external", "everything"])
def test_chart_fits_the_schemas_of_kubernetes(tools: Path, values: tuple[str, ...]) -> None:
    try:
        import kubernetes_validate
    except ModuleNotFoundError:
        missing("kubernetes-validate")
    kinds = set()
    for found in template(tools, *values):
        kinds.add(found["kind"])
        if "." not in found["apiVersion"].partition("/")[0] or ".k8s.io" in found["apiVersion"]:
            kubernetes_validate.validate(found, "1.33", strict=True)
    assert kinds >= {
        "Deployment", "CronJob", "ScaledObject", "NetworkPolicy", "PodDisruptionBudget", "Service", "ServiceAccount",
        "TriggerAuthentication",
    }  # fmt: skip


def test_chart_scales_on_the_queues_that_exist(tools: Path) -> None:
    found = template(tools, *EVERYTHING)
    lists = {
        trigger["metadata"]["listName"]
        for scaled in found
        if scaled["kind"] == "ScaledObject"
        for trigger in scaled["spec"]["triggers"]
    }
    prefix = Settings(namespace="physics").queue_prefix
    assert lists == {render_queue(prefix, "kokoro"), interactive_queue(prefix, "kokoro"), assemble_queue(prefix)}
    grace = {
        each["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        for each in found
        if each["kind"] == "Deployment" and "worker" in each["metadata"]["name"]
    }
    assert min(grace) > Settings().segment_seconds  # a task in flight is not cut off


def test_every_pod_is_confined_and_no_secret_is_written(tools: Path) -> None:
    for found in template(tools, *EVERYTHING):
        assert found["kind"] != "Secret"
        text = json.dumps(found)
        if found["kind"] in ("Deployment", "StatefulSet", "CronJob", "Job"):
            assert '"readOnlyRootFilesystem": true' in text
            assert '"runAsNonRoot": true' in text
            assert '"limits"' in text or found["kind"] == "Job"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (("redis.mode=internal",), "redis"),
        (("redis.adress=x:1",), "adress"),
        (("s3.store=/mnt/store",), "s3"),
        ((), "redis.address"),
    ],
)
def test_chart_refuses_what_makes_no_sense(tools: Path, values: tuple[str, ...], said: str) -> None:
    assert said in template(tools, *values, ok=False)


# --- systemd
def test_units(tmp_path: Path) -> None:
    analyse = shutil.which("systemd-analyze") or missing("systemd-analyze")
    for unit in [*(INFRA / "systemd").glob("*.service"), *(INFRA / "systemd").glob("*.timer")]:
        text = unit.read_text().replace("/opt/narrator/bin/narrator", "/bin/true")
        (tmp_path / unit.name).write_text(text)
    said = run(str(analyse), "verify", *(str(unit) for unit in sorted(tmp_path.iterdir())))
    assert said.stderr.strip() == ""


def test_commands_exist() -> None:
    """Whatever the deployments call, with whichever options, the command line knows."""
    import click

    from producer.cli import main

    calls = [
        re.findall(r"^ExecStart=\S+/narrator (.+)$", unit.read_text(), re.M) for unit in (INFRA / "systemd").iterdir()
    ]
    chart = yaml.safe_load((INFRA / "helm" / "narrator" / "values.yaml").read_text())
    wanted = [call for found in calls for call in found] + [" ".join(["sync", "x", *chart["sync"]["arguments"]])]
    assert len(wanted) == 4
    absent = []
    for call in wanted:
        name, *words = call.split()
        command = main.commands.get(name)
        if command is None:
            absent.append(name)
            continue
        options = {
            option for p in command.params if isinstance(p, click.Option) for option in (*p.opts, *p.secondary_opts)
        }
        assert {word for word in words if word.startswith("--")} <= options, call
    assert not absent


def test_try_it_is_five_commands() -> None:
    (block,) = re.findall(r"```sh\n(.*?)```", (INFRA / "try-it.md").read_text(), re.DOTALL)
    assert len(block.strip().splitlines()) == 5
    for script in re.findall(r"infra/\S+\.(?:sh|yaml)", block):
        assert (ROOT / script).exists()
