"""``--listen-back``: a recogniser listens back to a run's lessons, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import PurePath

from models.errors import NarrationError, Permanent
from producer.local.stack import environment
from producer.run.report import Misheard, Report, place
from worker.contract.settings import Settings


def require_recogniser() -> None:
    """Raise Permanent where none is installed: to be told before an hour of rendering, not after."""
    if find_spec("faster_whisper") is None:
        raise Permanent(
            "--listen-back needs a recogniser, and none is installed. install one: pip install 'narrator[listen]'"
        )


def listened(report: Report, settings: Settings) -> Report:
    """The report, with what was not heard as it is written, of every lesson that is ready. Raises NarrationError.

    ``settings`` name the store. It takes about a tenth of the speech's time, on every core.
    """
    lessons = [PurePath(result).parts[-2:] for result in report.results]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "worker.listen_back.listen"],
        input=json.dumps({"lessons": lessons}).encode(),
        capture_output=True,
        env=environment(settings),
        check=False,
    )
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip()
        raise (Permanent if done.returncode == 2 else NarrationError)(f"listening back: {reason}")
    heard = [json.loads(line) for line in done.stdout.splitlines()]
    misheard = tuple(
        Misheard(place(lesson["source"], cue["line"]), cue["said"], cue["heard"], cue["wrong"] / 1000)
        for lesson in heard
        for cue in lesson["misheard"]
    )
    return replace(report, heard=sum(lesson["cues"] for lesson in heard), misheard=misheard)
