"""How one lesson is to be narrated: what every step of its planning is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.text.languages import guess
from producer.lessons.model import SPEED_UNIT, Block, Lesson
from producer.lessons.options import NarrationOptions
from worker.contract.messages import Loudness

MANY_BLOCKS = 500  # of a lesson: enough to know its language by


@dataclass(frozen=True, slots=True)
class Narration:
    """A lesson, the options of who asks for it, those together with its head's, and its language."""

    lesson: Lesson
    asked: NarrationOptions
    options: NarrationOptions
    language: str

    @classmethod
    def of(cls, lesson: Lesson, asked: NarrationOptions, blocks: Sequence[Block]) -> Narration:
        """Describe a lesson's narration; where nobody names its language, it is that of most of its spoken words."""
        options = asked.over(lesson.options)
        text = "\n".join(block.text for block in blocks[:MANY_BLOCKS])
        return cls(lesson, asked, options, options.language or guess(text))

    @property
    def speed(self) -> int:
        """The lesson's speed in thousandths."""
        return speed_of(self.options)

    @property
    def loudness(self) -> Loudness:
        """The loudness that the lesson is to have."""
        wanted = self.options.loudness or "off"
        return Loudness() if wanted == "off" else Loudness(lufs=int(wanted) * 100)


def speed_of(options: NarrationOptions) -> int:
    """Return a speed in thousandths."""
    return round((options.speed or 1) * SPEED_UNIT)
