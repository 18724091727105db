"""Narrate on this machine, everything included: plan, embedded stack, delivery."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from producer.lessons.options import NO_OPTIONS, NarrationOptions
from worker.contract.settings import Settings, load_settings

if TYPE_CHECKING:
    from producer.run.report import Report
    from worker.ledger.records import Progress

STORE_FOLDER = ".narrator"  # inside the output folder, where the settings name no store


def make(
    paths: Sequence[Path],
    out: Path,
    options: NarrationOptions = NO_OPTIONS,
    *,
    processes: int | None = None,
    archives: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    settings: Settings | None = None,
    listen_back: bool = False,
) -> Report:
    """Narrate lessons with an embedded stack of ``processes`` workers (by default the cores available) into ``out``.

    Results are ``out/<course>/<lesson>/``: audio, captions, timings and ``manifest.json``; with ``archives``
    ``out/<course>.zip``, too. What is rendered stays in the store,
    ``out/.narrator`` unless the settings name one, so a second run renders only what changed; where nothing changed no
    stack is started. Two commands over the same folder at once are safe: objects are only ever created, and files
    renamed into place whole; what both begin at the same moment is rendered twice and kept once.

    With ``listen_back`` a recogniser listens back in the end, and the report lists what it did not understand.
    Lessons that fail are in the report and the others delivered. Raises NarrationError where nothing can run, and
    KeyboardInterrupt once the workers have stopped.
    """
    from models.cores import available_cores
    from producer.local.stack import EmbeddedStack
    from producer.run.batches import bundles
    from producer.run.listen_back import listened, require_recogniser
    from producer.run.report import conclude
    from producer.run.submit import plan_paths, submit
    from producer.run.watch import watch

    started = time.monotonic()
    if listen_back:
        require_recogniser()
    settings = settings or load_settings()
    place = settings.store or str(out.absolute() / STORE_FOLDER)
    plan, store, settings = plan_paths(paths, options, settings.model_copy(update={"store": place}))
    work = [lesson for lesson in plan.lessons if not lesson.unchanged]
    if not work:
        report = conclude(plan, store, started, out=out, archives=archives)
        return listened(report, settings) if listen_back else report
    with EmbeddedStack(settings, bundles(work), processes or available_cores()) as stack:
        run = submit(plan, store, stack.settings, started=started)
        for progress in watch(run, tend=stack.tend):
            if on_progress is not None:
                on_progress(progress)
        report = conclude(plan, store, started, run=run, out=out, archives=archives)
    return listened(report, settings) if listen_back else report
