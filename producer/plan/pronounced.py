"""The first step: how words are said, beside what the author wrote."""

from __future__ import annotations

from collections.abc import Iterable

from producer.lessons.model import Block
from producer.lexicon import apply_lexicon, lexicon_of
from producer.lexicon.emoji import name_emoji
from producer.plan.narration import Narration
from producer.plan.readings import check_readings


def pronounced(blocks: Iterable[Block], narration: Narration) -> list[Block]:
    """Give blocks readings for the words in the lexicon and, where they are to be read, for emoji.

    Raises LessonError, at its line, for a reading that no segment could carry.
    """
    lesson, language = narration.lesson, narration.language
    lexicon = lexicon_of(lesson.path.parent, narration.options.lexicon)
    found = [apply_lexicon(lexicon, block, language) for block in blocks]
    if narration.options.emoji == "name":
        found = [name_emoji(block, language) for block in found]
    for block in found:
        check_readings(lesson.path, block)
    return found
