"""The embedded stack: a private Valkey and real Celery workers, started and stopped by one command.

Nothing in it outlives the command (see ``guard``), and nothing in it is precious: Valkey keeps no file, because truth
is in the store, and a run that ends with its command is simply planned again by the next.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType

from pydantic import SecretStr

from producer.errors import StackFailed
from producer.local.processes import GuardedProcesses
from producer.local.valkey import VALKEY, start_valkey
from worker.contract.messages import assemble_queue, render_queue
from worker.contract.settings import Settings, settings_environment

MAX_RESTARTS = 5  # of workers that were killed; one that exits by itself is reported at once


@dataclass(slots=True)
class _Worker:
    """A Celery worker of the stack: the queue that it serves and its main process."""

    queue: str
    processes: int
    process: subprocess.Popen[bytes]


class EmbeddedStack:
    """A private queue and its workers, a context manager: inside it ``settings`` name them, ``tend`` keeps them alive.

    Bundles are rendered one at a time, each by one Celery worker of ``processes`` processes: the first of ``bundles``
    at once, and when its queue is drained its place goes to the largest backlog. Assembly has a worker of its own.
    """

    def __init__(self, settings: Settings, bundles: Iterable[str], processes: int) -> None:
        self._outer = settings
        self._queues = [render_queue(settings.queue_prefix, bundle) for bundle in bundles]
        self._width = processes
        self._restarts = 0
        self._idle = 0  # times in a row that the renderer was seen without work
        self._renderer: _Worker | None = None
        self._assembler: _Worker | None = None

    def __enter__(self) -> EmbeddedStack:
        from worker.ledger.broker import unacked_key

        with ExitStack() as opened:
            self.processes = opened.enter_context(GuardedProcesses())
            self.valkey = start_valkey(self.processes)
            self._redis = opened.enter_context(self.valkey.client)
            own = {"redis_url": SecretStr(self.valkey.url), "metrics_port": 0, "health_file": ""}
            self.settings = self._outer.model_copy(update=own)  # several workers: neither a port nor a file for all
            self._unacked = unacked_key(self.settings)
            if self._queues:  # it loads while lessons are being submitted
                self._renderer = self._start_worker(self._queues[0], self._width)
            self._assembler = self._start_worker(assemble_queue(self._outer.queue_prefix), 1)
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is not None and issubclass(kind, KeyboardInterrupt):
                # What they finish is in the store for the next run; a second Ctrl-C in here ends everything at once.
                self.processes.stop(one.process for one in (self._renderer, self._assembler) if one is not None)
        finally:
            self._opened.close()

    def tend(self) -> None:
        """Start the worker that the backlog asks for, and again any that was killed; to be called a few times a second.

        Raises StackFailed when Valkey is gone, or when a worker exits by itself or is killed again and again.
        """
        if self.valkey.process.poll() is not None:
            raise StackFailed(f"the private Valkey died {self.processes.last_words(self.valkey.process, VALKEY)}")
        self._assembler = self._alive(self._assembler)
        self._renderer = self._alive(self._renderer)
        if self._renderer is not None and not self._drained(self._renderer.queue):
            return
        backlog = {queue: int(self._redis.llen(queue)) for queue in self._queues}
        queue = max(backlog, key=backlog.__getitem__, default="")
        if not backlog.get(queue) or (self._renderer is not None and self._renderer.queue == queue):
            return
        if self._renderer is not None:
            self.processes.stop([self._renderer.process])
        self._renderer = self._start_worker(queue, self._width)
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
            ended = self.processes.last_words(worker.process, worker.queue)
            raise StackFailed(f"the worker for {worker.queue} died; its log ends {ended}")
        self._restarts += 1
        return self._start_worker(worker.queue, worker.processes)

    def _start_worker(self, queue: str, processes: int) -> _Worker:
        # -P: a folder named "worker" where the author happens to stand must not be run instead of ours.
        command = [sys.executable, "-P", "-m", "worker", "--queues", queue, "--processes", str(processes)]
        # What assembly lays down on the way goes when the folder goes, however the command ends.
        env = settings_environment(self.settings) | {"TMPDIR": str(self.processes.folder)}
        return _Worker(queue, processes, self.processes.start(command, queue, env))
