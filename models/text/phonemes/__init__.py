"""Grapheme to phoneme, one module a language. Libraries load at first use; nothing here imports an inference runtime.

    english.py            misaki's lexicon and part-of-speech tags
    letters_to_sounds.py  how an English word that is in no list is probably pronounced
    chinese.py            jieba's words, pypinyin's readings, misaki's IPA with tone arrows
    japanese.py           Open JTalk's readings in the kana-to-IPA table that Kokoro learned
    espeak.py             eSpeak NG, optional, for Piper voices
    word_alignment.py     which of the author's words each sound belongs to

None of them drops or guesses in silence: what has no sound and no rule raises Unspeakable, quoting it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version

from models.errors import VoiceNotInstalled

PhonemePiece = tuple[str, str]  # some of the text, usually a word or a mark, and its phonemes


def versions(*distributions: str) -> dict[str, str]:
    """Return the installed versions of these distributions, "" for one that is absent. Reads metadata only."""
    found = {}
    for name in distributions:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


@contextmanager
def hidden(package: str) -> Iterator[None]:
    """Hide a package that a library would import only because it happens to be installed."""
    loaded = sys.modules.pop(package, None)
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[package]
        if loaded:
            sys.modules[package] = loaded


def not_installed(language: str, error: ImportError) -> VoiceNotInstalled:
    """Return the error for a language whose library is absent: it names the library and the remedy."""
    return VoiceNotInstalled(
        f"{language} text needs the Python package {error.name!r}, which is not installed: "
        "pip install 'narrator[kokoro]'"
    )
