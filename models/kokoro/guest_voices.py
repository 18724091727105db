"""The guests that speak words of another language in a sentence: Kokoro is one model, but its voices have accents.

The voice of the sentence is the host. A passage, words of another language that stand together, has a guest: the first
voice of the bundle whose own language it is, of the host's sex where there is one. A host's own language is its own.
A lesson may name another guest; it is then a rendering option of the segment.
"""

from __future__ import annotations

from collections.abc import Mapping

from models.bundle import Bundle

OPTION = "guest-"  # and a language: the speaker, a slash, the fingerprint of its voice


def native(bundle: Bundle, language: str) -> list[str]:
    """Return the speakers whose own language this is, in the order of preference."""
    return [voice.name for voice in bundle.voices if voice.languages[0] == language]


def guest(bundle: Bundle, host: str, language: str) -> str:
    """Return who says a passage; the host itself where nobody's own language this is."""
    speakers = native(bundle, language)
    if host in speakers:
        return host
    alike = [name for name in speakers if name[1:2] == host[1:2]]  # af_heart, zm_yunxi: country, sex
    return (alike or speakers or [host])[0]


def chosen_guest(options: Mapping[str, int | str], language: str) -> str:
    """Return the speaker that a segment's options name for a language; empty where they name none."""
    return str(options.get(OPTION + language, "")).partition("/")[0]


def guests(bundle: Bundle, language: str) -> list[tuple[str, str]]:
    """Return whoever may be a guest in sentences of this language, with the digest of its style."""
    hosts = native(bundle, language)
    others = {voice.languages[0] for voice in bundle.voices} - {language}
    names = {guest(bundle, host, other) for host in hosts for other in others}
    digests = {file.name: file.sha256 for file in bundle.files}
    return sorted((name, digests.get(bundle.speaker(name).file, "")) for name in names)
