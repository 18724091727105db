"""The segments of a text, as a lesson of plain text would have them: the same sentences, keys and pauses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from models.catalog import Catalogue, Voice
from models.errors import Permanent
from models.family import load_frontend
from models.text.languages import guess
from producer.errors import LessonError, Unfit
from producer.http.openai_names import VOICES
from producer.lessons.options import NO_OPTIONS, NarrationOptions
from producer.plan.segments import segment_lesson
from producer.plan.text import NO_FILE, lesson_of_text
from producer.plan.voices import KnownVoices
from producer.readers.encoding import clean_text
from worker.contract.messages import LessonEntry
from worker.contract.settings import Settings


class Script:
    """Turns texts into segments. ``aliases`` are other names for voices, ``settings`` name the lexicon of all."""

    def __init__(self, catalogue: Catalogue, aliases: Mapping[str, str], settings: Settings) -> None:
        self._catalogue, self._settings = catalogue, settings
        self._aliases = {name.lower(): voice for name, voice in aliases.items()}
        self._voices = KnownVoices(catalogue, load_frontend)

    def segments(self, text: str, options: NarrationOptions = NO_OPTIONS) -> tuple[LessonEntry, ...]:
        """Return the segments of a text, at least one. Raises Unfit: unknown voice, nothing to say, a wrong mark."""
        try:
            voice = self.voice(options.voice).id if options.voice else None
            asked = replace(options, voice=voice).with_settings(self._settings)
            return segment_lesson(lesson_of_text(clean_text(NO_FILE, text, 1)), asked, self._voices).plan.entries
        except LessonError as error:
            raise Unfit(f"line {error.line}: {error.reason}" if error.line else error.reason) from error
        except Permanent as error:
            raise Unfit(str(error)) from error

    def voice(self, name: str) -> Voice:
        """Return a voice by id, unique name or alias, in whatever case. Raises UnknownVoice."""
        known = {voice.id.lower(): voice.id for voice in self._catalogue.voices}
        known |= {voice.speaker.lower(): voice.speaker for voice in self._catalogue.voices} | self._aliases
        return self._catalogue.find(known.get(name.lower(), name))

    def openai_voice(self, name: str, text: str, language: str | None) -> str | None:
        """Return the voice for one of OpenAI's names: the language's default where that voice does not speak it, or is
        not installed.
        """
        voice = self._catalogue.find(VOICES[name])
        speaks = (language or guess(text)) in voice.languages and self._catalogue.installed(voice)
        return voice.id if speaks else None

    def names(self) -> list[str]:
        """Return the installed voices: the name where only one has it, else the id."""
        installed = [voice for voice in self._catalogue.voices if self._catalogue.installed(voice)]
        speakers = [voice.speaker for voice in self._catalogue.voices]
        return [voice.speaker if speakers.count(voice.speaker) == 1 else voice.id for voice in installed]

    def within(self, bundle: str, name: str) -> str:
        """Return a voice's name, looked up in a bundle where that is one. Raises nothing: that is for ``segments``."""
        known = {voice.id for voice in self._catalogue.voices}
        return full if (full := f"{bundle}/{name}") in known else name

    def numbered(self, number: int, language: str) -> Voice:
        """Return an installed voice of this language, by its number in the catalogue, from 0. Raises Unfit."""
        native = [v for v in self._catalogue.voices if v.languages[0] == language and self._catalogue.installed(v)]
        if not 0 <= number < len(native):
            raise Unfit(f"speaker_id {number}: {len(native)} voices speak {language}, numbered from 0; or give a name")
        return native[number]

    def rate(self, entries: tuple[LessonEntry, ...]) -> int:
        """Return the highest sample rate of the voices, in Hz, as in a lesson."""
        return max(self._catalogue.find(entry.segment.voice).sample_rate for entry in entries)
