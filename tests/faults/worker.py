"""A real worker whose tiny engine is slower, counts what it speaks, and misbehaves where the text tells it to.

    python -m tests.faults.worker --queues ... --processes 2

"Crash ..." is a segmentation fault, "Hang ..." never ends, "Hog ..." takes all the memory it can get, "Silence ..." and
"Nan ..." are what they say, and "Slow ..." waits, as long as the file FAULT_POISON exists. Other levers, all in the
environment:

    FAULT_LOG            takes a line for every segment spoken
    FAULT_SECONDS        what each takes
    FAULT_HOLD           a file: nothing is spoken while it is there
    FAULT_READ_SECONDS   how long the store may stay silent
    FAULT_CLOCK          by how many seconds this machine's clock is wrong
    FAULT_SCHEMA         the version of segment keys
    FAULT_SUBMIT_SECONDS how long a producer may be silent while it submits
"""

from __future__ import annotations

import datetime
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import botocore.auth
import numpy as np

from models import family
from models.bundle import Bundle
from models.errors import NarrationError
from models.voice import Engine, Speech, SpeechRequest, Step
from tests.speech import text_of
from worker.contract import messages as contract
from worker.ledger import work
from worker.process.main import main
from worker.store import s3_client as s3client


class FaultyEngine:
    """The tiny engine, with faults."""

    def __init__(self, engine: Engine) -> None:
        self.sample_rate, self.interruptible = engine.sample_rate, engine.interruptible
        self.duration_ms = engine.duration_ms
        self._engine = engine
        self._log = Path(os.environ["FAULT_LOG"]).open("a", buffering=1)  # noqa: SIM115 - as long as the process
        self._seconds = float(os.environ.get("FAULT_SECONDS", "0"))

    def speak(self, requests: Sequence[SpeechRequest], step: Step) -> Iterator[tuple[int, Speech | NarrationError]]:
        for index, request in enumerate(requests):
            text = text_of(request.utterances[0])
            self._log.write(f"{os.getpid()} {time.time():.3f} {text}\n")
            time.sleep(self._seconds)
            while Path(os.environ.get("FAULT_HOLD", "/nowhere")).exists():
                time.sleep(0.02)
            for _, result in self._engine.speak([request]):
                yield index, self._spoilt(text, result)

    @staticmethod
    def _spoilt(text: str, result: Speech | NarrationError) -> Speech | NarrationError:
        if not Path(os.environ.get("FAULT_POISON", "/nowhere")).exists() or not isinstance(result, Speech):
            return result
        match text.partition(" ")[0].lower():
            case "slow":
                while Path(os.environ["FAULT_POISON"]).exists():
                    time.sleep(0.05)
            case "crash":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "hang":
                time.sleep(3600)
            case "hog":
                held = []
                while True:
                    held.append(np.empty(8 << 20))  # counts, and takes no time
            case "silence":
                result.samples[:] = 0
            case "nan":
                result.samples[:] = np.nan
        return result


def load(bundle: Bundle, threads: int = 1, real=family.load_engine) -> Engine:
    return FaultyEngine(real(bundle, threads))


if __name__ == "__main__":
    family.load_engine = load
    s3client.READ_SECONDS = float(os.environ.get("FAULT_READ_SECONDS", s3client.READ_SECONDS))
    work.SUBMIT_SECONDS = float(os.environ.get("FAULT_SUBMIT_SECONDS", work.SUBMIT_SECONDS))
    contract.SCHEMA = int(os.environ.get("FAULT_SCHEMA", contract.SCHEMA))
    wrong = datetime.timedelta(seconds=float(os.environ.get("FAULT_CLOCK", "0")))
    right = botocore.auth.get_current_datetime
    botocore.auth.get_current_datetime = lambda *of, **how: right(*of, **how) + wrong
    sys.exit(main())
