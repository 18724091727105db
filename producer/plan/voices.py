"""The voices that a plan can choose from, with their front-ends and fingerprints; each is looked up once."""

from __future__ import annotations

from collections.abc import Callable

from models.bundle import Bundle
from models.catalog import Catalogue, Voice
from models.errors import Permanent, UnknownVoice
from models.voice import FrontEnd, PreparedUtterance
from worker.contract.messages import Segment
from worker.contract.settings import Settings


class KnownVoices:
    """The catalogue's voices and their front-ends. One serves any number of lessons."""

    def __init__(self, catalogue: Catalogue, frontend_of: Callable[[Bundle], FrontEnd]) -> None:
        self._catalogue = catalogue
        self._frontend_of = frontend_of
        self._found: dict[str, Voice] = {}
        self._defaults: dict[str, Voice | Permanent] = {}
        self._frontends: dict[str, FrontEnd] = {}
        self._fingerprints: dict[tuple[str, str], str] = {}

    @classmethod
    def of(cls, settings: Settings) -> KnownVoices:
        """Return the voices that the settings name."""
        from models.family import load_frontend

        return cls(Catalogue.load(settings.voices_dir), load_frontend)

    def find(self, name: str) -> Voice:
        """Return a voice by id or unique name. Raises UnknownVoice with the names that come close."""
        if name not in self._found:
            self._found[name] = self._catalogue.find(name)
        return self._found[name]

    def by_id(self, voice_id: str) -> Voice | None:
        """Return the voice of a full id, as a manifest names it; None where the catalogue has it no more."""
        try:
            return self._catalogue.find(voice_id)
        except UnknownVoice:
            return None

    def default(self, language: str) -> Voice | Permanent:
        """Return the voice of lessons that name none, or why there is none."""
        if language not in self._defaults:
            try:
                self._defaults[language] = self._catalogue.default(language)
            except Permanent as error:
                self._defaults[language] = error
        return self._defaults[language]

    def bundle(self, name: str) -> Bundle:
        """Return a bundle by its id."""
        return self._catalogue.bundle(name)

    def frontend(self, bundle: str) -> FrontEnd:
        """Return the front-end of a bundle, made once."""
        if bundle not in self._frontends:
            self._frontends[bundle] = self._frontend_of(self._catalogue.bundle(bundle))
        return self._frontends[bundle]

    def fingerprint(self, bundle: str, language: str) -> str:
        """Return that of the bundle's front-end for a language, asked once."""
        if (bundle, language) not in self._fingerprints:
            self._fingerprints[bundle, language] = self.frontend(bundle).fingerprint(language)
        return self._fingerprints[bundle, language]

    def utterances(self, segment: Segment) -> list[PreparedUtterance]:
        """Return what the segment's voice is given to say. Raises Unspeakable for what it has no sound for."""
        return self.frontend(segment.bundle).prepare(segment.text, segment.language, segment.readings)
