"""A real worker whose tiny engine misbehaves where the text tells it to: ``python -m tests.integration.odd_worker``.

"Slow ..." takes a while, "Crash ..." kills the process, "Hang ..." never ends, "Steps ..." takes longer than a segment
may but gets somewhere all the time.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from models import family
from models.bundle import Bundle
from models.errors import NarrationError
from models.voice import Engine, Speech, SpeechRequest, Step
from tests.speech import text_of
from worker.contract.settings import load_settings
from worker.process.main import main

SLOW_SECONDS = float(os.environ.get("ODD_SLOW_SECONDS", "0.15"))


class OddEngine:
    """The tiny engine, with faults."""

    def __init__(self, engine: Engine) -> None:
        self.sample_rate, self.interruptible = engine.sample_rate, engine.interruptible
        self.duration_ms = engine.duration_ms
        self._engine = engine

    def speak(self, requests: Sequence[SpeechRequest], step: Step) -> Iterator[tuple[int, Speech | NarrationError]]:
        for index, request in enumerate(requests):
            began = time.monotonic()
            word = text_of(request.utterances[0]).partition(" ")[0].lower()
            with (Path(os.environ["ODD_LOG"])).open("a") as log:  # which process spoke what, for the tests
                log.write(f"{os.getpid()} {text_of(request.utterances[0])}\n")
            if word == "slow":
                time.sleep(SLOW_SECONDS)
            if word == "crash":
                os.kill(os.getpid(), signal.SIGSEGV)
            while word == "steps" and time.monotonic() < began + 2 * load_settings().segment_seconds:
                time.sleep(SLOW_SECONDS)
                step()
            if word == "hang":
                time.sleep(3600)
            for _, result in self._engine.speak([request]):
                yield index, result


def load(bundle: Bundle, threads: int = 1, real=family.load_engine) -> Engine:
    return OddEngine(real(bundle, threads))


if __name__ == "__main__":
    family.load_engine = load
    sys.exit(main())
