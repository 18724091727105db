"""The base of every error that models, worker and producer raise, and the errors of voices."""


class NarrationError(Exception):
    """Anything that goes wrong while a course is narrated; the message names the place and the remedy."""


class Permanent(NarrationError):
    """Bad input or a bad installation: trying again cannot help. Reported once, with file and line where known."""


class Transient(NarrationError):
    """A store, a broker or a worker that is not there right now: tried again with backoff."""


class UnknownVoice(Permanent):
    """No voice of that name is in the catalogue."""


class VoiceNotInstalled(Permanent):
    """The voice is known, but its files are missing, incomplete or damaged."""


class Unspeakable(Permanent):
    """The voice has no sound for some of this text; the message quotes it."""


class SpeechRejected(Permanent):
    """The engine produced no acceptable speech for this text within the allowed draws."""
