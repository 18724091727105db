"""Where things stand: a run by its id, and the voices that this installation knows."""

from __future__ import annotations

from typing import Any

from models.voice import Permanent
from producer.run import broker_faults
from producer.watch import ENDED
from worker.ledger import Failure, Ledger, Progress
from worker.settings import Settings, load


def standing(run: str, settings: Settings | None = None) -> tuple[Progress, list[Failure], list[str]]:
    """A run's progress, what it gave up, and the faults that workers met in the last two minutes.

    Raises Permanent where the ledger does not know the run.
    """
    from worker.broker import redis_client

    settings = settings or load()
    with broker_faults(settings):
        ledger = Ledger(redis_client(settings), settings)
        progress = ledger.progress(run)
        if progress is None:
            raise Permanent(
                f"no run {run!r} in the ledger: it is older than {settings.ledger_days:g} days, or of another "
                f"namespace. What it rendered is in the store; submit the lessons again to see what is missing"
            )
        troubles = ledger.troubles() if progress.state not in ENDED else []
        return progress, ledger.failures(run), troubles


def voices(settings: Settings | None = None) -> list[dict[str, Any]]:
    """Every voice of the catalogue, installed or not; ``bytes`` are those of all its files, shared ones included."""
    from models.catalog import Catalogue

    catalogue = Catalogue.load((settings or load()).voices_dir)
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
