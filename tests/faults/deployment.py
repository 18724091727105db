"""A deployment to be hurt: a namespace of its own on real servers, real workers, the command line as its producer."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from tests.integration.processes import until
from worker.audio.wav import unpack
from worker.contract.manifest import MANIFEST
from worker.contract.messages import assemble_queue, render_queue, segment_name
from worker.contract.settings import Settings, settings_environment
from worker.ledger import broker
from worker.ledger.ledger import Ledger
from worker.store import Store, open_store

NARRATOR = str(Path(sys.executable).with_name("narrator"))
SPEAK_SECONDS = 0.04  # for each segment, so that seconds of work are there to be hit
TIMING = {"cpu_ms"}  # of a segment's record: all that may differ between two renderings
SUBMISSION = {"submitted"}  # of a manifest: all that may differ between two runs
END_SECONDS = 300.0  # by which a run has ended on a busy machine


def kill(process: subprocess.Popen[Any]) -> None:
    """SIGKILL to a worker or producer and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Spoken(NamedTuple):
    pid: int
    at: float  # seconds since 1970
    text: str


class Delivered(NamedTuple):
    """Everything a run leaves in the store, down to its bytes."""

    lessons: dict[str, Any]  # lesson -> manifest without its submission time
    parts: dict[str, str]  # name -> sha256
    segments: dict[str, Any]  # key -> sound's sha256 and record without its times


