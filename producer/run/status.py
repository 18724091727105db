"""Where things stand: a run by its id, and the voices that this installation knows."""

from __future__ import annotations

from typing import Any

from models.errors import Permanent
from producer.run.connection import broker_faults
from producer.run.watch import ENDED
from worker.contract.settings import Settings, load_settings
from worker.ledger.ledger import Ledger
from worker.ledger.records import Failure, Progress


def standing(run: str, settings: Settings | None = None) -> tuple[Progress, list[Failure], list[str]]:
    """A run's progress, what it gave up, and the faults that workers met in the last two minutes.

    Raises Permanent where the ledger does not know the run.
    """
    settings = settings or load_settings()
    with broker_faults(settings):
        ledger = open_ledger(settings)
        progress = ledger.progress(run)
        if progress is None:
            raise Permanent(forgotten(run, settings))
        troubles = ledger.troubles() if progress.state not in ENDED else []
        return progress, ledger.failures(run), troubles


def recent(most: int, settings: Settings | None = None) -> list[Progress]:
    """The runs submitted last, the latest first."""
    settings = settings or load_settings()
    with broker_faults(settings):
        return open_ledger(settings).runs(most)


def cancel(run: str, settings: Settings | None = None) -> bool:
    """Stop a run: nothing more is rendered or assembled for it. False where it had ended. Raises Permanent where the
    ledger does not know it."""
    settings = settings or load_settings()
    with broker_faults(settings):
        ledger = open_ledger(settings)
        if ledger.progress(run) is None:
            raise Permanent(forgotten(run, settings))
        return ledger.cancel(run)


def forgotten(run: str, settings: Settings) -> str:
    """Say what is known of a run that the ledger does not know."""
    return (
        f"no run {run!r} in the ledger: it is older than {settings.ledger_days:g} days, or of another namespace, or "
        "Redis was flushed. What it rendered is in the store; submit the lessons again, and only what is missing is "
        "rendered"
    )


def open_ledger(settings: Settings) -> Ledger:
    """The ledger that the settings name; connects at first use."""
    from worker.ledger.broker import redis_client

    return Ledger(redis_client(settings), settings)


def voices(settings: Settings | None = None) -> list[dict[str, Any]]:
    """Every voice of the catalogue, installed or not; ``bytes`` are those of all its files, shared ones included."""
    from models.catalog import Catalogue

    catalogue = Catalogue.load((settings or load_settings()).voices_dir)
    rows = []
    for voice in catalogue.voices:
        bundle = catalogue.bundle(voice.bundle)
        rows.append(
            {
                "id": voice.id,
                "languages": list(voice.languages),
                "licence": voice.licence,
                "sample_rate": voice.sample_rate,
                "bytes": sum(file.size for file in bundle.needed(bundle.speaker(voice.speaker))),
                "precision": voice.precision,
                "title": voice.title,
                "installed": catalogue.installed(voice),
                "remedy": bundle.remedy,
            }
        )
    return rows
