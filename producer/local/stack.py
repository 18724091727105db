"""The embedded stack: a private Valkey and real Celery workers, started and stopped by one command.

Nothing in it outlives the command (see ``guard``), and nothing in it is precious: Valkey keeps no file, because truth
is in the store, and a run that ends with its command is simply planned again by the next.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from pydantic import SecretStr

from producer.errors import StackFailed
from producer.local import guard
from producer.local.valkey import MAX_SOCKET_PATH, valkey_binary, write_config
from worker.contract.messages import assemble_queue, render_queue
from worker.contract.settings import Settings, settings_environment

START_SECONDS = 10.0  # Valkey answers after about 0.1 s
GRACE_SECONDS = 10.0  # for a worker to finish or give back what it holds when the command is interrupted
GUARD_SECONDS = 2.0  # for the guard to end everything once it is told
MAX_RESTARTS = 5  # of workers that were killed; one that exits by itself is reported at once
LOG_LINES = 15  # quoted when a process dies


@dataclass(slots=True)
class _Worker:
    """A Celery worker of the stack: the queue that it serves and its main process."""

    queue: str
    processes: int
    process: subprocess.Popen[bytes]
    log: Path


class EmbeddedStack:
    """A private queue and its workers, a context manager: inside it ``settings`` name them, ``tend`` keeps them alive.

    Bundles are rendered one at a time, each by one Celery worker of ``processes`` processes: the first of ``bundles``
    at once, and when its queue is drained its place goes to the largest backlog. Assembly has a worker of its own.
    """

    def __init__(self, settings: Settings, bundles: Iterable[str], processes: int) -> None:
        self._outer = settings
        self._queues = [render_queue(settings.queue_prefix, bundle) for bundle in bundles]
        self._processes = processes
        self._restarts = 0
        self._idle = 0  # times in a row that the renderer was seen without work
        self._started: list[subprocess.Popen[bytes]] = []
        self._redis: Any = None
        self._renderer: _Worker | None = None
        self._assembler: _Worker | None = None

    def __enter__(self) -> EmbeddedStack:
        from worker.ledger.broker import unacked_key

        self.folder = _private_folder()
        self._guard, self._pipe = _start_guard(self.folder)
        try:
            password = secrets.token_urlsafe(24)
            socket = self.folder / "valkey.sock"
            own = {"redis_url": SecretStr(f"unix://:{password}@{socket}?db=0"), "metrics_port": 0, "health_file": ""}
            self.settings = self._outer.model_copy(update=own)  # several workers: neither a port nor a file for all
            self._valkey = self._start_valkey(socket, password)
            self._redis = self._connect(socket, password, self._valkey)
            self._unacked = unacked_key(self.settings)
            if self._queues:  # it loads while lessons are being submitted
                self._renderer = self._start_worker(self._queues[0], self._processes)
            self._assembler = self._start_worker(assemble_queue(self._outer.queue_prefix), 1)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is not None and issubclass(kind, KeyboardInterrupt):
                # What they finish is in the store for the next run; a second Ctrl-C in here ends everything at once.
                self._stop([worker.process for worker in (self._renderer, self._assembler) if worker is not None])
        finally:
            self._end()

    def tend(self) -> None:
        """Start the worker that the backlog asks for, and again any that was killed; to be called a few times a second.

        Raises StackFailed when Valkey is gone, or when a worker exits by itself or is killed again and again.
        """
        if self._valkey.poll() is not None:
            raise StackFailed(f"the private Valkey died ({_fate(self._valkey)}):\n{_tail(self.folder / 'valkey.log')}")
        self._assembler = self._alive(self._assembler)
        self._renderer = self._alive(self._renderer)
        if self._renderer is not None and not self._drained(self._renderer.queue):
            return
        backlog = {queue: int(self._redis.llen(queue)) for queue in self._queues}
        queue = max(backlog, key=backlog.__getitem__, default="")
        if not backlog.get(queue) or (self._renderer is not None and self._renderer.queue == queue):
            return
        if self._renderer is not None:
            self._stop([self._renderer.process])
        self._renderer = self._start_worker(queue, self._processes)
        self._idle = 0

    def _drained(self, queue: str) -> bool:
        """Tell whether nothing waits in the queue and nothing taken from any is unfinished (the broker is ours alone).

        Seen twice: a message is on neither list for the instant between its taking and its being noted.
        """
        idle = not self._redis.llen(queue) and not self._redis.hlen(self._unacked)
        self._idle = self._idle + 1 if idle else 0
        return self._idle >= 2

    def _alive(self, worker: _Worker | None) -> _Worker | None:
        if worker is None or worker.process.poll() is None:
            return worker
        if worker.process.returncode >= 0 or self._restarts >= MAX_RESTARTS:
            raise StackFailed(
                f"the worker for {worker.queue} died ({_fate(worker.process)}); its log ends:\n{_tail(worker.log)}"
            )
        self._restarts += 1
        return self._start_worker(worker.queue, worker.processes)

    def _start_worker(self, queue: str, processes: int) -> _Worker:
        log = self.folder / f"{queue}.log"
        # -P: a folder named "worker" where the author happens to stand must not be run instead of ours.
        command = [sys.executable, "-P", "-m", "worker", "--queues", queue, "--processes", str(processes)]
        with log.open("ab") as stream:
            # What assembly lays down on the way goes when the folder goes, however the command ends.
            process = self._spawn(command, stream, settings_environment(self.settings) | {"TMPDIR": str(self.folder)})
        return _Worker(queue, processes, process, log)

    def _start_valkey(self, socket: Path, password: str) -> subprocess.Popen[bytes]:
        config = write_config(socket, password)
        with (self.folder / "valkey.log").open("ab") as stream:
            return self._spawn([str(valkey_binary()), str(config)], stream, dict(os.environ))

    def _spawn(self, command: list[str], log: IO[bytes], env: dict[str, str]) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=env,
            process_group=self._guard.pid,
        )
        self._started.append(process)
        return process

    @staticmethod
    def _connect(socket: Path, password: str, valkey: subprocess.Popen[bytes]) -> Any:
        import redis

        client = redis.Redis(unix_socket_path=str(socket), password=password)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                client.ping()
            except (redis.ConnectionError, redis.TimeoutError):
                if valkey.poll() is not None or time.monotonic() > deadline:
                    log = _tail(socket.with_name("valkey.log"))
                    raise StackFailed(f"the private Valkey did not start ({_fate(valkey)}):\n{log}") from None
                time.sleep(0.01)
            else:
                return client

    @staticmethod
    def _stop(workers: list[subprocess.Popen[bytes]]) -> None:
        """Let workers finish the segment they are at and give back the rest; those that take too long are killed."""
        for process in workers:
            process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for process in workers:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _end(self) -> None:
        """Have the guard kill whatever is left, then collect the dead."""
        if self._redis is not None:
            self._redis.close()
        os.close(self._pipe)
        try:
            self._guard.wait(GUARD_SECONDS)
        except subprocess.TimeoutExpired:  # a fork of this process holds the pipe as well
            os.killpg(self._guard.pid, signal.SIGKILL)
        for process in (self._guard, *self._started):
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _private_folder() -> Path:
    """Make a folder of mode 0700 whose path leaves room for a socket's name."""
    folder = Path(tempfile.mkdtemp(prefix="narrator-"))
    if len(os.fsencode(folder / "valkey.sock")) <= MAX_SOCKET_PATH:
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="narrator-", dir="/tmp"))  # made 0700 under a random name


def _start_guard(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start the guard; gives it and its pipe's write end, which must stay in this process alone (Python's pipes do)."""
    reading, writing = os.pipe()
    command = [sys.executable, "-I", "-S", str(Path(guard.__file__)), str(folder)]
    try:
        process = subprocess.Popen(command, stdin=reading, stdout=subprocess.DEVNULL, process_group=0)
    except BaseException:
        os.close(writing)
        raise
    finally:
        os.close(reading)
    return process, writing


def _fate(process: subprocess.Popen[bytes]) -> str:
    code = process.poll()
    if code is None:
        return "still starting"
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def _tail(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return "\n".join(lines[-LOG_LINES:]) or "(its log is empty)"