class Deployment:
    """Workers, a producer and what they left; ``close`` kills what is still running."""

    def __init__(self, settings: Settings, folder: Path, course: Path, **variables: str) -> None:
        self.settings = settings
        self.course = course
        self.folder = folder
        self.poison, self.hold = folder / "poison", folder / "hold"
        self._variables = {"FAULT_LOG": str(folder / "spoken.log"), "FAULT_SECONDS": str(SPEAK_SECONDS)}
        self._variables |= {"FAULT_POISON": str(self.poison), "FAULT_HOLD": str(self.hold), **variables}
        self._running: list[subprocess.Popen[Any]] = []
        self.ledger = Ledger(broker.redis_client(settings), settings)
        self.store: Store = open_store(settings)

    # --- processes
    def worker(self, processes: int = 1, *, wait: bool = True, **changes: Any) -> subprocess.Popen[bytes]:
        """Start a worker for everything; variables in capitals go to its environment, other changes to its settings."""
        variables = {name: str(value) for name, value in changes.items() if name.isupper()}
        chosen = self.settings.model_copy(update={name: v for name, v in changes.items() if not name.isupper()})
        prefix = self.settings.queue_prefix
        queues = f"{assemble_queue(prefix)},{render_queue(prefix, 'tiny')}"
        command = [sys.executable, "-m", "tests.faults.worker", "--queues", queues, "--processes", str(processes)]
        known = {worker.name for worker in self.ledger.workers()} if wait else set()
        process = self._start(command, chosen, "worker.log", variables)
        if wait:
            until(lambda: process.poll() is not None or {w.name for w in self.ledger.workers()} - known, 60)
            assert process.poll() is None, self.log()
        return process

    def workers(self, count: int, **changes: Any) -> list[subprocess.Popen[bytes]]:
        """Several workers of one process each."""
        made = [self.worker(wait=False, **changes) for _ in range(count)]
        until(lambda: len(self.ledger.workers()) >= count, 60)
        return made

    def submit(self, *words: str, course: Path | None = None, **changes: Any) -> subprocess.Popen[str]:
        """``narrator submit --wait --json``, in its own process."""
        return self.start("submit", str(course or self.course), *(words or ("--wait", "--json")), **changes)

    def start(self, *words: str, **changes: Any) -> subprocess.Popen[str]:
        """Any command, in its own process; ``changes`` are to its settings."""
        settings = self.settings.model_copy(update=changes)
        return self._start([NARRATOR, *words], settings, "producer.log", {}, stdout=subprocess.PIPE, text=True)

    def narrator(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Any command, to its end."""
        environ = settings_environment(self.settings) | self._variables
        return subprocess.run(
            [NARRATOR, *words], env=environ, capture_output=True, text=True, timeout=END_SECONDS, check=False
        )

    def _start(
        self, command: list[str], settings: Settings, log: str, variables: dict[str, str], **options: Any
    ) -> subprocess.Popen[Any]:
        environ = settings_environment(settings) | self._variables | variables
        with (self.folder / log).open("ab") as output:
            streams = {"stdout": output, "stderr": output} | options
            process = subprocess.Popen(command, env=environ, start_new_session=True, **streams)
        self._running.append(process)
        return process

    def close(self) -> None:
        for process in self._running:
            for number in (signal.SIGCONT, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
            process.wait()
            if process.stdout:
                process.stdout.close()

    def log(self) -> str:
        logs = [path for name in ("worker.log", "producer.log") if (path := self.folder / name).exists()]
        return "\n".join(f"--- {path.name}\n{path.read_text()[-5000:]}" for path in logs)

    # --- looking
    def spoken(self) -> list[Spoken]:
        """Every rendering so far, in order."""
        path = self.folder / "spoken.log"
        lines = path.read_text().splitlines() if path.exists() else []
        return [Spoken(int(pid), float(at), text) for pid, at, text in (line.split(" ", 2) for line in lines)]

    def until_spoken(self, share: float, of: int) -> None:
        """Wait until this share of ``of`` segments has been spoken, and make sure that there is work in flight."""
        until(lambda: len({one.text for one in self.spoken()}) >= share * of, END_SECONDS)
        self.in_flight()

    def in_flight(self) -> None:
        """Fails where a fault would hit nothing: segments are leased, and of a run some are left to do."""
        assert self.ledger.in_flight() > 0, "nothing is being rendered: the fault would hit nothing"
        assert any(run.remaining for run in self.ledger.runs(10)), "nothing is left to render: the fault came too late"

    def busiest(self) -> int:
        """The process that spoke last."""
        return self.spoken()[-1].pid

    # --- the end
    def end(self, producer: subprocess.Popen[str], code: int = 0) -> dict[str, Any]:
        """The report of a producer that waits for its run."""
        try:
            said, _ = producer.communicate(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            runs = "\n".join(map(str, self.ledger.runs(5)))
            raise AssertionError(f"the run did not end:\n{runs}\n{self.ledger.troubles()}") from None
        assert producer.returncode == code, f"{producer.returncode}: {said}\n{self.log()}"
        return dict(json.loads(said))

    def rendered_at_most(self, times: int) -> None:
        counts = Counter(one.text for one in self.spoken())
        worst = {text: count for text, count in counts.items() if count > times}
        assert not worst, f"rendered more often than {times} times: {worst}"

    def nothing_left(self, *, unacknowledged: bool = False) -> None:
        """Queues, leases and the ledger's working sets are empty: only records of runs and workers stay.

        What a killed worker, or one whose connection was lost, had taken stays unacknowledged until the visibility
        timeout, and does nothing then.
        """

        def left() -> list[str]:
            prefix = self.settings.redis_prefix
            names = [str(name) for name in self.ledger._redis.scan_iter(f"{prefix}:*")]
            working = [n for n in names if n.split(":")[1] in ("todo", "want", "job", "jobs", "ready", "begun")]
            working += [n for n in names if n.endswith((":keys", ":lessons")) or ":reopened:" in n]
            queue = self.settings.queue_prefix
            lists = [f"{queue}.render.tiny", f"{queue}.assemble", f"{queue}.unacked"]
            return working + [name for name in lists[: 2 if unacknowledged else 3] if self.ledger._redis.exists(name)]

        deadline = time.monotonic() + 60
        while found := left():
            assert time.monotonic() < deadline, f"left in Redis: {found[:20]}"
            time.sleep(0.1)

    def delivered(self, store: Store | None = None) -> Delivered:
        """Read all that is in the store."""
        store = store or self.store
        with ThreadPoolExecutor(16) as pool:
            names = [e.name for kind in ("lessons/", "segments/") for e in store.list(kind)]
            objects = dict(zip(names, pool.map(lambda name: store.get(name)[0], names), strict=True))
        lessons, parts, segments = {}, {}, {}
        for name, data in objects.items():
            if name.endswith(MANIFEST):
                lessons[name] = {k: v for k, v in json.loads(data).items() if k not in SUBMISSION}
            elif name.startswith("lessons/"):
                parts[name] = hashlib.sha256(data).hexdigest()
            else:
                samples, record = unpack(data)
                assert name == segment_name(record.key)
                sound = hashlib.sha256(samples.tobytes()).hexdigest()
                segments[record.key] = [sound, record.model_dump(mode="json", exclude=TIMING)]
        for name, manifest in lessons.items():
            for part in manifest["parts"]:
                assert parts[name.removesuffix(MANIFEST) + part["name"]] == part["sha256"]
        return Delivered(lessons, parts, segments)

    @contextlib.contextmanager
    def read_meanwhile(self) -> Iterator[None]:
        """A reader of the bucket, all the while: whatever manifest it meets, the parts are there."""
        over, looks, wrong = threading.Event(), [0], []

        def look() -> None:
            store = open_store(self.settings)
            while not over.wait(0.1):
                for name in [entry.name for entry in store.list("lessons/") if entry.name.endswith(MANIFEST)]:
                    manifest = json.loads(store.get(name)[0])
                    parts = {name.removesuffix(MANIFEST) + part["name"] for part in manifest["parts"]}
                    wrong.extend(parts - store.existing(parts))
                    looks[0] += 1

        reader = threading.Thread(target=look, name="reader")
        reader.start()
        try:
            yield
        finally:
            over.set()
            reader.join()
        assert looks[0] > 0
        assert not wrong, f"a reader met manifests without these parts: {wrong[:5]}"

    def same_as(self, reference: Delivered) -> None:
        """Every lesson is there, byte by byte what an undisturbed run gives."""
        found = self.delivered()
        for kind, one, other in zip(Delivered._fields, found, reference, strict=True):
            assert one.keys() == other.keys(), f"{kind}: {sorted(one.keys() ^ other.keys())[:5]}"
            wrong = [name for name in one if one[name] != other[name]]
            assert not wrong, f"{kind} differ: {wrong[:5]}"
