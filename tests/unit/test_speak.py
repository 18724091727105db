"""What is rejected is drawn again with another seed, for runs and auditions alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from models.errors import NarrationError, Permanent, SpeechRejected
from models.voice import Speech, SpeechRequest
from worker.audio.finishing import Finished
from worker.contract.messages import Job, Segment, seed
from worker.render.speak import DRAWS, Accepted, Draw, speak_until_accepted

SPEECH = Speech(np.zeros(1, np.float32), 24000, {})


def job(text: str) -> Job:
    segment = Segment(
        voice="tiny/one", fingerprint="0" * 64, backend="cpu", precision="fp32", language="en", text=text,
        frontend="1" * 64,
    )  # fmt: skip
    return Job(key=segment.key(), segment=segment)


def spoken(texts: Sequence[str], *, silent: frozenset[str] = frozenset()) -> list[tuple[str, int, str]]:
    """(text, attempt, outcome) of each; a text that begins with a digit is rejected that many times."""

    def prepare(one: Job, attempt: int) -> Draw | None:
        if one.segment.text in silent:
            return None
        return Draw(one, attempt, SpeechRequest((), "one", seed(one.key, attempt)), ())

    def speak(draws: Sequence[Draw]) -> Iterator[tuple[Draw, Speech | NarrationError]]:
        for draw in draws:
            yield draw, Permanent("no sound for it") if draw.job.segment.text == "Bad." else SPEECH

    def accept(draw: Draw, speech: Speech) -> Accepted:
        assert draw.request.seed == seed(draw.job.key, draw.attempt)
        if draw.job.segment.text[0].isdigit() and draw.attempt < int(draw.job.segment.text[0]):
            raise SpeechRejected("noise")
        return Accepted(speech, Finished(speech.samples, 0), None)

    found = speak_until_accepted([job(text) for text in texts], prepare, speak, accept)
    return [
        (draw.job.segment.text, draw.attempt, "stored" if isinstance(outcome, Accepted) else str(outcome))
        for draw, outcome in found
    ]


def test_each_is_given_once_as_soon_as_it_is_settled() -> None:
    assert spoken(["Good.", "1 again.", "Bad.", "2 again.", "Last."]) == [
        ("Good.", 0, "stored"),
        ("Bad.", 0, "no sound for it"),
        ("Last.", 0, "stored"),
        ("1 again.", 1, "stored"),
        ("2 again.", 2, "stored"),
    ]


def test_after_the_last_draw_it_is_rejected_for_good() -> None:
    assert spoken(["9 again."]) == [("9 again.", DRAWS - 1, f"noise ({DRAWS} draws)")]


@pytest.mark.parametrize("texts", [["Quiet."], ["Quiet.", "Good."], []])
def test_what_is_not_to_be_spoken_is_left_out(texts: list[str]) -> None:
    assert [text for text, _, _ in spoken(texts, silent=frozenset({"Quiet."}))] == texts[1:]
