"""Dockerfile, compose, chart and units, each read by the real tool, and held to what the code calls things."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.tools import INFRA, helm, missing, run, tool
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

SEAWEEDFS = (*EVERYTHING, "s3.bundled.server=seaweedfs")


# --- Dockerfile
def test_dockerfile() -> None:
    run(tool("hadolint"), str(INFRA / "Dockerfile"))


def test_nothing_of_a_package_index_is_in_the_image_s_files() -> None:
    for file in [INFRA / "Dockerfile", *(INFRA / "requirements").iterdir()]:
        assert not re.search(r"https?://|index-url|find-links", file.read_text()), file


# --- compose.yaml
@pytest.fixture(params=["compose.yaml", "compose.seaweedfs.yaml"])
def compose(infra_copy: Path, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The whole file, resolved, with secrets made by its own script."""
    secret = (infra_copy / "secrets" / "redis_password").read_text().strip()
    assert len(secret) > 24
    profiles = ("--profile", "monitoring", "--profile", "tools")
    said = run(tool("docker-compose"), "-f", str(infra_copy / request.param), *profiles, "config", "--format", "json")
    assert secret not in said.stdout  # files, never variables
    return dict(json.loads(said.stdout))


def test_secrets_are_made_once_and_what_is_missing_is_added(infra_copy: Path) -> None:
    folder = infra_copy / "secrets"
    before = {path.name: path.read_text() for path in folder.iterdir()}
    assert len(before) == 8
    assert json.loads(before["seaweedfs_identities"])["policies"][0]["name"] == "narrator"
    (folder / "seaweedfs_identities").unlink()
    (folder / "grafana_password").unlink()
    run("sh", str(infra_copy / "compose" / "secrets.sh"))
    after = {path.name: path.read_text() for path in folder.iterdir()}
    assert {name for name in before if before[name] != after[name]} == {"grafana_password"}


def test_compose_is_valid_and_pinned(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) >= {
        "redis",
        "s3",
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
    for name in {"worker", "scheduler", "api", "gate"} & set(compose["services"]):
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


@pytest.mark.parametrize(
    "values",
    [("redis.address=redis:6379",), EVERYTHING, SEAWEEDFS],
    ids=["external", "everything", "seaweedfs"],
)
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


@pytest.mark.parametrize("values", [EVERYTHING, SEAWEEDFS], ids=["minio", "seaweedfs"])
def test_every_pod_is_confined_and_no_secret_is_written(tools: Path, values: tuple[str, ...]) -> None:
    for found in template(tools, *values):
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
        (("s3.mode=bundled", "s3.bundled.server=ceph"), "server"),
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


def test_the_chart_s_policy_is_the_one_of_infra(tools: Path) -> None:
    policy = json.loads((INFRA / "s3" / "narrator.json").read_text().replace("BUCKET", "narration"))
    for values, kind, where in ((EVERYTHING, "Job", "containers"), (SEAWEEDFS, "StatefulSet", "initContainers")):
        pods = [one["spec"]["template"]["spec"] for one in template(tools, *values) if one["kind"] == kind]
        script = next(pod[where][0]["command"][2] for pod in pods if where in pod)
        if kind == "StatefulSet":
            script = json.loads(re.search(r'"content": (".*")\}', script)[1])
        assert policy == json.loads(re.search(r'\{"Statement".*"Version":"[^"]*"\}', script)[0])


# --- try-it.md
def commands() -> list[list[str]]:
    (block,) = re.findall(r"```sh\n(.*?)```", (INFRA / "try-it.md").read_text(), re.DOTALL)
    return [shlex.split(line) for line in block.strip().splitlines()]


@pytest.mark.parametrize("file", ["compose.yaml", "compose.seaweedfs.yaml"])
def test_the_five_commands_as_far_as_a_machine_without_docker_can(
    infra_copy: Path, file: str, compose: dict[str, Any]
) -> None:
    """The first clones, the second is run by a fixture; the others are asked of compose, narrator and its services."""
    clone, secrets, up, submit, listen = commands()
    assert clone[:2] == ["git", "clone"]
    assert (infra_copy.parent / secrets[0]).stat().st_mode & 0o111
    here = [word.replace("infra/compose.yaml", str(infra_copy / file)) for word in up]
    assert here[:3] == ["docker", "compose", "-f"]
    (verb,) = [position for position, word in enumerate(here) if word == "up"]
    run(tool("docker-compose"), *here[2:verb], "config", "--quiet")  # and so the options before the verb exist
    help_text = run(tool("docker-compose"), "up", "--help").stdout
    assert [option for option in here[verb + 1 :] if option not in help_text] == []
    for command in (submit, listen):
        words = [word for word in command[command.index("run") + 1 :] if word != "--rm"]
        service = compose["services"][words[0]]
        assert service["profiles"] == ["tools"]
        if words[0] == "narrator":
            mounted = {volume["target"] for volume in service["volumes"]}
            assert set(words) & mounted == {"/lessons"}
            lessons = infra_copy.parent / "lessons"
            lessons.mkdir()
            narrator("submit", [str(lessons) if word in mounted else word for word in words[2:]])
        else:
            assert (INFRA.parent / "examples" / words[1]).is_dir()


def narrator(command: str, words: list[str]) -> None:
    """Have the real command line read these words, and do nothing. Raises click's UsageError."""
    from producer.cli import main

    main.commands[command].make_context(command, list(words))
