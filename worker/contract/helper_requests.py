"""Requests to helper processes of the worker's side; see ``models.helper_process``."""

from __future__ import annotations

from pydantic import Field

from models.text.languages import Language
from worker.contract.manifest import Sample
from worker.contract.messages import Message, Segment


class Audition(Message):
    """Speak a segment into the WAV file ``out``; ``worker.render.audition`` answers with its ``seconds``."""

    segment: Segment
    out: str = Field(min_length=1)


class Hearing(Message):
    """Hear stretches of an audio file in the store; ``worker.listen_back`` answers with the words ``heard`` in each.

    A stretch is [start, end) in samples at ``rate``, which need not be the file's own, and its language.
    """

    name: str
    rate: int = Field(ge=8000, le=48000)
    stretches: tuple[tuple[Sample, Sample, Language], ...]
