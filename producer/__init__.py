"""The author's side: read lessons, plan them, submit them, watch them.

For pipelines, two functions; neither prints nor exits:

    import producer

    run = producer.submit(["lessons/"], voice="af_heart", outputs=("wav", "mp3"))
    report = run.wait()

    report = producer.make(["lessons/"], "audio/")  # on this machine, everything included

Heavy imports wait until one of them is called.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from producer.lessons.options import NarrationOptions

if TYPE_CHECKING:
    from producer.run.report import Report
    from producer.run.submit import SubmittedRun
    from worker.contract.settings import Settings
    from worker.ledger.records import Progress

__all__ = ["NarrationOptions", "make", "submit"]

PathLike = str | os.PathLike[str]


def submit(
    paths: Iterable[PathLike],
    *,
    wait: bool = False,
    settings: Settings | None = None,
    **options: Any,
) -> SubmittedRun:
    """Plan lessons and send what is missing to the workers at ``NARRATOR_REDIS_URL``; results go to the store.

    ``paths`` are lesson files or folders of them; for ``voice``, ``speed`` and the like see ``NarrationOptions``.
    With ``wait`` the run has ended when it comes back; ``SubmittedRun.wait`` then gives the report at once. Lessons
    that cannot be read are in the report, and spare the others. Raises NarrationError where nothing can run.
    """
    import time

    from producer.run.submit import plan_paths, submit

    started = time.monotonic()
    run = submit(*plan_paths(_paths(paths), NarrationOptions(**options), settings), started=started)
    if wait:
        for _ in run.watch():
            pass
    return run


def make(
    paths: Iterable[PathLike],
    out: PathLike,
    *,
    processes: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    settings: Settings | None = None,
    listen_back: bool = False,
    archives: bool = False,
    **options: Any,
) -> Report:
    """Narrate lessons on this machine into ``out``, with an embedded queue and ``processes`` workers.

    See ``producer.local.make.make``; for ``voice``, ``speed`` and the like see ``NarrationOptions``.
    """
    from producer.local.make import make

    return make(
        _paths(paths),
        Path(out),
        NarrationOptions(**options),
        processes=processes,
        on_progress=on_progress,
        settings=settings,
        listen_back=listen_back,
        archives=archives,
    )


def _paths(paths: Iterable[PathLike]) -> list[Path]:
    if isinstance(paths, str | os.PathLike):
        raise TypeError(f"paths must be a list of paths, not the single path {os.fspath(paths)!r}")
    return [Path(path) for path in paths]
