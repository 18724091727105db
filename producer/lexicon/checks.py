"""What is true of an entry whatever file it comes from."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

from models.errors import Unspeakable
from models.text.languages import LANGUAGES
from models.text.lexicon import LexiconEntry
from models.text.phonemes.ipa import plain_ipa
from models.text.segment import fold
from models.text.segment_cuts import speakable
from producer.errors import LessonError

MAX_WRITTEN = 100  # characters: it must fit a segment, whole
MAX_SAY = 500
MAX_IPA = 200


def checked(path: Path, line: int, entry: LexiconEntry) -> LexiconEntry:
    """The entry in its normal form. Raises LessonError, naming file and line."""
    written = fold(entry.written)

    def wrong(message: str) -> LessonError:
        return LessonError(path, line, f"{written or entry.written!r}: {message}")

    if not 0 < len(written) <= MAX_WRITTEN:
        raise wrong(f"a word or phrase has 1 to {MAX_WRITTEN} characters")
    if entry.language is not None and entry.language not in LANGUAGES:
        raise wrong(f"unknown language {entry.language!r}: known are {', '.join(LANGUAGES)}")
    if entry.say is None and entry.ipa is None:
        raise wrong('nothing says how: give say = "..." or ipa = "..."')
    say = None if entry.say is None else fold(entry.say)
    if say is not None and not speakable(say):
        raise wrong("its respelling is empty" if not say else f"its respelling {say!r} has no letter or digit")
    if say is not None and len(say) > MAX_SAY:
        raise wrong(f"a respelling of {len(say)} characters: at most {MAX_SAY}")
    if say == written and entry.ipa is None:
        raise wrong("is said as it is written: delete the entry")
    ipa = None if entry.ipa is None else unicodedata.normalize("NFC", " ".join(entry.ipa.split()))
    if ipa is not None:
        try:
            plain_ipa(ipa)
        except Unspeakable as error:
            raise wrong(str(error)) from None
        if len(ipa) > MAX_IPA:
            raise wrong(f"{len(ipa)} characters of IPA: at most {MAX_IPA}")
    return replace(entry, written=written, say=say, ipa=ipa, source=f"{path}:{line}")
