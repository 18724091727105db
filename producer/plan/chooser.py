"""Who speaks what: from the names in a lesson and in options to voices."""

from __future__ import annotations

from collections.abc import Iterator

from models.catalog import Voice
from models.errors import Permanent, UnknownVoice
from models.kokoro.guest_voices import OPTION
from models.text.languages import LANGUAGES, spans
from models.vocoders import VOCODERS
from producer.errors import LessonError
from producer.lessons.model import Lesson, Voicing
from producer.lessons.options import NarrationOptions
from producer.plan.voices import KnownVoices


class VoiceChooser:
    """Chooses the voices of a lesson.

    A sentence is spoken by the first of these that speaks its language and, itself or with guests, every other one in
    it: the voice of a ``[voice ...]`` mark; the voice asked for; ``voices`` of the lesson for the sentence's language;
    ``voice`` of the lesson; the default voice of the sentence's language; that of the other languages in it. Where
    none speaks them all, it is the first that speaks the sentence's own language, and a note says what it cannot.
    """

    def __init__(self, lesson: Lesson, asked: NarrationOptions, voices: KnownVoices) -> None:
        self._lesson, self._head, self._asked, self._voices = lesson, lesson.options, asked, voices

    def check(self, language: str) -> None:
        """Raise LessonError, at its line, for a voice that is unknown or does not speak what it is named for.

        ``language`` is the lesson's.
        """
        for spoken, name in self._head.voices.items():
            self._speaks("voices", name, spoken)
        if self._head.voice:
            self._speaks("voice", self._head.voice, language)
        elif self._asked.voice and language not in self._head.voices:
            self._speaks("", self._asked.voice, language)

    def choose(self, voicing: Voicing, text: str, language: str) -> tuple[Voice, str]:
        """Return the voice for a sentence, and a note where it cannot speak all of it (else empty).

        Raises LessonError where a mark's voice is unknown or does not speak the sentence's language, and
        VoiceNotInstalled where nobody does.
        """
        needed = {span.language for span in spans(text, language)} | {language}
        if voicing.voice:
            voice = self._find(voicing.voice, voicing.voice_line)
            if language not in voice.languages:
                raise LessonError(
                    self._lesson.path, voicing.voice_line, f"the voice {voice.id} does not speak {language} "
                    f"(it speaks {', '.join(voice.languages)}): {_quoted(text)}"
                )  # fmt: skip
            return voice, _note(voice, needed, text)
        first: Voice | None = None
        for voice in self._candidates(language, needed):
            if language in voice.languages and needed.issubset(voice.languages + voice.guests):
                return voice, ""
            if first is None and language in voice.languages:
                first = voice
        if first is None:
            raise self._missing(language)
        return first, _note(first, needed, text)

    def usual(self, language: str) -> str:
        """Return the id of the voice that plain text in a language gets; empty where there is none."""
        try:
            return self.choose(Voicing(), "", language)[0].id
        except Permanent:
            return ""

    def rendering(self, voice: Voice, text: str, language: str) -> dict[str, int | str]:
        """Return the rendering parameters of a segment: the vocoder asked for, where the voice leaves the choice; who
        says its words in other languages, where the lesson's ``voices`` names somebody of the same bundle.

        The voice's own vocoder is the default and stays unsaid, so that naming it renders nothing again. Raises
        LessonError where the bundle does not carry the vocoder.
        """
        if voice.family == "kokoro":
            return dict(self._guests(voice, text, language))
        wanted = self._asked.vocoder or self._head.vocoder
        if voice.family != "cosyvoice" or wanted in (None, VOCODERS[0]):
            return {}
        files = {file.name for file in self._voices.bundle(voice.bundle).files}
        if wanted == "hifigan" and "hifigan.onnx" not in files:
            raise self._lesson.error(
                "vocoder", f"the bundle {voice.bundle} carries no hifigan: convert it again with --vocoder DIR"
            )
        return {"vocoder": str(wanted)}

    def _guests(self, voice: Voice, text: str, language: str) -> Iterator[tuple[str, str]]:
        """Yield the option of each language that the lesson has a voice for and the segment has words in."""
        if not self._head.voices:
            return
        for other in sorted({span.language for span in spans(text, language)} - {language, voice.languages[0]}):
            if other in self._head.voices:
                guest = self._find(self._head.voices[other], self._lesson.lines.get("voices", 0))
                if guest.bundle == voice.bundle and guest.languages[0] == other:
                    yield OPTION + other, f"{guest.speaker}/{guest.fingerprint}"

    def _candidates(self, language: str, needed: set[str]) -> Iterator[Voice]:
        if self._asked.voice:
            yield self._find(self._asked.voice, 0)
        if language in self._head.voices:
            yield self._find(self._head.voices[language], self._lesson.lines.get("voices", 0))
        if self._head.voice:
            yield self._find(self._head.voice, self._lesson.lines.get("voice", 0))
        for spoken in (language, *(other for other in LANGUAGES if other in needed - {language})):
            voice = self._voices.default(spoken)
            if isinstance(voice, Voice) and language in voice.languages:
                yield voice

    def _missing(self, language: str) -> Permanent:
        error = self._voices.default(language)
        return error if isinstance(error, Permanent) else Permanent(f"no voice speaks {language}")

    def _speaks(self, setting: str, name: str, language: str) -> None:
        line = self._lesson.lines.get(setting, 0)
        voice = self._find(name, line)
        if language not in voice.languages:
            raise LessonError(
                self._lesson.path, line, f"the voice {voice.id} does not speak {language} (it speaks "
                f"{', '.join(voice.languages)}): choose another, or set the lesson's `language:`"
            )  # fmt: skip

    def _find(self, name: str, line: int) -> Voice:
        try:
            return self._voices.find(name)
        except UnknownVoice as error:
            raise LessonError(self._lesson.path, line, str(error)) from None


def _note(voice: Voice, needed: set[str], text: str) -> str:
    foreign = ", ".join(sorted(needed.difference(voice.languages + voice.guests)))
    return f"the voice {voice.id} does not speak {foreign}: {_quoted(text)}" if foreign else ""


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:59] + "…")
