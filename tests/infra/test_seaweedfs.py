"""SeaweedFS as compose and the chart start it: their own commands, scripts and files, with the real server.

What containers would add is taken out: folders become those of the test, ports are free ones.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import yaml
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.seaweedfs import leftovers, weed_binary
from models.errors import Permanent
from tests.guard import remove_in_the_end, server_folder
from tests.infra.tools import INFRA, helm, run, tool
from tests.integration.processes import until
from tests.integration.s3_servers import free_port
from worker.contract.settings import Settings
from worker.store import open_store
from worker.store.probe import probe

pytestmark = [
    pytest.mark.infra,
    pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="looks at sockets through /proc"),
]
BUCKET = "narration"
KEY, SECRET = "narrator", "a-secret-of-this-test"
LOOPBACK = "0100007F"  # 127.0.0.1, as /proc/net/tcp writes it
LISTENS = "0A"


def free_port_below(limit: int) -> int:
    while (port := free_port()) >= limit:
        pass
    return port


class Deployed:
    """A server started by somebody's command line, and the neighbour that opens its port."""

    def __init__(self, folder: Path, options: list[str], gate: list[str]) -> None:
        """``options`` are those of ``weed server``, ``gate`` what is run to open the port, PORT and TO last."""
        self.folder, self._processes = folder, []
        (folder / "data").mkdir()
        self.master = free_port_below(50_000)  # gRPC is 10,000 above
        taken = {name: free_port() for name in ("volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc")}
        taken |= {"master.port": self.master, "master.port.grpc": self.master + 10_000, "s3.port.grpc": free_port()}
        inside = free_port()
        remove_in_the_end(leftovers([*taken.values(), inside]))
        said = {"-dir=/data": f"-dir={folder / 'data'}", f"-s3.port={gate[-1]}": f"-s3.port={inside}"}
        options = [said.get(option, option) for option in options] + [f"-{name}={port}" for name, port in taken.items()]
        self.server = self._start([weed_binary(), "-logtostderr=true", *options])
        until(lambda: self._answers(inside), 60)
        port = free_port()
        self._start([*gate[:-2], str(port), str(inside)])
        self.endpoint = f"http://127.0.0.1:{port}"
        until(lambda: self._answers(port), 20)

    def run(self, script: list[str], **environment: str) -> str:
        """Run a neighbour's command beside the server; ``weed`` finds the master where this one has it."""
        path = f"{Path(weed_binary()).parent}:{os.environ['PATH']}"
        environment |= {"PATH": path, "MASTER_PORT": str(self.master)}
        return run(*script, **environment).stdout

    def listens_on(self) -> set[str]:
        """The addresses, of any kind, on which the server's own process waits for others."""
        process = Path(f"/proc/{self.server.pid}")
        own = {str(one.readlink()) for one in (process / "fd").iterdir() if one.is_symlink()}
        found = set()
        for table in ("tcp", "tcp6"):
            for line in (process / "net" / table).read_text().splitlines()[1:]:
                columns = line.split()
                if columns[3] == LISTENS and f"socket:[{columns[9]}]" in own:
                    found.add(columns[1].partition(":")[0])
        return found

    def stop(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            self._processes.append(subprocess.Popen(command, stdout=log, stderr=log))
        return self._processes[-1]

    def _answers(self, port: int) -> bool:
        assert self.server.poll() is None, (self.folder / "log").read_text()[-2000:]
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
            return True
        return False


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    try:
        weed_binary()
    except Permanent as error:
        pytest.skip(str(error))
    return server_folder("weed-")


@pytest.fixture
def compose(folder: Path, infra_copy: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """compose.seaweedfs.yaml, with the secrets that its own script made."""
    file = infra_copy / "compose.seaweedfs.yaml"
    said = run(tool("docker-compose"), "-f", str(file), "--profile", "tools", "config", "--format", "json").stdout
    services: dict[str, Any] = json.loads(said)["services"]
    secrets = infra_copy / "secrets"
    gate = services["gate"]["entrypoint"]
    (script,) = [volume["source"] for volume in services["gate"]["volumes"]]
    options = [option.replace("/run/secrets", str(secrets)) for option in services["s3"]["command"]]
    deployed = Deployed(folder, options, [sys.executable, script, *gate[2:]])
    (bucket,) = [volume["source"] for volume in services["bucket"]["volumes"]]
    for _ in range(2):  # safe to repeat
        deployed.run(["sh", bucket])
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(secrets / "aws_credentials"))
    yield deployed
    deployed.stop()


@pytest.fixture
def chart(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """The chart's pod: what its init container writes, its server, its neighbour, what is run after the start."""
    values = ("redis.mode=bundled", "s3.mode=bundled", "s3.bundled.server=seaweedfs")
    sets = [word for value in values for word in ("--set", value)]
    said = run(helm(tmp_path), "template", "n", str(INFRA / "helm" / "narrator"), *sets).stdout
    rendered = [one for one in yaml.safe_load_all(said) if one["metadata"]["name"] == "n-s3"]
    (pod,) = [one["spec"]["template"]["spec"] for one in rendered if one["kind"] == "StatefulSet"]
    (script,) = [one["data"]["gate.py"] for one in rendered if one["kind"] == "ConfigMap"]
    (folder / "gate.py").write_text(script)
    (identities,) = pod["initContainers"]
    here = [word.replace("/identities", str(folder)) for word in identities["command"]]
    run(*here, AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET)
    server, gate = pod["containers"]
    options = [option.replace("/identities", str(folder)) for option in server["args"]]
    deployed = Deployed(folder, options, [sys.executable, str(folder / "gate.py"), *gate["command"][2:]])
    after = [
        word.replace(":9333", f":{deployed.master}") for word in server["lifecycle"]["postStart"]["exec"]["command"]
    ]
    for _ in range(2):  # the pod may start again
        deployed.run(after)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    yield deployed
    deployed.stop()


@pytest.fixture(params=["compose", "chart"])
def deployed(request: pytest.FixtureRequest) -> Deployed:
    return request.getfixturevalue(request.param)


def code_of(ask: Callable[[], Any]) -> str:
    try:
        ask()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "done"


def test_narrator_can_do_its_work_and_nothing_else(deployed: Deployed) -> None:
    store = open_store(Settings(store=f"s3://{BUCKET}/courses", s3_endpoint_url=deployed.endpoint))
    checks = {check.name: check for check in probe(store)}
    assert all(check.ok for check in checks.values()), checks
    assert checks["conditional write"].detail == "honoured: 1 winner of 8"

    path = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1})
    s3 = boto3.session.Session().client("s3", endpoint_url=deployed.endpoint, region_name="us-east-1", config=path)
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    opened = {"Version": "2012-10-17", "Statement": [anybody]}
    days = {"Rules": [{"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]}
    anywhere = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
    store.put("lessons/there", b"there")
    there = {"Bucket": BUCKET, "Key": "courses/lessons/there"}
    forbidden: dict[str, Callable[[], object]] = {
        "make a bucket": lambda: s3.create_bucket(Bucket="mine"),
        "make one by writing": lambda: s3.put_object(Bucket="mine", Key="x", Body=b""),
        "remove the bucket": lambda: s3.delete_bucket(Bucket=BUCKET),
        "open it to all": lambda: s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(opened)),
        "let it expire": lambda: s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration=days),
        "let pages read it": lambda: s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration=anywhere),
        "publish an object": lambda: s3.put_object_acl(**there, ACL="public-read"),
    }
    assert {name: code_of(ask) for name, ask in forbidden.items()} == dict.fromkeys(forbidden, "AccessDenied")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{deployed.endpoint}/{BUCKET}/courses/lessons/there")


