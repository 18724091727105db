"""The tags of SSML, and what each does to the text in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from models.errors import Unspeakable
from models.text.languages import LANGUAGES, guess
from models.text.normalise.say_as import KINDS, say_as
from producer.errors import LessonError
from producer.lessons.model import SPEED_UNIT, Body, Lesson, Voicing
from producer.lessons.options import FASTEST, SLOWEST
from producer.readers.marks import MAX_PAUSE_MS
from producer.readers.ssml import values
from producer.readers.ssml.running_text import RunningText
from producer.readers.xml import Start, Text, XmlPlace

SAMPLE = 40_000  # characters by which the language of figures is guessed where nobody says it
MAX_NAME = 100  # characters of a mark's name
MAX_ALIAS = 1_000  # characters of what is said instead
MIN_GAIN, MAX_GAIN = -4000, 1200  # hundredths of dB, worker.contract.messages.LessonEntry.gain

ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "speak": frozenset({"version", "xml:lang", "onlangfailure"}),
    "p": frozenset({"xml:lang"}),
    "s": frozenset({"xml:lang"}),
    "break": frozenset({"time", "strength"}),
    "prosody": frozenset({"rate", "volume"}),
    "emphasis": frozenset({"level"}),
    "say-as": frozenset({"interpret-as", "format", "detail"}),
    "sub": frozenset({"alias"}),
    "phoneme": frozenset({"ph", "alphabet"}),
    "lang": frozenset({"xml:lang", "onlangfailure"}),
    "voice": frozenset({"name", "xml:lang", "onlangfailure"}),
    "mark": frozenset({"name"}),
    "meta": frozenset({"name", "content", "http-equiv"}),
    "metadata": frozenset(),
}
_TAG = re.compile(r"<[^<>]*>")
_SPANS = ("say-as", "sub", "phoneme")  # what says its text in a way of its own
_BOUNDARIES = {"p": "paragraph", "s": "sentence"}
_IGNORED = ("xmlns", "xsi:", "xml:base", "xml:id", "xml:space")


def root_language(event: Start) -> str | None:
    """Return the language that the outermost tag gives, if any. Raises LessonError where that is not <speak>."""
    if event.tag != "speak":
        raise event.place.error(f"the outermost tag of SSML is <speak>, not <{event.tag}>")
    return _language(event) if "xml:lang" in event.attributes else None


def _language(event: Start) -> str:
    tag = event.attributes["xml:lang"]
    language = values.language(tag)
    if language is None:
        raise event.place.error(f"unknown language {tag!r}: known are {', '.join(LANGUAGES)}")
    return language


@dataclass(slots=True)
class _Span:
    """A say-as, sub or phoneme that is open: what it is, and its text so far."""

    event: Start
    text: str = ""
    line: int = 0


class TagReader:
    """Turns the tags and the text of a document into blocks."""

    def __init__(self, lesson: Lesson) -> None:
        self._lesson = lesson
        self._language = lesson.options.language or guess(_TAG.sub(" ", lesson.text[:SAMPLE]))
        self._writer = RunningText()
        self._open: list[tuple[str, Voicing]] = []  # tags, each with the voicing around it
        self._refused: list[LessonError] = []
        self._unspoken = 0  # depth within metadata
        self._span: _Span | None = None

    def start(self, event: Start) -> None:
        """Open a tag."""
        if self._unspoken:
            self._unspoken += 1
            return
        if self._span:
            raise event.place.error(f"<{event.tag}> inside <{self._span.event.tag}>, which takes text alone")
        if not self._open:
            root_language(event)
        elif event.tag == "speak":
            raise event.place.error("<speak> inside <speak>: a lesson has one")
        self._open.append((event.tag, self._writer.voicing))
        if event.tag not in ATTRIBUTES:
            self._refuse(event.place, f"unknown tag <{event.tag}>: known are {', '.join(ATTRIBUTES)}")
            return
        for name in event.attributes:
            if name not in ATTRIBUTES[event.tag] and not name.startswith(_IGNORED):
                known = ", ".join(sorted(ATTRIBUTES[event.tag])) or "none"
                self._refuse(event.place, f"{name} of <{event.tag}> has no effect here: known are {known}")
        if "xml:lang" in event.attributes and event.tag != "speak":
            language = _language(event)
            own = None if language == self._lesson.options.language else language
            self._writer.voicing = replace(self._writer.voicing, language=own)
        self._obey(event)

    def end(self) -> None:
        """Close a tag."""
        if self._unspoken > 1:
            self._unspoken -= 1
            return
        self._unspoken = 0
        tag, around = self._open.pop()
        if self._span:
            self._say(self._span)
            self._span = None
        if tag in _BOUNDARIES:
            self._writer.boundary("paragraph" if tag == "p" else "sentence")
        if tag == "s":
            self._writer.whole = False
        self._writer.voicing = around

    def text(self, event: Text) -> None:
        """Take characters between tags."""
        if self._span:
            if not self._span.text.strip():
                self._span.line = event.place.line
            self._span.text += event.text
        elif not self._unspoken:
            self._writer.text(event.text, event.place.line)

    def finished(self) -> Body:
        """Return all blocks. Raises LessonError where there is none."""
        self._writer.finish()
        if not self._writer.blocks:
            raise LessonError(self._lesson.path, 0, "nothing to speak in this lesson")
        return Body(tuple(self._writer.blocks), tuple(self._writer.notes), tuple(self._refused))

    def _refuse(self, place: XmlPlace, message: str) -> None:
        self._refused.append(place.error(message))

    def _obey(self, event: Start) -> None:
        tags: Mapping[str, Callable[[Start], None]] = {
            "p": self._boundary, "s": self._boundary, "break": self._break, "mark": self._mark, "voice": self._voice,
            "lang": self._lang, "prosody": self._prosody, "emphasis": self._emphasis, "metadata": self._metadata,
            **dict.fromkeys(_SPANS, self._begin_span),
        }  # fmt: skip
        if event.tag in tags:
            tags[event.tag](event)

    def _boundary(self, event: Start) -> None:
        around = [tag for tag, _ in self._open[:-1]]
        if "s" in around or (event.tag == "p" and "p" in around):
            raise event.place.error(f"<{event.tag}> inside <{'s' if 's' in around else 'p'}>: close that first")
        self._writer.boundary("paragraph" if event.tag == "p" else "sentence")
        self._writer.whole = event.tag == "s"

    def _break(self, event: Start) -> None:
        strength, time = event.attributes.get("strength", "medium"), event.attributes.get("time")
        if strength not in values.BREAKS:
            raise event.place.error(f"strength {strength!r} is none of {', '.join(values.BREAKS)}")
        milliseconds = values.BREAKS[strength] if time is None else values.milliseconds(time)
        if milliseconds is None or milliseconds > MAX_PAUSE_MS:
            raise event.place.error(f"time {time!r} is no pause: write 500ms or 1.5s, at most {MAX_PAUSE_MS // 1000}s")
        if milliseconds and not self._writer.pause(milliseconds):
            self._refuse(event.place, "<break> comes before the first words: move it after them")

    def _mark(self, event: Start) -> None:
        name = self._required(event, "name").strip()
        if not 0 < len(name) <= MAX_NAME:
            raise event.place.error(f"the name of a <mark> has 1 to {MAX_NAME} characters")
        self._writer.mark(name)

    def _voice(self, event: Start) -> None:
        names = event.attributes.get("name", "").split()
        if names:
            self._writer.voicing = replace(self._writer.voicing, voice=names[0], voice_line=event.place.line)
        elif "xml:lang" not in event.attributes:
            self._refuse(event.place, "<voice> needs a name (see: narrator voices)")

    def _lang(self, event: Start) -> None:
        self._required(event, "xml:lang")

    def _prosody(self, event: Start) -> None:
        now = self._writer.voicing
        rate, gain = event.attributes.get("rate"), event.attributes.get("volume")
        if rate is not None:
            found = values.rate(rate.strip(), now.rate)
            if found is None:
                raise event.place.error(f"rate {rate!r} is none of {', '.join(values.RATES)}, 80%, +10% or 0.8")
            now = replace(now, rate=found)
        if gain is not None and gain.strip() == "silent":
            raise event.place.error("volume 'silent' would leave words out: write <break> in their place")
        if gain is not None:
            found = values.gain(gain.strip(), now.gain)
            if found is None:
                raise event.place.error(f"volume {gain!r} is none of {', '.join(values.VOLUMES)}, +6dB or -3dB")
            now = replace(now, gain=found)
        self._set(event, now)

    def _emphasis(self, event: Start) -> None:
        level = event.attributes.get("level", "moderate")
        if level not in values.EMPHASIS:
            raise event.place.error(f"level {level!r} is none of {', '.join(values.EMPHASIS)}")
        rate, gain = values.EMPHASIS[level]
        now = self._writer.voicing
        self._set(event, replace(now, rate=round(now.rate * rate / 1000), gain=now.gain + gain))

    def _set(self, event: Start, voicing: Voicing) -> None:
        if not SLOWEST <= voicing.rate / SPEED_UNIT <= FASTEST:
            raise event.place.error(f"a rate of {voicing.rate / SPEED_UNIT:g} is not from {SLOWEST:g} to {FASTEST:g}")
        if not MIN_GAIN <= voicing.gain <= MAX_GAIN:
            raise event.place.error(f"a volume of {voicing.gain / 100:+g}dB is not from -40dB to +12dB")
        self._writer.voicing = voicing

    def _metadata(self, _: Start) -> None:
        self._unspoken = 1

    def _begin_span(self, event: Start) -> None:
        self._required(event, {"say-as": "interpret-as", "sub": "alias", "phoneme": "ph"}[event.tag])
        self._span = _Span(event, line=event.place.line)

    def _say(self, span: _Span) -> None:
        event, attributes = span.event, span.event.attributes
        if not span.text.strip():
            raise event.place.error(f"<{event.tag}> has no text: captions show what stands in it")
        if event.tag == "sub":
            self._writer.reading(span.text, span.line, words=_spoken(event, "alias"))
        elif event.tag == "phoneme":
            alphabet = attributes.get("alphabet", "ipa")
            if alphabet == "ipa":
                self._writer.reading(span.text, span.line, ipa=_spoken(event, "ph"))
            else:
                self._refuse(event.place, f"alphabet {alphabet!r} is unknown: write IPA")
                self._writer.text(span.text, span.line)
        else:
            self._say_as(span)

    def _say_as(self, span: _Span) -> None:
        event, attributes = span.event, span.event.attributes
        kind = attributes["interpret-as"].strip().lower()
        if kind not in KINDS:
            self._refuse(event.place, f"interpret-as {kind!r} is unknown: known are {', '.join(KINDS)}")
            self._writer.text(span.text, span.line)
            return
        language = self._writer.voicing.language or self._language
        try:
            words = say_as(span.text, kind, attributes.get("format", "").strip(), language)
        except Unspeakable as error:
            raise event.place.error(f"{kind}: {error}") from None
        self._writer.reading(span.text, span.line, words=words)

    def _required(self, event: Start, name: str) -> str:
        if name not in event.attributes:
            raise event.place.error(f"<{event.tag}> needs {name}")
        return event.attributes[name]


def _spoken(event: Start, name: str) -> str:
    value = " ".join(event.attributes[name].split())
    if not 0 < len(value) <= MAX_ALIAS:
        raise event.place.error(f"{name} of <{event.tag}> has 1 to {MAX_ALIAS} characters")
    return value
