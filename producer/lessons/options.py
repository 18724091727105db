"""What an author may wish for: every option once, with what it may be and where it can be said.

Derived from what ``NarrationOptions`` says of its fields: the settings at the head of a lesson, the options of the
command line, the bodies of HTTP requests, and what ``producer.submit`` and ``producer.make`` take by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Flag, auto
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_origin, get_type_hints

from models.errors import Permanent
from models.text.languages import LANGUAGES
from models.vocoders import VOCODERS
from producer.lessons.encodings import EXAMPLES, codec_of

if TYPE_CHECKING:
    from worker.contract.settings import Settings

SLOWEST, FASTEST = 0.25, 4.0  # times a voice's own pace
MAX_TAKE = 1000
OUTPUTS = ("wav", "mp3", "opus", "flac")


class Place(Flag):
    """Places where an option can be said. The Python API takes them all."""

    PYTHON = 0  # nowhere else
    HEAD = auto()  # of a lesson: front matter
    COMMAND = auto()
    HTTP = auto()
    ASKED = COMMAND | HTTP  # not of a lesson, but of whoever asks for it


@dataclass(frozen=True, slots=True)
class Option:
    """The meaning of one option, what it may be, and where it can be said."""

    help: str
    kind: type = str  # of its value, or of each of several
    choices: tuple[str, ...] = ()
    bounds: tuple[float, float] | None = None
    known: Callable[[Any], object] | None = None  # gives something true for a value that is
    examples: str = ""  # of those
    several: bool = False
    places: Place = Place.HEAD | Place.ASKED
    metavar: str | None = None

    @property
    def refusal(self) -> str:
        """The words that refuse a value, with what it may be."""
        if self.choices:
            return f"none of {', '.join(self.choices)}"
        if self.bounds:
            return f"no number from {self.bounds[0]:g} to {self.bounds[1]:g} ({self.help.rstrip('.')})"
        return f"unknown: such as {self.examples}" if self.examples else f"no {self.kind.__name__}"

    def fault(self, value: Any) -> str:
        """Say what is wrong with a value; empty where nothing is."""
        for one in value if self.several and not isinstance(value, str) else (value,):
            if not self._fits(one):
                return f"{one!r} is {self.refusal}"
        return ""

    def parse(self, text: str) -> Any:
        """Read one value from text. Raises ValueError with what is wrong."""
        try:
            value = self.kind(text)
        except ValueError:
            value = None
        if not self._fits(value):
            raise ValueError(f"{text!r} is {self.refusal}")
        return value

    def _fits(self, value: Any) -> bool:
        if self.choices:
            return value in self.choices
        if self.bounds:
            return isinstance(value, int | float) and self.bounds[0] <= value <= self.bounds[1]
        return isinstance(value, self.kind) and (self.known is None or bool(self.known(value)))


@dataclass(frozen=True, slots=True)
class NarrationOptions:
    """The wishes of an author; None leaves one to the lesson's head, then to the default.

    Whoever asks for a narration goes before the lesson's head, but for ``language``, which holds for lessons that name
    none; ``voice`` holds where it speaks the sentence's language, and marks in the text win. ``take`` says which of
    several renderings of every segment. Raises Permanent, with the option's name, for values that make no sense.
    """

    language: Annotated[
        str | None, Option("Language of lessons that name none.", choices=LANGUAGES, metavar="CODE")
    ] = None
    voice: Annotated[
        str | None, Option("Who speaks, where that voice speaks the language (narrator voices).", metavar="ID")
    ] = None
    voices: Annotated[Mapping[str, str], Option("Who speaks, by language.", kind=dict, places=Place.HEAD)] = field(
        default_factory=dict
    )
    speed: Annotated[
        float | None,
        Option("1.0 is the voice's own pace.", kind=float, bounds=(SLOWEST, FASTEST), metavar="FACTOR"),
    ] = None
    loudness: Annotated[
        str | None,
        Option("Of each lesson as a whole (off by default).", choices=("off", "-16", "-19", "-23"), metavar="LUFS"),
    ] = None
    vocoder: Annotated[str | None, Option("Of CosyVoice voices.", choices=VOCODERS, metavar="NAME")] = None
    emoji: Annotated[
        str | None, Option("How emoji are read (silent by default).", choices=("silent", "name"), metavar="HOW")
    ] = None
    outputs: Annotated[
        tuple[str, ...] | None,
        Option("Audio files to make (wav by default).", choices=OUTPUTS, several=True, metavar="LIST"),
    ] = None
    lexicon: Annotated[
        Path | None,
        Option(
            "How words are said in all lessons [default: NARRATOR_LEXICON].",
            kind=Path,
            places=Place.COMMAND,
            metavar="FILE",
        ),
    ] = None
    lenient: Annotated[
        bool, Option("Only note what cannot be done, such as an unknown tag.", kind=bool, places=Place.ASKED)
    ] = False
    follow_links: Annotated[
        bool,
        Option("Also take links out of a folder.", kind=bool, places=Place.COMMAND),
    ] = False
    encoding: Annotated[
        str | None,
        Option(
            "Of text files that are not UTF-8, such as gb18030 [default: detected].",
            known=codec_of,
            examples=EXAMPLES,
            places=Place.ASKED,
            metavar="NAME",
        ),
    ] = None
    take: Annotated[int, Option("0 is the first.", kind=int, bounds=(0, MAX_TAKE), places=Place.PYTHON)] = 0
    # Of the settings alone:
    megabytes: int = 16  # of one file, at most
    relaxed: bool = False  # random weights are to pass the checks, in tests

    def __post_init__(self) -> None:
        for name, option in OPTIONS.items():
            value = getattr(self, name)
            if value is not None and (fault := option.fault(value)):
                raise Permanent(f"{name}: {fault}")

    def over(self, head: NarrationOptions) -> NarrationOptions:
        """Return these options, with those of a lesson's head where they say nothing; its language goes before."""
        said = {name: getattr(self, name) or getattr(head, name) for name in HEAD}
        return replace(self, **said | {"language": head.language or self.language})

    def with_settings(self, settings: Settings) -> NarrationOptions:
        """Return these options, with what the settings say where they say nothing."""
        return replace(
            self,
            lexicon=self.lexicon or settings.lexicon,
            megabytes=settings.lesson_megabytes,
            relaxed=settings.relaxed_checks,
        )


OPTIONS: Mapping[str, Option] = {
    name: annotation.__metadata__[0]
    for name, annotation in get_type_hints(NarrationOptions, include_extras=True).items()
    if get_origin(annotation) is Annotated
}


def options_of(place: Place) -> dict[str, Option]:
    """Return the options that can be said in a place, by name."""
    return {name: option for name, option in OPTIONS.items() if place in option.places}


HEAD = options_of(Place.HEAD)
NO_OPTIONS = NarrationOptions()
