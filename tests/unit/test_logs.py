"""Log lines: one JSON record each, with what they are about."""

from __future__ import annotations

import json
import logging
from contextvars import copy_context
from threading import Thread

from worker.observe.logs import JsonFormatter, PrettyFormatter, about


def line(formatter: logging.Formatter, message: str = "it is %s", *args: object, error: object = None) -> str:
    record = logging.LogRecord("narrator.worker", logging.WARNING, __file__, 1, message, args or ("so",), error)
    return formatter.format(record)


def test_json_names_run_lesson_and_key() -> None:
    with about(run="r1", lesson="l1"), about(key="ab"):
        found = json.loads(line(JsonFormatter()))
    assert found["message"] == "it is so"
    assert (found["run"], found["lesson"], found["key"], found["level"]) == ("r1", "l1", "ab", "warning")
    assert "run" not in json.loads(line(JsonFormatter()))


def test_a_traceback_stays_in_its_record() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        text = line(JsonFormatter(), error=(ValueError, error, error.__traceback__))
    assert "\n" not in text
    assert "two" in json.loads(text)["traceback"]


def test_threads_started_in_the_context_know_it() -> None:
    found: list[str] = []
    with about(key="ab"):
        thread = Thread(target=copy_context().run, args=(lambda: found.append(line(JsonFormatter())),))
        thread.start()
        thread.join()
    assert json.loads(found[0])["key"] == "ab"


def test_pretty_puts_it_behind_the_message() -> None:
    with about(run="r1"):
        assert line(PrettyFormatter("%(levelname)s %(message)s")) == "WARNING it is so [run=r1]"
