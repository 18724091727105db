"""What the store holds of a lesson from earlier runs, and why a segment is not among it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.contract.messages import LessonEntry, Segment
from worker.errors import Missing, UnreadableManifest
from worker.store import manifests
from worker.store.base import Store

# What differs from the segment of the same text in the last manifest -> the reason that a report gives.
CHANGES = {
    "voice": "voice changed",
    "fingerprint": "voice's files changed",
    "backend": "backend changed",
    "precision": "precision changed",
    "language": "language changed",
    "frontend": "front-end changed",
    "speed": "speed changed",
    "take": "another take",
    "options": "rendering options changed",
    "readings": "pronunciation changed",
    "relaxed": "NARRATOR_RELAXED_CHECKS changed",
}
DEFAULTS: Mapping[str, Any] = {"speed": 1000, "take": 0, "options": {}, "readings": [], "relaxed": False}  # as JSON
NEW_LESSON = "new lesson"
NEW_TEXT = "new text"
EDITED = "text edited"
GONE = "sound gone from the store"


@dataclass(frozen=True, slots=True)
class Previous:
    """The parts of a lesson's last manifest that planning needs.

    Not checked against the whole schema: that takes ten times as long, and a manifest of another shape only means that
    the lesson is planned anew.
    """

    source_digest: str
    lesson_key: str
    parts: tuple[str, ...]  # names in the store
    keys: frozenset[str]
    entries: int
    used: frozenset[tuple[str, str]]  # voice id, language
    segments: Sequence[Mapping[str, Any]]


def previous(store: Store, course: str, lesson: str) -> Previous | None:
    """Read what the last manifest says; None where there is none, or none that can be understood."""
    try:
        found = manifests.outline(store, manifests.manifest_name(course, lesson))
        record = found.record
        segments = [cue["segment"] for cue in record["cues"]]
        return Previous(
            source_digest=record["source_digest"],
            lesson_key=record["lesson_key"],
            parts=found.parts,
            keys=found.keys,
            entries=len(segments),
            used=frozenset((segment["voice"], segment["language"]) for segment in segments),
            segments=segments,
        )
    except (Missing, UnreadableManifest, KeyError, TypeError):
        return None


def reasons(missing: set[str], entries: Sequence[LessonEntry], before: Previous | None) -> dict[str, str]:
    """Key -> why it must be rendered, for those of the lesson's segments that are missing."""
    if before is None:
        return dict.fromkeys(missing, NEW_LESSON)
    by_text: dict[str, list[Mapping[str, Any]]] = {}
    for segment in before.segments:
        by_text.setdefault(segment["text"], []).append(segment)
    texts = {entry.segment.text for entry in entries}
    vanished = sum(text not in texts for text in by_text)  # each may have become one of the new ones
    found: dict[str, str] = {}
    for entry in entries:
        if entry.key not in missing or entry.key in found:
            continue
        if earlier := by_text.get(entry.segment.text):
            found[entry.key] = min((_change(entry.segment, one) for one in earlier), key=len)
        else:
            found[entry.key] = EDITED if vanished > 0 else NEW_TEXT
            vanished -= 1
    return found


def _change(segment: Segment, earlier: Mapping[str, Any]) -> str:
    now = segment.model_dump(mode="json")
    was = {**DEFAULTS, **earlier}  # an older writer did not know every field
    if now["voice"] != was["voice"]:
        return CHANGES["voice"]  # its files and front-end differ with it
    return ", ".join(why for name, why in CHANGES.items() if now[name] != was[name]) or GONE


def counted(why: Mapping[str, str]) -> dict[str, int]:
    """Count the segments of each reason, the most frequent first."""
    return dict(Counter(why.values()).most_common())
