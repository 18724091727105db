"""The catalogue of voices that exist. Reads ``voices/*.toml`` and the user's bundles; light, safe for the producer."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from models.bundle import Bundle
from models.errors import Permanent, UnknownVoice, VoiceNotInstalled

BUILT_IN = Path(__file__).with_name("voices")
FIRST = ("kokoro", "piper-joe")  # whose voices are preferred as defaults; then the user's bundles by id


@dataclass(frozen=True, slots=True)
class Voice:
    """A catalogue entry. ``id`` is ``bundle/speaker``; ``languages`` begins with the voice's own.

    ``guests`` are languages of which its sentences may hold words: other voices of the bundle say those.
    """

    id: str
    family: str
    languages: tuple[str, ...]
    sample_rate: int
    licence: str
    precision: str
    fingerprint: str
    title: str = ""
    backend: str = "onnxruntime"
    guests: tuple[str, ...] = ()

    @property
    def bundle(self) -> str:
        """The bundle's id, which names its queue."""
        return self.id.partition("/")[0]

    @property
    def speaker(self) -> str:
        """The voice's name inside its bundle."""
        return self.id.partition("/")[2]


class Catalogue:
    """The voices that this installation knows, whether or not their files are here."""

    def __init__(self, bundles: Iterable[Bundle]) -> None:
        self._bundles: dict[str, Bundle] = {}
        for bundle in bundles:
            if bundle.id in self._bundles:
                other = self._bundles[bundle.id].origin
                raise Permanent(f"{bundle.origin}: the bundle {bundle.id!r} is described in {other} already")
            self._bundles[bundle.id] = bundle
        self._voices = {voice.id: voice for bundle in self._bundles.values() for voice in _voices(bundle)}

    @classmethod
    def load(cls, voices_dir: Path | None = None) -> Catalogue:
        """Read the built-in bundles and those installed in a folder, ``<voices_dir>/<bundle>/voice.toml``.

        Raises Permanent naming the file that is wrong.
        """
        built_in = [Bundle.read(path) for path in sorted(BUILT_IN.glob("*.toml"))]
        found = sorted(voices_dir.glob("*/voice.toml")) if voices_dir else []
        users = [Bundle.read(path) for path in found if not path.parent.name.startswith(".")]  # those are half copied
        order = {name: place for place, name in enumerate(FIRST)}
        return cls(
            sorted(built_in, key=lambda bundle: (order.get(bundle.id, len(order)), bundle.id))
            + sorted(users, key=lambda bundle: bundle.id)
        )

    @property
    def voices(self) -> tuple[Voice, ...]:
        """Every voice, in the order of preference."""
        return tuple(self._voices.values())

    def bundle(self, name: str) -> Bundle:
        """Return the bundle of that id. Raises UnknownVoice with the ids that come close."""
        if name in self._bundles:
            return self._bundles[name]
        raise UnknownVoice(f"no voice bundle {name!r}{_close(name, self._bundles)}")

    def find(self, name: str) -> Voice:
        """Find a voice by its id, by its speaker's name where only one has it, or by the id of a bundle of one voice.

        CosyVoice's speakers have numbers as well: ``cosyvoice/0`` is ``cosyvoice/zh-female``, in keys and everywhere.

        Raises UnknownVoice with the names that come close.
        """
        if name in self._voices:
            return self._voices[name]
        bundle, _, number = name.partition("/")
        if bundle in self._bundles and re.fullmatch("[0-9]{1,4}", number):
            for speaker in self._bundles[bundle].voices:
                if speaker.parameters.get("row") == int(number):
                    return self._voices[f"{bundle}/{speaker.name}"]
        found = [voice for voice in self.voices if name in (voice.speaker, voice.bundle)]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(voice.id for voice in found)
            raise UnknownVoice(f"the name {name!r} fits more than one voice, choose one of: {ids}")
        raise UnknownVoice(f"no voice {name!r}{_close(name, [*self._voices, *(v.speaker for v in self.voices)])}")

    def installed(self, voice: Voice) -> bool:
        """Tell whether the voice's files are here and of the right size. Cheap: nothing is read."""
        return self.bundle(voice.bundle).installed(voice.speaker)

    def default(self, language: str) -> Voice:
        """Return the first installed voice of a language: Kokoro's, then Piper's, then the user's bundles by id.

        Raises VoiceNotInstalled saying what to install.
        """
        native = [voice for voice in self.voices if voice.languages[0] == language]
        for voice in native:
            if self.installed(voice):
                return voice
        remedies = dict.fromkeys(self.bundle(voice.bundle).remedy for voice in native)
        remedy = " or ".join(filter(None, remedies)) or "narrator voices add DIR"
        raise VoiceNotInstalled(f"no installed voice speaks {language!r}. Remedy: {remedy}")


def _voices(bundle: Bundle) -> Iterable[Voice]:
    native = {speaker.languages[0] for speaker in bundle.voices} if bundle.family == "kokoro" else set()
    for speaker in bundle.voices:
        yield Voice(
            id=f"{bundle.id}/{speaker.name}",
            family=bundle.family,
            languages=tuple(speaker.languages),
            sample_rate=bundle.sample_rate,
            licence=bundle.licence,
            precision=bundle.precision,
            fingerprint=bundle.fingerprint(speaker.name),
            title=", ".join(filter(None, (bundle.title, speaker.title))),
            backend=bundle.backend,
            guests=tuple(sorted(native.difference(speaker.languages))),
        )


def _close(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(dict.fromkeys(names)), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else "; `narrator voices` lists those there are"
