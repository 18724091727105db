"""Helper processes: several requests to one, its errors as ours, and nothing left behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models.errors import NarrationError, Permanent
from producer.helper_process import HelperProcess

HELPER = """
import os, sys
from pydantic import BaseModel
import models.helper_process
from models.errors import Transient, Permanent

models.helper_process.MAX_REQUEST = 1000
count = 0

class Echo(BaseModel):
    text: str

def echo(asked):
    global count
    count += 1
    print("a library says something")
    os.write(1, b"and so does one in C\\n")
    match asked.text:
        case "permanent": raise Permanent("this cannot be:\\nmend it")
        case "transient": raise Transient("not now")
        case "missing": open("/nowhere/at-all")
        case "crash": raise RuntimeError("nobody foresaw this")
        case "killed": os.kill(os.getpid(), 9)
    return {"text": asked.text, "count": count, "pid": os.getpid()}

sys.exit(models.helper_process.answer_requests(Echo, echo))
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "echo_helper.py").write_text(HELPER)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path(__file__).parents[2]}")
    return "echo_helper"


def test_one_process_answers_request_after_request(module: str) -> None:
    with HelperProcess(module) as helper:
        answers = [helper.ask({"text": text}) for text in ("one", "zwei\nDrei", "三")]
    assert [answer["text"] for answer in answers] == ["one", "zwei\nDrei", "三"]
    assert [answer["count"] for answer in answers] == [1, 2, 3]
    assert not Path("/proc", str(answers[0]["pid"])).exists()


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"text": "permanent"}, r"^this cannot be: mend it$"),
        ({"text": "transient"}, r"^not now$"),
        ({"text": "missing"}, r"^/nowhere/at-all: No such file or directory$"),
        ({"word": "no text"}, r"^request: text: Field required$"),
        ({"text": "x" * 1000}, r"^a request is larger than 1000 bytes$"),
    ],
)
def test_an_error_is_the_last_line_that_it_says(module: str, request_: dict[str, str], message: str) -> None:
    with HelperProcess(module) as helper:
        helper.ask({"text": "first"})
        with pytest.raises(Permanent, match=message):
            helper.ask(request_)


@pytest.mark.parametrize(("text", "message"), [("crash", "ended with 1:(.|\n)*foresaw"), ("killed", "ended with -9")])
def test_a_crash_is_no_fault_of_the_request(module: str, text: str, message: str) -> None:
    with pytest.raises(NarrationError, match=message) as caught, HelperProcess(module) as helper:
        helper.ask({"text": text})
    assert not isinstance(caught.value, Permanent)


def test_a_process_that_ended_says_so_to_the_next_request(module: str) -> None:
    with HelperProcess(module) as helper:
        for _ in range(2):
            with pytest.raises(Permanent, match="not now"):
                helper.ask({"text": "transient"})


def test_an_interrupted_one_is_killed(module: str) -> None:
    pids: list[int] = []

    def interrupted() -> None:
        with HelperProcess(module) as helper:
            pids.append(int(helper.ask({"text": "first"})["pid"]))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