def test_nobody_reaches_the_daemons_that_ask_for_no_key(deployed: Deployed) -> None:
    assert deployed.listens_on() == {LOOPBACK}


def test_the_gate_passes_on_what_is_large_and_what_breaks_off(deployed: Deployed, tmp_path: Path) -> None:
    store = open_store(Settings(store=f"s3://{BUCKET}/courses", s3_endpoint_url=deployed.endpoint))
    large = tmp_path / "large"
    large.write_bytes(os.urandom(40 << 20))
    store.put_file("lessons/large", large)
    with store.open("lessons/large") as file:
        assert file.read() == large.read_bytes()
    where = urlsplit(deployed.endpoint)
    for _ in range(50):
        with socket.create_connection((where.hostname, where.port)) as connection:
            connection.sendall(b"GET /nar")
    assert store.get("lessons/large")[0] == large.read_bytes()


def test_a_link_of_listen_is_played_by_whoever_has_it(compose: Deployed) -> None:
    """The fifth command of try-it.md."""
    store = open_store(Settings(store=f"s3://{BUCKET}/courses", s3_endpoint_url=compose.endpoint))
    for name in ("b/b.0123abcd.wav", "a/a.0123abcd.wav", "a/a.0123abcd.vtt"):
        store.put(f"lessons/science/{name}", name.encode())
    script = [sys.executable, str(INFRA / "compose" / "listen.py")]
    settings = {
        "NARRATOR_STORE": f"s3://{BUCKET}/courses",
        "NARRATOR_S3_ENDPOINT_URL": compose.endpoint,
        "LINKS_FOR": compose.endpoint,
    }
    links = compose.run([*script, "science"], **settings).split()
    assert [urllib.request.urlopen(link).read() for link in links] == [b"a/a.0123abcd.wav", b"b/b.0123abcd.wav"]
    assert (
        compose.run(script, **settings).split()[0].startswith(f"{compose.endpoint}/{BUCKET}/courses/lessons/science/a/")
    )
    assert "no narrated lesson of nothing" in run(*script, "nothing", ok=False, **settings).stderr
