"""Real S3 servers for the tests, one of each kind for all processes of a run, and gone with it.

moto      fast, every day; does not check signatures
seaweedfs as pip installs it: one process, signatures checked, create-only and policies honoured; no root
radosgw   Ceph, by infra/ci/radosgw.sh, where its packages are installed; or one that runs already, named by
          NARRATOR_TEST_S3_ENDPOINT_URL and its two companions, which that script prints
"""

from __future__ import annotations

import functools
import http.client
import importlib.util
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from infra.seaweedfs import Identity, SeaweedFS, weed_binary, write_identities
from models.errors import Permanent
from tests.guard import remove_in_the_end, run_folder
from tests.shared import environment, once

BUCKET = "narrator-test"
POLICY_BUCKET = "narrator-least"  # under the policies of infra/s3
ROLES = ("worker", "producer", "reader")  # who has one of them each; their keys are the owner's with "-worker" added
MOTO_PAGE = 50  # names in a listing's page; S3 gives 1000
RADOSGW = Path(__file__).parents[2] / "infra" / "ci" / "radosgw.sh"


_running: list[subprocess.Popen[bytes]] = []  # to the end: Python warns of a process that is forgotten


@dataclass
class Server:
    """A running server; ``folder`` has its data, where it is ours."""

    name: str
    endpoint: str
    access_key: str
    secret_key: str
    folder: str = ""

    def ready(self, processes: Sequence[subprocess.Popen[bytes]] = ()) -> Server:
        """Wait until it answers, and make the bucket."""
        parts = urlsplit(self.endpoint)
        deadline = time.monotonic() + 60
        while True:
            try:
                connection = http.client.HTTPConnection(parts.netloc, timeout=5)
                connection.request("GET", "/healthcheck")
                connection.getresponse().read()
                break
            except OSError:
                assert all(process.poll() is None for process in processes), f"{self.name} died at start"
                assert time.monotonic() < deadline, f"{self.name} does not answer"
                time.sleep(0.02)
            finally:
                connection.close()
        client = self.client()
        while True:  # a gateway may answer before what is behind it
            try:
                client.create_bucket(Bucket=BUCKET)
                return self
            except client.exceptions.ClientError as error:
                if error.response["Error"]["Code"] in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                    return self
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def client(self):
        """A plain boto3 client, to look from outside."""
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
        )


def missing(name: str, why: str) -> None:
    """Skip at home; fail where NARRATOR_TEST_REQUIRE names the server."""
    if name in os.environ.get("NARRATOR_TEST_REQUIRE", "").split(","):
        pytest.fail(f"NARRATOR_TEST_REQUIRE names {name}: {why}")
    pytest.skip(f"{name}: {why}")


@functools.cache
def start(name: str) -> Server:
    """The server of that name, started when the first test of the run wants it."""
    make = {"moto": start_moto, "seaweedfs": start_seaweedfs, "radosgw": start_radosgw}[name]
    return Server(**once(f"s3-{name}", lambda: asdict(make())))


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def folder_of(name: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=run_folder()))


def run(command: list[str], log: Path, **variables: str) -> subprocess.Popen[bytes]:
    env = environment() | variables
    with log.open("wb") as output:
        _running.append(subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=env))
    return _running[-1]


def start_moto() -> Server:
    if importlib.util.find_spec("moto") is None or importlib.util.find_spec("flask") is None:
        missing("moto", "pip install 'moto[s3,server]'")
    folder = folder_of("moto")
    port = free_port()
    code = f"from moto.server import main; main(['-H', '127.0.0.1', '-p', '{port}'])"
    process = run([sys.executable, "-c", code], folder / "log", MOTO_S3_DEFAULT_MAX_KEYS=str(MOTO_PAGE))
    return Server("moto", f"http://127.0.0.1:{port}", "any", "any").ready([process])


def start_radosgw() -> Server:
    names = ("NARRATOR_TEST_S3_ENDPOINT_URL", "NARRATOR_TEST_S3_ACCESS_KEY_ID", "NARRATOR_TEST_S3_SECRET_ACCESS_KEY")
    if names[0] in os.environ:
        return Server("radosgw", *(os.environ[name] for name in names)).ready()
    if shutil.which("radosgw") is None:
        missing("radosgw", f"apt-get install radosgw ceph-mon ceph-osd ceph-common, see {RADOSGW.name}")
    folder = folder_of("rgw")
    command = [RADOSGW, "start", folder]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=240, env=environment()).stdout
    values = dict(shlex.split(line)[1].split("=", 1) for line in said.splitlines())
    return Server("radosgw", *(values[name] for name in names), folder=str(folder)).ready()


def start_seaweedfs() -> Server:
    try:
        weed_binary()
    except Permanent as error:
        missing("seaweedfs", str(error))
    folder = folder_of("weed")
    root = Identity("root", "root", "seaweedfs-not-a-secret")
    users = [replace(root, name=role, access_key=f"root-{role}", policy=role) for role in ROLES]
    write_identities(folder / "identities.json", POLICY_BUCKET, [root, *users])
    server = SeaweedFS(folder / "data", folder / "identities.json")
    remove_in_the_end(server.leftovers)
    process = run(server.command, folder / "log")
    return Server("seaweedfs", server.endpoint, root.access_key, root.secret_key).ready([process])
