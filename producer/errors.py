"""How the author's side fails: every error of its own, over ``models.voice``'s Permanent and Transient."""

from __future__ import annotations

from pathlib import Path

from models.errors import Permanent, Transient


class LessonError(Permanent):
    """Something in a lesson is wrong: the message begins with file and line, and ends with the remedy."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}" if line else f"{path}: {message}")
        self.path, self.line, self.reason = path, line, message


class Locked(Permanent):
    """Another run holds the lock; the message says which, and until when."""


class StackFailed(Permanent):
    """A process of the embedded stack died; the message quotes the end of its log."""


class RedisUnavailable(Transient):
    """Redis does not answer; the message names it without its password."""


class NoWorker(Transient):
    """Work is queued and no live worker serves the queue; the message names both the queue and the remedy."""


class Unfit(Permanent):
    """A request asks for what cannot be done, and the asker can mend it."""


class Busy(Transient):
    """Too much waits already; ``seconds`` until it is worth asking again."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class NoSound(Transient):
    """No worker rendered a segment in time; the message says whether there is one."""
