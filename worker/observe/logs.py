"""Logs of a process: for people, or a JSON record a line, with the run, lesson and segment it was about."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal

_about: ContextVar[dict[str, Any]] = ContextVar("about", default={})  # noqa: B039 - it is replaced, never changed


@contextmanager
def about(**fields: Any) -> Iterator[None]:
    """Name the run, lesson, key ... that what is logged inside is about, also by threads in a copied context."""
    token = _about.set({**_about.get(), **fields})
    try:
        yield
    finally:
        _about.reset(token)


class JsonFormatter(logging.Formatter):
    """A JSON record a line: time, level, logger, process, message, what it is about, and the traceback if any."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, Any] = {
            "time": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.processName,
            "message": record.getMessage(),
            **_about.get(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class PrettyFormatter(logging.Formatter):
    """A line for people: what it is about stands behind the message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, or the lines of a traceback."""
        fields = " ".join(f"{name}={value}" for name, value in _about.get().items())
        head, *rest = super().format(record).split("\n", 1)
        return "\n".join([f"{head} [{fields}]" if fields else head, *rest])


def configure(style: Literal["pretty", "json"], level: int = logging.INFO) -> None:
    """Log to standard error, in that style, from now on."""
    stream = logging.StreamHandler()
    pretty = PrettyFormatter("%(asctime)s %(processName)s %(levelname)s %(message)s")
    stream.setFormatter(JsonFormatter() if style == "json" else pretty)
    logging.basicConfig(level=level, handlers=[stream], force=True)
