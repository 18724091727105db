"""A Redis master, its replica, and three sentinels that watch them."""

from __future__ import annotations

import shutil
import subprocess

import redis

from producer.local.valkey import valkey_binary
from tests.guard import server_folder
from tests.integration.processes import until
from tests.integration.s3_servers import free_port

PASSWORD = "not-a-secret"


class Sentinel:
    """Started at once, gone with ``stop``; ``url`` is what NARRATOR_REDIS_URL says."""

    def __init__(self) -> None:
        self.folder = server_folder("ns-")
        self._binary = shutil.which("redis-server") or str(valkey_binary())
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.nodes = [free_port() for _ in range(2)]
        self.sentinels = [free_port() for _ in range(3)]
        for port in self.nodes:
            self._node(port, self.nodes[0])
        until(lambda: self._client(self.nodes[1]).info("replication").get("master_link_status") == "up", 20)
        for port in self.sentinels:
            self._watcher(port)
        until(lambda: all(self._sees_all(port) for port in self.sentinels), 30)
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.sentinels)
        self.url = f"sentinel://:{PASSWORD}@{hosts}/0?master=narrator"

    def kill_master(self) -> None:
        """kill -9, and wait until the replica has been made master."""
        self._processes[self.nodes[0]].kill()
        self._processes[self.nodes[0]].wait()
        until(lambda: self._client(self.nodes[1]).info("replication")["role"] == "master", 30)

    def stop(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _node(self, port: int, master: int) -> None:
        lines = [f"port {port}", "bind 127.0.0.1", f"requirepass {PASSWORD}", f"masterauth {PASSWORD}", 'save ""']
        if port != master:
            lines.append(f"replicaof 127.0.0.1 {master}")
        self._start(port, lines)

    def _watcher(self, port: int) -> None:
        self._start(
            port,
            [
                f"port {port}",
                "bind 127.0.0.1",
                f"sentinel monitor narrator 127.0.0.1 {self.nodes[0]} 2",
                f"sentinel auth-pass narrator {PASSWORD}",
                "sentinel down-after-milliseconds narrator 1500",
                "sentinel failover-timeout narrator 6000",
            ],
            "--sentinel",
        )

    def _start(self, port: int, lines: list[str], *options: str) -> None:
        folder = self.folder / str(port)
        folder.mkdir()
        config = folder / "redis.conf"
        config.write_text("\n".join([*lines, f"dir {folder}", f"logfile {folder}/log", "set-proc-title no"]) + "\n")
        self._processes[port] = subprocess.Popen([self._binary, str(config), *options])
        until(lambda: self._answers(port), 10)

    def _client(self, port: int) -> redis.Redis:
        password = PASSWORD if port in self.nodes else None
        return redis.Redis(port=port, password=password, decode_responses=True)

    def _answers(self, port: int) -> bool:
        try:
            return bool(self._client(port).ping())
        except redis.ConnectionError:
            return False

    def _sees_all(self, port: int) -> bool:
        state = self._client(port).sentinel_master("narrator")
        return state["num-slaves"] == 1 and state["num-other-sentinels"] == 2
