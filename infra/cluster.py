"""A whole deployment on this machine, until Ctrl-C: Redis, SeaweedFS, two workers and the HTTP API, without Docker.

    make cluster
    python -m infra.cluster --data out/cluster --port 8000

Every part is a process of its own, from Python packages alone, and speaks to the others as it would from afar. All end
with this command, even when it is killed. What was rendered stays in the data folder, where the next cluster finds it.
A worker that is killed is started again: try it while a course is being narrated.
"""

from __future__ import annotations

import argparse
import secrets
import shlex
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from infra.seaweedfs import Identity, SeaweedFS, free_ports, write_identities
from models.errors import NarrationError
from producer.errors import StackFailed
from producer.local.processes import GuardedProcesses
from producer.local.valkey import VALKEY, start_valkey
from worker.contract.settings import Settings, load_settings, settings_environment

BUCKET = "narration"
USER = "narrator"
WORKERS = 2
START_SECONDS = 120.0  # a worker's voice may take half a minute to load on a machine that is busy
LOOK_SECONDS = 0.5  # between two looks at what is running
SEAWEEDFS, API = "seaweedfs", "api"
FOREIGN = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE")  # of other buckets


NEEDED = (
    "NARRATOR_REDIS_URL", "NARRATOR_STORE", "NARRATOR_S3_ENDPOINT_URL", "NARRATOR_S3_REGION", "NARRATOR_NAMESPACE",
    "NARRATOR_VOICES_DIR", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running one: where its parts are, and the environment of whoever wants to use it."""

    processes: GuardedProcesses
    named: dict[str, subprocess.Popen[bytes]]  # by the name of their logs
    workers: dict[str, list[str]]  # the same, of those that are started again: their commands
    settings: Settings
    environment: dict[str, str]
    api: str

    def tend(self) -> None:
        """Start workers that were killed again. Raises StackFailed where anything else ended, with its last words."""
        for name, process in self.named.items():
            code = process.poll()
            if code is None:
                continue
            if code >= 0 or name not in self.workers:
                raise StackFailed(f"{name} ended {self.processes.last_words(process, name)}")
            print(f"{name} was killed, and is started again", flush=True)
            self.named[name] = self.processes.start(self.workers[name], name, self.environment)


@contextmanager
def cluster(data: Path, port: int, settings: Settings) -> Iterator[Cluster]:
    """Start all parts and wait until they answer; end them with the block. Raises NarrationError."""
    data.mkdir(parents=True, exist_ok=True)
    key = secrets.token_urlsafe(24)
    identities = data / "identities.json"
    write_identities(identities, BUCKET, [Identity(USER, USER, key, policy=USER)])
    seaweedfs = SeaweedFS(data / "seaweedfs", identities)
    with GuardedProcesses() as processes:
        try:
            valkey = start_valkey(processes, free_ports(1)[0])
            named = {VALKEY: valkey.process, SEAWEEDFS: processes.start(seaweedfs.command, SEAWEEDFS)}
            seaweedfs.wait(named[SEAWEEDFS])
            seaweedfs.make_bucket(BUCKET)
            own = {
                "redis_url": SecretStr(valkey.url),
                "store": f"s3://{BUCKET}/courses",
                "s3_endpoint_url": seaweedfs.endpoint,
                "metrics_port": 0,  # several workers: neither a port nor a file for all
                "health_file": "",
            }
            settings = settings.model_copy(update=own)
            environment = settings_environment(settings)
            environment |= {"AWS_ACCESS_KEY_ID": USER, "AWS_SECRET_ACCESS_KEY": key}
            environment = {name: value for name, value in environment.items() if name not in FOREIGN}
            worker = [sys.executable, "-P", "-m", "worker", "--processes", "1"]
            workers = {f"worker {number + 1}": worker for number in range(WORKERS)}
            named |= {name: processes.start(command, name, environment) for name, command in workers.items()}
            serve = [str(Path(sys.executable).with_name("narrator")), "serve", "--port", str(port)]
            named[API] = processes.start(serve, API, environment)
            running = Cluster(processes, named, workers, settings, environment, f"http://127.0.0.1:{port}")
            _wait(running)
            try:
                yield running
            except KeyboardInterrupt:  # they finish what they are at; a second one ends everything at once
                processes.stop(running.named[name] for name in (*workers, API))
                raise
        finally:
            for pattern in seaweedfs.leftovers:
                for left in Path("/").glob(pattern.lstrip("/")):
                    left.unlink(missing_ok=True)


def _wait(running: Cluster) -> None:
    from worker.ledger.broker import redis_client
    from worker.ledger.ledger import Ledger

    deadline = time.monotonic() + START_SECONDS
    with redis_client(running.settings) as redis:
        ledger = Ledger(redis, running.settings)
        while len(ledger.workers()) < WORKERS or not _answers(f"{running.api}/readyz"):
            running.tend()
            if time.monotonic() > deadline:
                ends = "\n".join(running.processes.last_words(one, name) for name, one in running.named.items())
                raise StackFailed(f"the cluster is not ready after {START_SECONDS:.0f} s: {ends}")
            time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - ours, on the loopback
            return bool(answer.status == 200)
    except OSError:
        return False


def write_environment(running: Cluster, file: Path) -> None:
    """Write what a shell needs to use the cluster, readable by its owner alone: it has the passwords."""
    exports = [f"export {name}={shlex.quote(running.environment[name])}" for name in NEEDED]
    path = f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH"
    lines = [f"unset {' '.join(FOREIGN)}", *exports, path]
    file.touch(mode=0o600)
    file.write_text("\n".join(lines) + "\n")


def tell(running: Cluster, file: Path) -> None:
    """Print where everything is, and three commands to begin with."""
    _, _, redis = running.environment["NARRATOR_REDIS_URL"].rpartition("@")
    print(
        f"""\
Redis      redis://{redis} (Valkey; the password is in {file})
SeaweedFS  {running.environment["NARRATOR_S3_ENDPOINT_URL"]}, bucket {BUCKET}
workers    {WORKERS} of one process each, serving {running.settings.queues}
API        {running.api}, with a status page; {running.api}/docs

In another terminal:

    . {file}
    narrator submit examples/everyday-science --wait
    narrator pull --out out/audio

Ctrl-C ends it all; what is rendered stays in {file.parent}.""",
        flush=True,
    )


def main() -> int:
    """Run a cluster until it is told to stop; 1 where a part of it does not start, or ends."""
    parser = argparse.ArgumentParser(prog="python -m infra.cluster", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("out/cluster"), help="where the bucket is kept")
    parser.add_argument("--port", type=int, default=8000, help="of the API")
    arguments = parser.parse_args()
    for each in (signal.SIGINT, signal.SIGTERM):  # a shell's background command is told to ignore the first
        signal.signal(each, signal.default_int_handler)
    try:
        print("Starting Redis, SeaweedFS, two workers and the API ...", flush=True)
        with cluster(arguments.data, arguments.port, load_settings()) as running:
            file = arguments.data / "env"
            write_environment(running, file)
            tell(running, file)
            while True:
                running.tend()
                time.sleep(LOOK_SECONDS)
    except NarrationError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
