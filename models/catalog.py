"""Which voices exist. Reads ``voices/*.toml`` and the user's bundles; light, safe for the producer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Voice:
    """A catalogue entry. ``id`` is ``bundle/speaker``; ``languages`` begins with the voice's own."""

    id: str
    family: str
    languages: tuple[str, ...]
    sample_rate: int
    licence: str
    precision: str
    fingerprint: str
    title: str = ""

    @property
    def bundle(self) -> str:
        """The bundle's id, which names its queue."""
        return self.id.partition("/")[0]

    @property
    def speaker(self) -> str:
        """The voice's name inside its bundle."""
        return self.id.partition("/")[2]
