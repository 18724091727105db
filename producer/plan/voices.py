"""Who speaks what: from the names in lessons and options to voices of the catalogue and their fingerprints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from models.bundle import Bundle
from models.catalog import Voice
from models.errors import Permanent, UnknownVoice
from models.kokoro.guest_voices import OPTION
from models.text.languages import LANGUAGES, guess, spans
from models.vocoders import VOCODERS
from models.voice import FrontEnd
from producer.errors import LessonError
from producer.lessons.model import Body, Lesson, Voicing

MANY_BLOCKS = 500  # of a lesson: enough to know its language by


class Catalogue(Protocol):
    """What planning needs of ``models.catalog.Catalogue``."""

    def find(self, name: str) -> Voice:
        """By id or unique name. Raises UnknownVoice."""

    def default(self, language: str) -> Voice:
        """The voice of lessons that name none. Raises VoiceNotInstalled."""

    def bundle(self, name: str) -> Bundle:
        """A bundle by its id."""


class Cast:
    """Chooses voices. A sentence is spoken by the first of these that speaks its language and, itself or with guests,
    every other one in it:

    the voice of a ``[voice ...]`` mark; the voice in the options; ``voices`` of the lesson for the sentence's language;
    ``voice`` of the lesson; the default voice of the sentence's language; that of the other languages in it. Where
    none speaks them all, it is the first that speaks the sentence's own language, and a note says what it cannot.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        frontend_of: Callable[[Bundle], FrontEnd],
        *,
        voice: str | None = None,
        language: str | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._frontend_of = frontend_of
        self._voice = voice
        self._language = language
        self._found: dict[str, Voice] = {}
        self._defaults: dict[str, Voice | Permanent] = {}
        self._frontends: dict[str, FrontEnd] = {}
        self._fingerprints: dict[tuple[str, str], str] = {}

    def language(self, lesson: Lesson, body: Body) -> str:
        """The lesson's own, that of the options, or, where nobody says, the one most of its spoken words are in."""
        return (
            lesson.options.language
            or self._language
            or guess("\n".join(block.text for block in body.blocks[:MANY_BLOCKS]))
        )

    def check(self, lesson: Lesson, language: str) -> None:
        """Raises LessonError, at its line, for a voice that is unknown or does not speak what it is named for.

        ``language`` is the lesson's.
        """
        for spoken, name in lesson.options.voices.items():
            self._speaks(lesson, "voices", name, spoken)
        if lesson.options.voice:
            self._speaks(lesson, "voice", lesson.options.voice, language)
        elif self._voice and language not in lesson.options.voices:
            self._speaks(lesson, "", self._voice, language)

    def choose(self, lesson: Lesson, voicing: Voicing, text: str, language: str) -> tuple[Voice, str]:
        """The voice for a sentence, and a note where it cannot speak all of it (else empty).

        Raises LessonError where a mark's voice is unknown or does not speak the sentence's language, and
        VoiceNotInstalled where nobody does.
        """
        needed = {span.language for span in spans(text, language)} | {language}
        if voicing.voice:
            voice = self.find(lesson, voicing.voice, voicing.voice_line)
            if language not in voice.languages:
                raise LessonError(
                    lesson.path, voicing.voice_line, f"the voice {voice.id} does not speak {language} "
                    f"(it speaks {', '.join(voice.languages)}): {_quoted(text)}"
                )  # fmt: skip
            return voice, _note(voice, needed, text)
        first: Voice | None = None
        for voice in self._candidates(lesson, language, needed):
            if language in voice.languages and needed.issubset(voice.languages + voice.guests):
                return voice, ""
            if first is None and language in voice.languages:
                first = voice
        if first is None:
            raise self._missing(language)
        return first, _note(first, needed, text)

    def usual(self, lesson: Lesson, language: str) -> str:
        """The id of the voice that plain text in a language gets; empty where there is none."""
        try:
            return self.choose(lesson, Voicing(), "", language)[0].id
        except Permanent:
            return ""

    def find(self, lesson: Lesson, name: str, line: int) -> Voice:
        """A voice by name. Raises LessonError with the names that come close."""
        if name not in self._found:
            try:
                self._found[name] = self._catalogue.find(name)
            except UnknownVoice as error:
                raise LessonError(lesson.path, line, str(error)) from None
        return self._found[name]

    def by_id(self, voice_id: str) -> Voice | None:
        """The voice of a full id, as a manifest names it; None where the catalogue has it no more."""
        try:
            return self._catalogue.find(voice_id)
        except UnknownVoice:
            return None

    def rendering(
        self, lesson: Lesson, voice: Voice, *, text: str, language: str, vocoder: str | None
    ) -> dict[str, int | str]:
        """The rendering parameters of a segment: the vocoder asked for, where the voice leaves the choice; who says its
        words in other languages, where the lesson's ``voices`` names somebody of the same bundle.

        The voice's own vocoder is the default and stays unsaid, so that naming it renders nothing again. Raises
        LessonError where the bundle does not carry the vocoder.
        """
        if voice.family == "kokoro":
            return dict(self._guests(lesson, voice, text, language))
        wanted = vocoder or lesson.options.vocoder
        if voice.family != "cosyvoice" or wanted in (None, VOCODERS[0]):
            return {}
        files = {file.name for file in self._catalogue.bundle(voice.bundle).files}
        if wanted == "hifigan" and "hifigan.onnx" not in files:
            raise lesson.error(
                "vocoder", f"the bundle {voice.bundle} carries no hifigan: convert it again with --vocoder DIR"
            )
        return {"vocoder": str(wanted)}

    def _guests(self, lesson: Lesson, voice: Voice, text: str, language: str) -> Iterator[tuple[str, str]]:
        """The option of each language that the lesson has a voice for and the segment has words in."""
        if not lesson.options.voices:
            return
        for other in sorted({span.language for span in spans(text, language)} - {language, voice.languages[0]}):
            if other in lesson.options.voices:
                guest = self.find(lesson, lesson.options.voices[other], lesson.lines.get("voices", 0))
                if guest.bundle == voice.bundle and guest.languages[0] == other:
                    yield OPTION + other, f"{guest.speaker}/{guest.fingerprint}"

    def frontend(self, bundle: str) -> FrontEnd:
        """The front-end of a bundle, made once."""
        if bundle not in self._frontends:
            self._frontends[bundle] = self._frontend_of(self._catalogue.bundle(bundle))
        return self._frontends[bundle]

    def fingerprint(self, bundle: str, language: str) -> str:
        """That of the bundle's front-end for a language, asked once."""
        if (bundle, language) not in self._fingerprints:
            self._fingerprints[bundle, language] = self.frontend(bundle).fingerprint(language)
        return self._fingerprints[bundle, language]

    def _candidates(self, lesson: Lesson, language: str, needed: set[str]) -> Iterator[Voice]:
        if self._voice:
            yield self.find(lesson, self._voice, 0)
        if language in lesson.options.voices:
            yield self.find(lesson, lesson.options.voices[language], lesson.lines.get("voices", 0))
        if lesson.options.voice:
            yield self.find(lesson, lesson.options.voice, lesson.lines.get("voice", 0))
        for spoken in (language, *(other for other in LANGUAGES if other in needed - {language})):
            voice = self._default(spoken)
            if isinstance(voice, Voice) and language in voice.languages:
                yield voice

    def _default(self, language: str) -> Voice | Permanent:
        if language not in self._defaults:
            try:
                self._defaults[language] = self._catalogue.default(language)
            except Permanent as error:
                self._defaults[language] = error
        return self._defaults[language]

    def _missing(self, language: str) -> Permanent:
        error = self._default(language)
        return error if isinstance(error, Permanent) else Permanent(f"no voice speaks {language}")

    def _speaks(self, lesson: Lesson, setting: str, name: str, language: str) -> None:
        line = lesson.lines.get(setting, 0)
        voice = self.find(lesson, name, line)
        if language not in voice.languages:
            raise LessonError(
                lesson.path, line, f"the voice {voice.id} does not speak {language} (it speaks "
                f"{', '.join(voice.languages)}): choose another, or set the lesson's `language:`"
            )  # fmt: skip


def _note(voice: Voice, needed: set[str], text: str) -> str:
    foreign = ", ".join(sorted(needed.difference(voice.languages + voice.guests)))
    return f"the voice {voice.id} does not speak {foreign}: {_quoted(text)}" if foreign else ""


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:59] + "…")
