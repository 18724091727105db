"""A lexicon in the W3C's Pronunciation Lexicon Specification 1.0: lexemes with graphemes, aliases and IPA phonemes.

    <lexicon version="1.0" alphabet="ipa" xml:lang="en-US" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon">
      <lexeme><grapheme>kubectl</grapheme><alias>cube control</alias></lexeme>
    </lexicon>

Every grapheme of a lexeme is an entry. Of several phonemes or aliases the one marked ``prefer="true"`` is taken, else
the first. ``role`` is no part of it: an entry holds wherever its word stands. A document type is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from models.text.languages import LANGUAGES
from models.text.lexicon import LexiconEntry
from producer.lexicon.checks import checked
from producer.readers.xml import End, Start, Text, events

INSIDE = {
    "": ("lexicon",),
    "lexicon": ("lexeme", "meta", "metadata"),
    "lexeme": ("grapheme", "phoneme", "alias", "example"),
}
_LANGUAGE = "xml:lang"


@dataclass(slots=True)
class _Lexeme:
    graphemes: list[tuple[str, int]] = field(default_factory=list)  # and their lines
    said: dict[str, tuple[str, bool]] = field(default_factory=dict)  # phoneme, alias -> text, and whether preferred


def entries(path: Path, text: str) -> list[LexiconEntry]:
    """The entries of a file, in order. Raises LessonError, naming file and line."""
    found: list[LexiconEntry] = []
    language: str | None = None
    open_tags: list[Start] = []
    lexeme, words = _Lexeme(), ""
    for event in events(path, text):
        if isinstance(event, Text):
            words += event.text
        elif isinstance(event, Start):
            tag = _name(event.tag)
            parent = _name(open_tags[-1].tag) if open_tags else ""
            if parent not in ("meta", "metadata") and tag not in INSIDE.get(parent, ()):
                known = ", ".join(INSIDE.get(parent, ())) or "no element"
                raise event.place.error(f"<{tag}> here: {f'<{parent}> holds' if parent else 'PLS begins with'} {known}")
            if tag in ("lexicon", "phoneme"):
                _check_alphabet(event)
            if tag == "lexicon":
                language = _language(event)
            if tag == "lexeme":
                lexeme = _Lexeme()
            open_tags.append(event)
            words = ""
        elif isinstance(event, End):
            start = open_tags.pop()
            _end(start, words, lexeme)
            if _name(start.tag) == "lexeme":
                found += _entries(path, start, lexeme, language)
            words = ""
    return found


def _end(start: Start, words: str, lexeme: _Lexeme) -> None:
    tag = _name(start.tag)
    if tag == "grapheme":
        lexeme.graphemes.append((words, start.place.line))
    elif tag in ("phoneme", "alias"):
        preferred = start.attributes.get("prefer") == "true"
        if tag not in lexeme.said or (preferred and not lexeme.said[tag][1]):
            lexeme.said[tag] = words, preferred


def _entries(path: Path, start: Start, lexeme: _Lexeme, language: str | None) -> list[LexiconEntry]:
    if not lexeme.graphemes:
        raise start.place.error("a lexeme without <grapheme>: which word is it?")
    if not lexeme.said:
        raise start.place.error("a lexeme without <phoneme> or <alias>: how is it said?")
    ipa, say = lexeme.said.get("phoneme"), lexeme.said.get("alias")
    return [
        checked(path, line, LexiconEntry(word, say=say and say[0], ipa=ipa and ipa[0], language=language))
        for word, line in lexeme.graphemes
    ]


def _check_alphabet(start: Start) -> None:
    alphabet = start.attributes.get("alphabet", "ipa")
    if alphabet.lower() != "ipa":
        raise start.place.error(f"the alphabet {alphabet!r}: only ipa is read")


def _language(start: Start) -> str | None:
    given = start.attributes.get(_LANGUAGE, "")
    if not given:
        return None
    subtags = given.lower().split("-")
    language = "yue" if "yue" in subtags or subtags == ["zh", "hk"] else subtags[0]
    if language not in LANGUAGES:
        raise start.place.error(f"xml:lang {given!r}: lessons are in {', '.join(LANGUAGES)}")
    return language


def _name(tag: str) -> str:
    return tag.rpartition(":")[2]
